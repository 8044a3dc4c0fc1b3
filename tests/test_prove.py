"""The prover: globs against enumeration, answers against the evaluator, proofs against random search."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grantgraph.catalog import AccessLevel, load_catalog
from grantgraph.evaluate import Caller, CallerKind, Request, decide, parse_caller
from grantgraph.policy import PolicySet, PolicyType, parse_policy
from grantgraph.prove import (
    Answer,
    Proved,
    Refuted,
    Shared,
    Standing,
    Target,
    Undecided,
    actions_of,
    at_or_under,
    implies,
    isolated,
    meet,
    never,
    reaches,
    session_of,
)
from grantgraph.prove import Dimension as Dim
from grantgraph.prove.automaton import accepts
from grantgraph.prove.budget import LOOK, Budget, Exhausted
from grantgraph.prove.case import MAX_INSTANCES
from grantgraph.prove.glob import Glob, One, Run, literal_glob, seal
from grantgraph.prove.meet import find
from grantgraph.text import Symbolic, Text, Unknown, text

CATALOG = load_catalog()
ROLE = "arn:aws:iam::111122223333:role/app"
TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table/notes"
CHANGING = {AccessLevel.WRITE, AccessLevel.TAGGING, AccessLevel.PERMISSIONS_MANAGEMENT}
IDENTITY = "${cognito-identity.amazonaws.com:sub}"


def allow(action: Any, resource: Any, **conditions: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": conditions}


def deny(action: Any, resource: Any, **conditions: Any) -> dict[str, Any]:
    return {**allow(action, resource, **conditions), "Effect": "Deny"}


def policy(*statements: dict[str, Any], type: PolicyType = PolicyType.IDENTITY_BASED) -> Any:
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)}, type, type.value).value


def standing(*statements: dict[str, Any], **more: Any) -> Standing:
    return Standing(session_of(parse_caller(ROLE)), PolicySet((policy(*statements),), **more))


def never_changes(subject: Standing) -> Answer:
    return never(subject, [one for one in actions_of(subject, CATALOG) if one.access_level in CHANGING], CATALOG)


def implied(narrower: Standing, wider: Standing) -> Answer:
    return implies(narrower, wider, actions_of(narrower, CATALOG), CATALOG)


# ── globs ────────────────────────────────────────────────────────────────────────────────────────────────

globs = st.lists(st.sampled_from(["a", "b", ":", One(), Run()]), max_size=5).map(tuple)
WORDS = ["".join(letters) for size in range(6) for letters in product("ab:", repeat=size)]


def plainly(glob: Glob, word: str) -> bool:
    """Whether a glob matches a word, by trying every way."""
    if not glob:
        return not word
    first, rest = glob[0], glob[1:]
    if isinstance(first, Run):
        return any(plainly(rest, word[at:]) for at in range(len(word) + 1))
    return bool(word) and (isinstance(first, One) or first == word[0]) and plainly(rest, word[1:])


@given(globs, st.text(alphabet="ab:", max_size=6))
def test_a_glob_accepts_what_it_matches_by_trying_every_way(glob: Glob, word: str) -> None:
    assert accepts(glob, word) is plainly(glob, word)


@settings(max_examples=400, deadline=None)
@given(st.lists(globs, min_size=1, max_size=4), st.lists(globs, max_size=4))
def test_find_gives_a_text_exactly_when_there_is_one(required: list[Glob], forbidden: list[Glob]) -> None:
    found = find(tuple(required), tuple(forbidden))
    if found is None:
        fitting = (
            word
            for word in WORDS
            if all(plainly(one, word) for one in required) and not any(plainly(one, word) for one in forbidden)
        )
        assert next(fitting, None) is None
    else:
        assert isinstance(found, str)
        assert all(plainly(one, found) for one in required)
        assert not any(plainly(one, found) for one in forbidden)


U = Unknown("U", generated=True)
W = Unknown("W", generated=True)
P = Unknown("P")
symbolic_globs = st.lists(st.sampled_from(["a", "b", "/", One(), Run(), U, P]), max_size=4).map(tuple)
FILLINGS = [{U: one, P: other} for one in ("a", "b", "ab") for other in ("", "a", "b/a", "ab")]


def filled(glob: Glob, filling: dict[Unknown, str]) -> Glob:
    return tuple(
        letter
        for token in glob
        for letter in (filling.get(token, (token,)) if isinstance(token, Unknown) else (token,))
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(symbolic_globs, min_size=1, max_size=3), st.lists(symbolic_globs, max_size=2))
def test_what_is_not_found_loosely_is_there_under_no_filling(required: list[Glob], forbidden: list[Glob]) -> None:
    """The heart of every proof over names that are not known yet."""
    assume(find(tuple(required), tuple(forbidden), loose=True) is None)
    for filling in FILLINGS:
        own = tuple(filled(one, filling) for one in required)
        others = tuple(filled(one, filling) for one in forbidden)
        assert find(own, others) is None, filling


TEXTS = ["".join(letters) for size in range(5) for letters in product("ab:/", repeat=size)]


@pytest.mark.parametrize("loose", [False, True])
def test_neither_guesses_nor_pruning_nor_looking_ahead_change_what_is_found(loose: bool) -> None:
    tokens: list[Any] = [
        "a",
        "b",
        "/",
        ":",
        One(),
        One(":/"),
        Run(),
        Run(),
        Run(":"),
        Run(":/"),
        *([U, P] if loose else []),
    ]
    choose = Random(7)
    found = 0
    for _ in range(1500):
        required, forbidden = (
            frozenset(tuple(choose.choices(tokens, k=choose.randint(1, 5))) for _ in range(choose.randint(1, 3)))
            for _ in range(2)
        )
        plain = meet._find.__wrapped__(required, forbidden, loose)
        with patch.object(meet, "LOOK_AHEAD", 0), patch.object(meet.Together, "guess", lambda *_: None):
            ahead = meet._find.__wrapped__(required, forbidden, loose)
        assert (ahead is None) is (plain is None), (required, forbidden)
        if not loose:
            fits = any(
                all(accepts(one, word) for one in required) and not any(accepts(one, word) for one in forbidden)
                for word in TEXTS
            )
            assert plain is not None or not fits, (required, forbidden)
            found += fits
    assert loose or found > 200


@settings(max_examples=200, deadline=None)
@given(st.lists(symbolic_globs, min_size=1, max_size=3))
def test_what_is_found_strictly_is_there_under_every_filling(required: list[Glob]) -> None:
    found = find(tuple(required), ())
    assume(found is not None)
    assert found is not None
    for filling in FILLINGS:
        parts = found.parts if isinstance(found, Symbolic) else (found,)
        word = text(filling.get(part, "") if isinstance(part, Unknown) else part for part in parts)
        assert all(accepts(filled(one, filling), word) for one in required)


def test_two_generated_names_are_never_the_same() -> None:
    one, other = ("t", "/", U), ("t", "/", W)
    assert find((one, other), (), loose=True) is None
    assert find((one, ("t", "/", Run())), (), loose=True) is not None


def test_a_generated_name_may_be_what_a_literal_spells_but_holds_no_slash() -> None:
    assert find((("t", "/", U), literal_glob("t/foo")), ()) is None
    assert find((("t", "/", U), literal_glob("t/foo")), (), loose=True) is not None
    assert find((("t", "/", U), literal_glob("t/foo/bar")), (), loose=True) is None


def test_a_sealed_wildcard_stays_in_its_segment() -> None:
    pattern = seal((*literal_glob("arn:aws:sqs:"), Run(), *literal_glob(":1:q")))
    assert accepts(pattern, "arn:aws:sqs:us-east-1:1:q")
    assert not accepts(pattern, "arn:aws:sqs:us-east-1:2:x:1:q")


def test_many_words_in_any_order_are_found_at_once() -> None:
    many = tuple((Run(), *word, Run()) for word in ("".join(pair) for pair in product("abcdefg", repeat=3)))
    found = find(many[:60], many[60:61])
    assert isinstance(found, str)
    assert all(accepts(one, found) for one in many[:60])
    assert not accepts(many[60], found)


def test_too_many_patterns_end_the_search_instead_of_the_patience() -> None:
    """Words that fit into the length in no order; to know that, all orders have to be tried."""
    many = tuple((Run(), *(letter * 3), Run()) for letter in "abcdefghijklmnop")
    with pytest.raises(Exhausted):
        find((*many, (One(),) * 47), ())


# ── what goes beyond the budget ──────────────────────────────────────────────────────────────────────────


def test_what_goes_beyond_the_budget_is_put_to_cvc5(monkeypatch: pytest.MonkeyPatch) -> None:
    words = allow("s3:GetObject", [f"arn:aws:s3:::b/*{word}*" for word in ("alpha", "beta", "gamma")])
    without = deny("s3:GetObject", [f"arn:aws:s3:::b/*{word}*" for word in ("alph", "eta", "gam")])
    pairs = [(standing(words, without), standing()), (standing(words), standing(without))]
    expected = [Proved, Refuted]
    assert [type(implied(*pair)) for pair in pairs] == expected
    monkeypatch.setattr("grantgraph.prove.solver.MAX_CONFLICTS", -1)
    assert [type(implied(*pair)) for pair in pairs] == expected
    monkeypatch.setitem(sys.modules, "cvc5", None)  # as if it were not installed
    answer = implied(*pairs[0])
    assert isinstance(answer, Undecided)
    assert "contradictions" in answer.reason


def test_a_question_has_a_limit_in_time_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cvc5", None)
    subject = standing(allow("sqs:CreateQueue", "*"), deny("sqs:*", "*", StringEquals={"aws:RequestTag/a": "b"}))
    spent = Budget(seconds=0)
    with pytest.raises(Exhausted):
        spent.spend(LOOK)
    answer = implies(subject, standing(), None, CATALOG, spent)
    assert isinstance(answer, Undecided)
    assert "no answer within 0 s of CPU time" in answer.reason


# ── variables ────────────────────────────────────────────────────────────────────────────────────────────

HOME = "arn:aws:s3:::home/${aws:PrincipalTag/team}/*"
TEAM = "aws:PrincipalTag/team"


@pytest.mark.parametrize(
    ("narrower", "wider"),
    [
        (
            allow("s3:GetObject", HOME, StringEquals={TEAM: "red"}),
            allow("s3:GetObject", "arn:aws:s3:::home/red/*"),
        ),
        (
            allow("s3:GetObject", "arn:aws:s3:::home/red/*", StringEquals={TEAM: "red"}),
            allow("s3:GetObject", HOME),
        ),
        (allow("s3:GetObject", HOME, StringLike={TEAM: "r-*"}), allow("s3:GetObject", "arn:aws:s3:::home/r-*/*")),
        (
            allow("s3:GetObject", HOME, StringEquals={TEAM: "${aws:PrincipalTag/unit}"}),
            allow("s3:GetObject", "arn:aws:s3:::home/${aws:PrincipalTag/unit}/*"),
        ),
        (
            allow("s3:GetObject", "arn:aws:s3:::home/${aws:PrincipalTag/team, 'none'}/*", Null={TEAM: "true"}),
            allow("s3:GetObject", "arn:aws:s3:::home/none/*"),
        ),
        (allow("s3:GetObject", HOME), allow("s3:GetObject", "arn:aws:s3:::home/*", Null={TEAM: "false"})),
    ],
)
def test_what_a_request_has_to_say_of_a_variable_is_put_in_its_place(narrower: Any, wider: Any) -> None:
    assert isinstance(implied(standing(narrower), standing(wider)), Proved)


@pytest.mark.parametrize(
    ("narrower", "wider"),
    [
        (allow("s3:GetObject", "arn:aws:s3:::home/red/*"), allow("s3:GetObject", HOME)),
        (allow("s3:GetObject", HOME, StringLike={TEAM: "r*"}), allow("s3:GetObject", "arn:aws:s3:::home/red/*")),
        (
            allow("s3:GetObject", HOME, StringNotEquals={TEAM: "red"}),
            allow("s3:GetObject", "arn:aws:s3:::home/r*"),
        ),
        (
            allow("s3:GetObject", HOME, StringEquals={TEAM: "${aws:PrincipalTag/unit}"}),
            allow("s3:GetObject", "arn:aws:s3:::home/x/${aws:PrincipalTag/unit}/*"),
        ),
        (
            allow("s3:GetObject", "arn:aws:s3:::home/${aws:PrincipalTag/team, 'none'}/*"),
            allow("s3:GetObject", HOME),
        ),
    ],
)
def test_a_value_of_a_variable_refutes(narrower: Any, wider: Any) -> None:
    assert isinstance(implied(standing(narrower), standing(wider)), Refuted)


def test_a_variable_compared_without_case_may_be_spelled_in_another_case() -> None:
    own = {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}
    narrower = allow("sqs:CreateQueue", "*", StringEqualsIgnoreCase=own)
    wider = allow("sqs:CreateQueue", "*", StringEquals=own)
    assert not isinstance(implied(standing(narrower), standing(wider)), Proved)


# ── never ────────────────────────────────────────────────────────────────────────────────────────────────


def test_reading_never_writes() -> None:
    assert isinstance(never_changes(standing(allow("dynamodb:GetItem", "*"))), Proved)


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("apigateway:DELETE", "arn:aws:apigateway:us-east-1::/restapis/a1/authorizers/b2"),
        (
            "cognito-identity:DeleteIdentityPool",
            "arn:aws:cognito-identity:us-east-1:111122223333:identitypool/us-east-1:7f3c",
        ),
        ("dms:DeleteEndpoint", "arn:aws:dms:us-east-1:111122223333:endpoint:ABCD"),
        ("dynamodb:GetRecords", "arn:aws:dynamodb:us-east-1:111122223333:table/t/stream/2026-11-23T00:00:00.000"),
        ("events:PutEvents", "arn:aws:events:us-east-1:111122223333:event-bus/aws.partner/example.com/1"),
        ("execute-api:Invoke", "arn:aws:execute-api:us-east-1:111122223333:abc/prod/$connect"),
        ("execute-api:Invoke", "arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET/"),
        ("iot:Publish", "arn:aws:iot:us-east-1:111122223333:topic/room/1"),
        ("kms:DeleteAlias", "arn:aws:kms:us-east-1:111122223333:alias/team/notes"),
        ("lex:DeleteBot", "arn:aws:lex:us-east-1:111122223333:bot/ABC"),
    ],
)
def test_a_resource_whose_name_holds_more_than_a_word_is_not_out_of_the_question(action: str, arn: str) -> None:
    asked = CATALOG.action(action)
    assert asked is not None
    answer = never(standing(allow(action, arn)), [asked], CATALOG)
    assert isinstance(answer, Refuted)
    assert answer.request.resource == arn


def test_a_wildcard_on_a_table_can_delete_it() -> None:
    answer = never_changes(standing(allow("dynamodb:*", TABLE)))
    assert isinstance(answer, Refuted)
    assert answer.request.resource == TABLE


def test_a_deny_takes_everything_away() -> None:
    assert isinstance(never_changes(standing(allow("s3:*", "*"), deny("*", "*"))), Proved)


def test_actions_on_resources_of_another_type_are_dead() -> None:
    assert isinstance(never_changes(standing(allow("s3:PutObject", "arn:aws:s3:::bucket"))), Proved)


def test_a_condition_on_a_key_that_the_action_never_carries_is_never_satisfied() -> None:
    statement = allow("s3:PutObject", "*", StringLike={"s3:prefix": "public/*"})
    assert isinstance(never_changes(standing(statement)), Proved)


def test_numbers_leave_no_gap_between_an_allow_and_a_deny() -> None:
    young = allow("sqs:SendMessage", "*", NumericLessThan={"aws:MultiFactorAuthAge": "300"})
    assert (
        never_changes(standing(young, deny("sqs:*", "*", NumericLessThanEquals={"aws:MultiFactorAuthAge": "300"})))
        == Proved()
    )
    answer = never_changes(standing(young, deny("sqs:*", "*", NumericLessThan={"aws:MultiFactorAuthAge": "299"})))
    assert isinstance(answer, Refuted)
    assert answer.request.context["aws:multifactorauthage"] == "299"


def test_addresses_leave_no_gap_between_an_allow_and_a_deny() -> None:
    inside = allow("sqs:SendMessage", "*", IpAddress={"aws:SourceIp": "10.0.0.0/8"})
    halves = deny("sqs:*", "*", IpAddress={"aws:SourceIp": ["10.0.0.0/9", "10.128.0.0/9"]})
    half = deny("sqs:*", "*", IpAddress={"aws:SourceIp": ["10.0.0.0/9"]})
    assert isinstance(never_changes(standing(inside, halves)), Proved)
    assert isinstance(never_changes(standing(inside, half)), Refuted)


def test_a_missing_key_passes_a_negated_condition() -> None:
    answer = never_changes(standing(allow("sqs:SendMessage", "*", StringNotEquals={"aws:SourceVpce": "vpce-1"})))
    assert isinstance(answer, Refuted)
    assert "aws:sourcevpce" not in answer.request.context


def test_a_boundary_limits() -> None:
    boundary = policy(allow("s3:Get*", "*"), type=PolicyType.PERMISSIONS_BOUNDARY)
    assert isinstance(never_changes(standing(allow("*", "*"), permissions_boundary=boundary)), Proved)


def test_a_service_control_policy_limits_at_every_level() -> None:
    everything = policy(allow("*", "*"), type=PolicyType.SCP)
    reading = policy(allow("s3:Get*", "*"), type=PolicyType.SCP)
    assert isinstance(never_changes(standing(allow("*", "*"), scps=((everything,), (reading,)))), Proved)
    assert isinstance(never_changes(standing(allow("*", "*"), scps=((everything,),))), Refuted)


def test_a_bucket_policy_for_everyone_grants_without_an_identity_policy() -> None:
    everyone = {**allow("s3:PutObject", "arn:aws:s3:::drop/*"), "Principal": "*"}
    bucket = Target("arn:aws:s3:::drop", policy(everyone, type=PolicyType.RESOURCE_BASED), "111122223333")
    subject = Standing(session_of(parse_caller(ROLE)), PolicySet(), (bucket,))
    answer = never_changes(subject)
    assert isinstance(answer, Refuted)
    assert str(answer.request.resource).startswith("arn:aws:s3:::drop/")


def test_policies_of_one_resource_are_compared_with_each_other() -> None:
    def bucket(*statements: dict[str, Any]) -> Standing:
        own = Target("arn:aws:s3:::drop", policy(*statements, type=PolicyType.RESOURCE_BASED), "111122223333")
        return Standing(session_of(parse_caller(ROLE)), PolicySet((policy(allow("s3:GetObject", "*")),)), (own,))

    everyone = {**allow("s3:PutObject", "arn:aws:s3:::drop/*"), "Principal": "*"}
    nobody = {**deny("s3:GetObject", "arn:aws:s3:::drop/*"), "Principal": "*"}
    open_to_all, closed, plain = bucket(everyone), bucket(nobody), bucket()
    none = Standing(plain.session, plain.policies)
    assert isinstance(implied(open_to_all, closed), Refuted)
    assert isinstance(implied(plain, closed), Refuted)
    assert isinstance(implied(none, closed), Refuted)
    assert isinstance(implied(open_to_all, none), Refuted)
    assert isinstance(implied(closed, plain), Proved)
    assert isinstance(implied(plain, open_to_all), Proved)
    assert isinstance(implied(none, plain), Proved)


def test_an_aws_managed_policy_that_is_not_known_leaves_the_answer_open() -> None:
    unseen = replace(policy(allow("s3:GetObject", "*")), unseen=(Unknown("Managed", "what `Managed` allows"),))
    subject = Standing(session_of(parse_caller(ROLE)), PolicySet((unseen,)))
    answer = never(subject, [CATALOG.action("s3:PutObject")], CATALOG)  # type: ignore[list-item]
    assert isinstance(answer, Undecided)
    assert "what `Managed` allows" in answer.reason


def test_a_contested_rule_that_decides_leaves_the_answer_open() -> None:
    short = standing(allow("dynamodb:DeleteTable", "arn:aws:dynamodb:*:table/notes"))
    assert isinstance(never_changes(short), Undecided)


def test_a_region_restricts_the_question() -> None:
    subject = standing(allow("dynamodb:PutItem", TABLE))
    actions = actions_of(subject, CATALOG)
    assert isinstance(never(subject, actions, CATALOG, at_or_under(TABLE)), Refuted)
    assert isinstance(never(subject, actions, CATALOG, at_or_under(f"{TABLE}2")), Proved)


def test_the_session_of_a_visitor_decides_what_its_conditions_see() -> None:
    statement = allow(
        "sqs:SendMessage",
        "*",
        **{"ForAnyValue:StringEquals": {"cognito-identity.amazonaws.com:amr": "authenticated"}},
    )
    guest = session_of(
        parse_caller(ROLE),
        [
            Dim(
                "cognito-identity.amazonaws.com:amr",
                multivalued=True,
                may_be_absent=False,
                domain=(literal_glob("unauthenticated"),),
                members=("unauthenticated",),
            )
        ],
    )
    assert isinstance(never_changes(Standing(guest, PolicySet((policy(statement),)))), Proved)
    assert isinstance(never_changes(standing(statement)), Refuted)


def test_every_action_of_a_reach_has_a_witness_of_its_own() -> None:
    subject = standing(allow("dynamodb:*", TABLE))
    for reach in reaches(subject, actions_of(subject, CATALOG), CATALOG):
        assert [str(one) for one in reach.actions] == [one.request.action for one in reach.witnesses]
        assert all(decide(one.request, subject.policies).allowed for one in reach.witnesses)


@pytest.mark.parametrize("order", [1, -1])
def test_an_action_with_rules_of_its_own_answers_for_no_other(order: int) -> None:
    """A queue's policy gives another account SendMessage, and never AddPermission (rule 173)."""
    queue = "arn:aws:sqs:us-east-1:444455556666:jobs"
    shared = {**allow("sqs:*", queue), "Principal": {"AWS": ROLE}}
    target = Target(queue, policy(shared, type=PolicyType.RESOURCE_BASED), "444455556666")
    subject = Standing(session_of(parse_caller(ROLE)), PolicySet((policy(allow("sqs:*", "*")),)), (target,))
    actions = [action for name in ("sqs:AddPermission", "sqs:DeleteMessage") if (action := CATALOG.action(name))]
    answer = never(subject, actions[::order], CATALOG, at_or_under(queue))
    assert isinstance(answer, Refuted)
    assert answer.request.action == "sqs:DeleteMessage"
    assert isinstance(never(subject, actions[:1], CATALOG, at_or_under(queue)), Proved)


@pytest.mark.parametrize("order", [1, -1])
def test_an_action_that_may_leave_a_key_out_answers_for_itself(order: int) -> None:
    """Query always names a partition key, a PartiQL SELECT may scan (rule 158)."""
    subject = visitor(allow(["dynamodb:Query", "dynamodb:PartiQLSelect"], TABLE, **OWN_ROWS))
    names = ("dynamodb:Query", "dynamodb:PartiQLSelect")[::order]
    answer = apart(subject, TABLE, names)
    assert isinstance(answer, Shared)
    assert answer.one.request.action == "dynamodb:PartiQLSelect"
    assert isinstance(apart(subject, TABLE, ("dynamodb:Query",)), Proved)


# ── implies ──────────────────────────────────────────────────────────────────────────────────────────────

OWN_ROWS = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [IDENTITY]}}


def test_fewer_actions_under_the_same_condition_are_implied() -> None:
    narrow = standing(allow(["dynamodb:GetItem", "dynamodb:Query"], TABLE, **OWN_ROWS))
    assert isinstance(implied(narrow, standing(allow("dynamodb:*", TABLE, **OWN_ROWS))), Proved)


def test_scan_carries_no_leading_keys_so_a_rule_on_them_does_not_hold_it() -> None:
    narrow = standing(allow("dynamodb:Scan", TABLE, **OWN_ROWS))
    guarded = allow("dynamodb:Scan", TABLE, **OWN_ROWS, Null={"dynamodb:LeadingKeys": "false"})
    assert isinstance(implied(narrow, standing(guarded)), Refuted)
    assert isinstance(implied(standing(guarded), standing()), Proved)


def test_dropping_a_condition_is_a_widening() -> None:
    answer = implied(
        standing(allow("dynamodb:GetItem", TABLE)), standing(allow("dynamodb:GetItem", TABLE, **OWN_ROWS))
    )
    assert isinstance(answer, Refuted)
    assert answer.request.context["dynamodb:leadingkeys"]


def test_a_variable_between_separators_lies_within_its_prefix() -> None:
    own = standing(allow("s3:GetObject", "arn:aws:s3:::b/private/${aws:PrincipalTag/team}/*"))
    prefix = standing(allow("s3:GetObject", "arn:aws:s3:::b/private/*"))
    assert isinstance(implied(own, prefix), Proved)
    assert isinstance(implied(prefix, own), Refuted)


def test_a_variable_is_never_a_particular_word_for_certain() -> None:
    own = standing(allow("s3:GetObject", "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"))
    word = standing(allow("s3:GetObject", "arn:aws:s3:::b/red/*"))
    assert isinstance(implied(own, word), Refuted)
    assert not isinstance(implied(word, own), Proved)


def test_a_generated_name_against_a_literal_stays_open() -> None:
    name = Unknown("Notes", "made at deployment", generated=True)
    generated = text(["arn:aws:dynamodb:us-east-1:111122223333:table/", name])
    answer = implied(standing(allow("dynamodb:GetItem", TABLE)), standing(allow("dynamodb:GetItem", generated)))
    assert isinstance(answer, Undecided)
    assert "made at deployment" in answer.reason


# ── against the evaluator, over a small world ────────────────────────────────────────────────────────────

ACTIONS = ["sqs:SendMessage", "sqs:DeleteMessage", "sqs:ReceiveMessage"]
QUEUES = [f"arn:aws:sqs:us-east-1:111122223333:{name}" for name in ("jobs", "jobs-2", "mail")]
PATTERNS = ["*", QUEUES[0], QUEUES[0] + "*", "arn:aws:sqs:*:*:m???", "arn:aws:sqs:us-*:111122223333:*-2"]
VALUES = [None, "red", "blue"]
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": ["red"]}},
    {"StringLike": {"aws:PrincipalTag/team": "*e*"}},
    {"StringEqualsIfExists": {"aws:PrincipalTag/team": "blue"}},
    {"Null": {"aws:PrincipalTag/team": "true"}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "100"}},
    {"ForAllValues:StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}},
    {"StringEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/other}"}},
]
conditions = st.sampled_from(CONDITIONS)


@st.composite
def some_statements(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for _ in range(draw(st.integers(1, 4))):
        make = draw(st.sampled_from([allow, allow, deny]))
        actions = draw(st.lists(st.sampled_from([*ACTIONS, "sqs:*", "sqs:*Message", "*"]), min_size=1, max_size=2))
        statement = make(
            actions, draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2)), **draw(conditions)
        )
        if draw(st.booleans()) and draw(st.booleans()):
            statement["NotResource"] = statement.pop("Resource")
        found.append(statement)
    return found


def world() -> list[dict[str, Any]]:
    """Contexts that tell the conditions above apart."""
    found = []
    for team, other, secure, mfa, age in product(
        VALUES, VALUES, ("true", "false"), (None, "true", "false"), (None, "50", "500")
    ):
        values = {
            "aws:principaltag/team": team,
            "aws:principaltag/other": other,
            "aws:securetransport": secure,
            "aws:multifactorauthpresent": mfa,
            "aws:multifactorauthage": age,
        }
        found.append({key: value for key, value in values.items() if value is not None})
    return found


WORLD = world()
CALLER = Caller(CallerKind.ROLE, ROLE, "111122223333")


def search(subject: Standing, beyond: Standing | None, random: Random) -> Request | None:
    """A request of the small world that the first allows, and not the second."""
    for context in random.sample(WORLD, 60):
        for action, queue in product(ACTIONS, QUEUES):
            request = Request(CALLER, action, queue, context)
            if decide(request, subject.policies).allowed:
                if beyond is None or not decide(request, beyond.policies).allowed:
                    return request
    return None


@settings(max_examples=120, deadline=None)
@given(some_statements(), st.randoms(use_true_random=False))
def test_a_proved_never_survives_search_and_a_refuted_one_replays(
    chosen: list[dict[str, Any]], random: Random
) -> None:
    subject = standing(*chosen)
    actions = [action for name in ACTIONS if (action := CATALOG.action(name))]
    answer = never(subject, actions, CATALOG)
    if isinstance(answer, Refuted):
        assert decide(answer.request, subject.policies).allowed
    if isinstance(answer, Proved):
        assert search(subject, None, random) is None


@settings(max_examples=120, deadline=None)
@given(some_statements(), some_statements(), st.randoms(use_true_random=False))
def test_a_proved_implication_survives_search_and_a_refuted_one_replays(
    one: list[dict[str, Any]], other: list[dict[str, Any]], random: Random
) -> None:
    narrower, wider = standing(*one), standing(*other)
    actions = [action for name in ACTIONS if (action := CATALOG.action(name))]
    answer = implies(narrower, wider, actions, CATALOG)
    if isinstance(answer, Refuted):
        assert decide(answer.request, narrower.policies).allowed
        assert not decide(answer.request, wider.policies).allowed
    if isinstance(answer, Proved):
        assert search(narrower, wider, random) is None


@settings(max_examples=60, deadline=None)
@given(some_statements())
def test_every_policy_implies_itself(chosen: list[dict[str, Any]]) -> None:
    actions = [action for name in ACTIONS if (action := CATALOG.action(name))]
    assert not isinstance(implies(standing(*chosen), standing(*chosen), actions, CATALOG), Refuted)


def test_only_so_many_values_are_tried_for_a_variable() -> None:
    assert MAX_INSTANCES == 8
    words = [f"team-{number}" for number in range(30)]
    statement = allow(
        "s3:GetObject", "arn:aws:s3:::b/${aws:PrincipalTag/team}/*", StringEquals={"aws:PrincipalTag/team": words}
    )
    answer = never(standing(statement), actions_of(standing(statement), CATALOG), CATALOG)
    assert isinstance(answer, Refuted)


def test_a_witness_reads_like_a_real_request() -> None:
    answer = never_changes(standing(allow("s3:PutObject", f"arn:aws:s3:::photos/private/{IDENTITY}/*")))
    assert isinstance(answer, Refuted)
    resource: Text = answer.request.resource
    assert isinstance(resource, str)
    assert resource.startswith("arn:aws:s3:::photos/private/us-east-1:")


# ── isolation ────────────────────────────────────────────────────────────────────────────────────────────

SUB = "cognito-identity.amazonaws.com:sub"
ROWS = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PutItem", "dynamodb:BatchGetItem")
LEADING = "dynamodb:leadingkeys"
FILES = ("s3:GetObject", "s3:PutObject", "s3:ListBucket")


def visitor(*statements: dict[str, Any]) -> Standing:
    """A signed-in visitor of an identity pool."""
    session = session_of(parse_caller(ROLE), [Dim(SUB, may_be_absent=False)])
    return Standing(session, PolicySet((policy(*statements),)))


def apart(subject: Standing, arn: str, names: tuple[str, ...]) -> Any:
    return isolated(subject, arn, SUB, [action for name in names if (action := CATALOG.action(name))], CATALOG)


def test_rows_are_apart_when_the_leading_key_is_the_identity() -> None:
    assert isinstance(apart(visitor(allow(list(ROWS[:2]), TABLE, **OWN_ROWS)), TABLE, ROWS), Proved)


def test_rows_are_shared_where_scan_is_allowed_beside_a_rule_on_leading_keys() -> None:
    answer = apart(visitor(allow("dynamodb:*", TABLE, **OWN_ROWS)), TABLE, ROWS)
    assert isinstance(answer, Shared)
    assert answer.one.request.action == answer.other.request.action == "dynamodb:Scan"
    assert answer.one.request.context[SUB] != answer.other.request.context[SUB]


def test_rows_are_shared_without_any_rule() -> None:
    answer = apart(visitor(allow("dynamodb:GetItem", TABLE)), TABLE, ROWS)
    assert isinstance(answer, Shared)


def test_what_is_asked_without_saying_who_asks_is_shared() -> None:
    nobody = Standing(session_of(parse_caller(ROLE), [Dim(SUB, may_be_present=False)]), PolicySet())
    subject = replace(nobody, policies=PolicySet((policy(allow("dynamodb:GetItem", TABLE)),)))
    answer = apart(subject, TABLE, ROWS)
    assert isinstance(answer, Shared)
    assert answer.one == answer.other
    guarded = replace(nobody, policies=PolicySet((policy(allow("dynamodb:GetItem", TABLE, **OWN_ROWS)),)))
    assert isinstance(apart(guarded, TABLE, ROWS), Proved)


def test_rows_are_shared_where_one_literal_key_is_open_to_all() -> None:
    shared = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [IDENTITY, "everyone"]}}
    answer = apart(visitor(allow("dynamodb:GetItem", TABLE, **shared)), TABLE, ROWS)
    assert isinstance(answer, Shared)
    assert "everyone" in str(answer.one.request.context["dynamodb:leadingkeys"])


def test_files_are_apart_below_folders_of_the_identity() -> None:
    subject = visitor(
        allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::photos/private/{IDENTITY}/*"),
        allow("s3:ListBucket", "arn:aws:s3:::photos", StringLike={"s3:prefix": f"private/{IDENTITY}/*"}),
    )
    assert isinstance(apart(subject, "arn:aws:s3:::photos", FILES), Proved)


def test_files_are_shared_in_a_folder_for_everyone() -> None:
    subject = visitor(
        allow("s3:GetObject", [f"arn:aws:s3:::photos/private/{IDENTITY}/*", "arn:aws:s3:::photos/public/*"])
    )
    answer = apart(subject, "arn:aws:s3:::photos", FILES)
    assert isinstance(answer, Shared)
    assert str(answer.one.request.resource).startswith("arn:aws:s3:::photos/public/")


def test_listing_without_a_rule_on_the_prefix_shares_the_names_of_files() -> None:
    subject = visitor(
        allow("s3:GetObject", f"arn:aws:s3:::photos/private/{IDENTITY}/*"),
        allow("s3:ListBucket", "arn:aws:s3:::photos"),
    )
    assert isinstance(apart(subject, "arn:aws:s3:::photos", FILES), Shared)


def test_a_folder_without_its_slash_is_shared_by_names_that_begin_alike() -> None:
    subject = visitor(allow("s3:GetObject", f"arn:aws:s3:::photos/private/{IDENTITY}*"))
    answer = apart(subject, "arn:aws:s3:::photos", FILES)
    assert isinstance(answer, Shared)
    assert answer.one.request.resource == answer.other.request.resource
    assert str(answer.other.request.context[SUB]).startswith(str(answer.one.request.context[SUB]))


@pytest.mark.parametrize("end", ["/*", ".json", "", "#*"])
def test_files_are_apart_when_the_name_of_the_identity_ends_visibly(end: str) -> None:
    subject = visitor(allow("s3:GetObject", f"arn:aws:s3:::photos/private/{IDENTITY}{end}"))
    assert isinstance(apart(subject, "arn:aws:s3:::photos", FILES), Proved)


def test_rows_are_apart_when_the_leading_key_begins_with_the_identity_and_a_separator() -> None:
    def own(end: str) -> Standing:
        keys = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [IDENTITY + end]}}
        return visitor(allow("dynamodb:GetItem", TABLE, **keys))

    assert isinstance(apart(own("#*"), TABLE, ROWS), Proved)
    shared = apart(own("*"), TABLE, ROWS)
    assert isinstance(shared, Shared)
    assert shared.one.request.context[LEADING] == shared.other.request.context[LEADING]


def test_identities_are_not_proved_apart_under_a_policy_that_was_not_given() -> None:
    own = policy(allow("sqs:SendMessage", "*"))
    unseen = replace(own, unseen=(Unknown("Managed", "what `Managed` allows"),))
    subject = Standing(session_of(parse_caller(ROLE), [Dim(SUB, may_be_absent=False)]), PolicySet((unseen,)))
    assert isinstance(apart(subject, TABLE, ROWS), Undecided)
