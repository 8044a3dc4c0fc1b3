"""Comparing two versions: what is added, removed and narrowed, for whom, and the requests that show it."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from markdown_it import MarkdownIt

from grantgraph.catalog import load_catalog
from grantgraph.diff import About, Difference, Kind, Presence, compare
from grantgraph.model import Application
from grantgraph.prove import Proved, Refuted, Standing, implies
from grantgraph.reports import find_report
from grantgraph.sources import load, load_text
from grantgraph.standing import anybody
from tests.commands import Run
from tests.pair_maker import KINDS, PairMaker
from tests.pairs import policies_of, revisions
from tests.strategies import RandomChoose
from tests.templates import HERE

APPS = Path(__file__).parent.parent / "fixtures" / "apps"
NOTES = APPS / "sst" / "a-notes-auth-users.json"
FULL = APPS / "sst" / "f-full-notes.json"
JOBS = "arn:aws:sqs:us-east-1:111122223333:jobs"
Json = dict[str, Any]


def allow(action: Any, resource: Any = "*", **conditions: Any) -> Json:
    found = {"Effect": "Allow", "Action": action, "Resource": resource}
    return found | ({"Condition": conditions} if conditions else {})


def deny(action: Any, resource: Any = "*") -> Json:
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def policy(*statements: Json) -> Application:
    return load_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), "policy.json", HERE)


def between(base: Application, head: Application) -> Difference:
    return compare(base, head, load_catalog())


def kinds(difference: Difference) -> list[Kind]:
    return [change.kind for _, change in difference.changes()]


def names(difference: Difference) -> list[str]:
    return sorted(str(action) for _, change in difference.changes() for action in change.actions)


def by_action(difference: Difference) -> dict[tuple[str, str], Kind]:
    """What happened to each action at each place."""
    return {
        (place, str(action)): change.kind
        for _, change in difference.changes()
        for place in change.places
        for action in change.actions
    }


# ── what happened ──

TAG = {"aws:PrincipalTag/team": "red"}
OLD = {
    "nothing but other actions": allow("sqs:SendMessage", JOBS),
    "a narrower resource": allow("sqs:SendMessage", JOBS),
    "a condition less": allow("sqs:SendMessage", JOBS, StringEquals=TAG),
    "another condition": allow("sqs:SendMessage", JOBS, StringEquals=TAG),
}
NEW = {
    "nothing but other actions": [OLD["nothing but other actions"], allow("sqs:ReceiveMessage", JOBS)],
    "a narrower resource": [allow("sqs:SendMessage", f"{JOBS}*")],
    "a condition less": [allow("sqs:SendMessage", JOBS)],
    "another condition": [allow("sqs:SendMessage", JOBS, StringEquals={"aws:PrincipalTag/team": "blue"})],
}
FORWARD = {
    "nothing but other actions": Kind.ADDED,
    "a narrower resource": Kind.WIDENED,
    "a condition less": Kind.WIDENED,
    "another condition": Kind.CHANGED,
}
BACKWARD = {Kind.ADDED: Kind.REMOVED, Kind.WIDENED: Kind.NARROWED, Kind.CHANGED: Kind.CHANGED}
MIRROR = BACKWARD | {Kind.REMOVED: Kind.ADDED, Kind.NARROWED: Kind.WIDENED}


@pytest.mark.parametrize("name", FORWARD)
def test_a_change_is_called_what_it_is_and_backwards_its_contrary(name: str) -> None:
    old, new = policy(OLD[name]), policy(*NEW[name])
    assert set(kinds(between(old, new))) == {FORWARD[name]}
    assert set(kinds(between(new, old))) == {BACKWARD[FORWARD[name]]}
    assert between(old, new).widens
    assert between(new, old).widens is (FORWARD[name] is Kind.CHANGED)


SAME: dict[str, tuple[list[Json], list[Json]]] = {
    "split": (
        [allow(["sqs:SendMessage", "sqs:ReceiveMessage"])],
        [allow("sqs:SendMessage"), allow("sqs:ReceiveMessage")],
    ),
    "a wildcard for all that it means": (
        [allow("dynamodb:*Item")],
        [allow([f"dynamodb:{one}Item" for one in ("Get", "Put", "Update", "Delete", "BatchGet", "BatchWrite")])],
    ),
    "a dead entry": ([allow("sqs:SendMessage", JOBS)], [allow(["sqs:SendMessage", "s3:GetObject"], JOBS)]),
    "what is denied anyway": (
        [allow("sqs:SendMessage"), deny("sqs:DeleteQueue")],
        [allow(["sqs:SendMessage", "sqs:DeleteQueue"]), deny("sqs:DeleteQueue")],
    ),
    "a condition in other words": (
        [allow("s3:GetObject", "*", StringEquals={"aws:PrincipalTag/team": ["red", "blue"]})],
        [allow("s3:GetObject", "*", StringLike={"aws:PrincipalTag/team": ["blue", "red", "blue"]})],
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_other_words_for_the_same_access_are_proved_to_be_the_same(name: str) -> None:
    old, new = SAME[name]
    if name == "a wildcard for all that it means":
        catalog = load_catalog()
        meant = [str(one) for one in catalog.actions("dynamodb") if one.name.endswith("Item")]
        new = [allow(meant)]
    found = between(policy(*old), policy(*new))
    assert (kinds(found), list(found.all_doubts())) == ([], [])
    [subject] = found.subjects
    assert subject.is_same
    assert "text changed, same access (proved)" in find_report("diff", "text")(found)


def test_what_is_the_same_to_the_letter_is_not_even_asked_about() -> None:
    found = between(policy(allow("s3:*")), policy(allow("s3:*")))
    assert (found.subjects, found.unchanged, found.differs) == ((), 1, False)


# ── every witness is true, and no gain is missed ──


def check_witnesses(found: Difference) -> int:
    shown = 0
    for _, change in found.changes():
        for witness in (change.gain, change.loss):
            if witness is not None:
                assert witness.allowed.allowed
                assert not witness.refused.allowed
                assert witness.request.action in {str(action) for action in change.actions}
                shown += 1
        assert (change.gain is not None) is change.kind.widens
        assert (change.loss is not None) is (change.kind not in (Kind.ADDED, Kind.WIDENED))
    return shown


def as_application(written: Json) -> Application:
    (document,) = written["identity_based"]
    return load_text(json.dumps(document), "policy.json", HERE)


def hanging(written: Json) -> Standing:
    """What a policy allows whoever it hangs on."""
    return Standing(anybody(), policies_of(written))


@pytest.mark.parametrize("kind", [one for one in KINDS if one != "limits"])
def test_it_widens_exactly_where_no_implication_is_proved(kind: str) -> None:
    catalog, shown = load_catalog(), 0
    for seed in range(3 if kind == "negated elements" else 4):  # what widens in every service takes long
        pair = PairMaker(RandomChoose(Random(f"{kind} {seed}")), kind).pair(str(seed))
        base, head = as_application(pair.wider), as_application(pair.narrower)
        found = between(base, head)
        answer = implies(hanging(pair.narrower), hanging(pair.wider), None, catalog)
        if isinstance(answer, Proved):
            assert not found.widens, pair
        elif isinstance(answer, Refuted):
            assert found.widens or found.may_widen, pair
        shown += check_witnesses(found)
        again = between(head, base)
        assert {key: MIRROR[kind] for key, kind in by_action(found).items()} == by_action(again), pair
        shown += check_witnesses(again)
    assert shown or kind == "negated elements"


def test_the_revisions_of_aws_are_told_in_both_directions() -> None:
    pairs = [one for one in revisions() if len(str(one)) < 6_000][:24]
    assert (
        sum(check_witnesses(between(as_application(one.wider), as_application(one.narrower))) for one in pairs)
        > 20
    )


# ── applications ──


def changed(file: Path, change: Callable[[Json], None]) -> tuple[Application, Application]:
    """A template as it is, and as a change leaves it."""
    written = json.loads(file.read_text())
    after = copy.deepcopy(written)
    change(after["Resources"])
    return tuple(load_text(json.dumps(one), "template.json", HERE) for one in (written, after))  # type: ignore[return-value]


GUEST = "AuthIdentityPoolUnauthRoleA8DE48F3"
GUEST_POLICY = "AuthIdentityPoolUnauthRoleDefaultPolicy0417F857"


def statements(resources: Json, id: str) -> list[Json]:
    found: list[Json] = resources[id]["Properties"]["PolicyDocument"]["Statement"]
    return found


def test_a_new_statement_is_a_gain_of_the_one_who_holds_it() -> None:
    table = {"Fn::GetAtt": ["NotesTable7100B0E8", "Arn"]}

    def change(resources: Json) -> None:
        statements(resources, GUEST_POLICY).append(allow("dynamodb:PutItem", table))

    found = between(*changed(NOTES, change))
    [(subject, gain)] = found.changes()
    assert (subject.id, subject.about, gain.kind, gain.places) == (
        GUEST,
        About.ACCESS,
        Kind.ADDED,
        ("NotesTable7100B0E8",),
    )
    assert names(found) == ["dynamodb:PutItem"]
    assert gain.gain is not None
    assert str(gain.gain.request.resource).endswith("table/dev-notes-Notes")


def test_a_new_hash_of_a_logical_id_is_no_change() -> None:
    text = NOTES.read_text()
    hashed = text.replace("AuthIdentityPoolAuthRoleD14DA003", "AuthIdentityPoolAuthRole0A1B2C3D")
    found = between(load_text(text, "a.json", HERE), load_text(hashed, "b.json", HERE))
    assert not found.differs and not list(found.all_doubts())
    assert [(one.base, one.head) for one in found.renamed] == [
        ("AuthIdentityPoolAuthRoleD14DA003", "AuthIdentityPoolAuthRole0A1B2C3D")
    ]


def test_a_role_that_is_gone_loses_all_and_one_that_is_new_gains_all() -> None:
    trust = {
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]
    }
    own = {"PolicyName": "own", "PolicyDocument": {"Statement": [allow("sqs:SendMessage", JOBS)]}}

    def change(resources: Json) -> None:
        properties = {"AssumeRolePolicyDocument": trust, "Policies": [own]}
        resources["Extra"] = {"Type": "AWS::IAM::Role", "Properties": properties}

    base, head = changed(NOTES, change)
    access = [one for one in between(base, head).subjects if one.id == "Extra"]
    assert [(one.presence, [change.kind for change in one.changes]) for one in access] == [
        (Presence.HEAD, [Kind.ADDED])
    ]
    trusted = [one for one in between(base, head).subjects if one.on == "Extra"]
    assert [(one.id, one.about) for one in trusted] == [("lambda.amazonaws.com", About.TRUST)]
    gone = [one for one in between(head, base).subjects if one.id == "Extra"]
    assert [[change.kind for change in one.changes] for one in gone] == [[Kind.REMOVED]]


def test_a_boundary_narrows_what_the_policies_say() -> None:
    def change(resources: Json) -> None:
        boundary = {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": {"Statement": [allow("dynamodb:*")]}},
        }
        resources["Boundary"] = boundary
        resources[GUEST]["Properties"]["PermissionsBoundary"] = {"Ref": "Boundary"}

    found = between(*changed(NOTES, change))
    assert {subject.id for subject, _ in found.changes()} == {GUEST}
    assert set(kinds(found)) == {Kind.REMOVED}
    assert all(not name.startswith("dynamodb:") for name in names(found))


def test_a_resource_that_lets_everybody_in_is_a_gain_of_strangers() -> None:
    def change(resources: Json) -> None:
        document = {"Statement": [{**allow("sqs:SendMessage", {"Fn::GetAtt": ["Open", "Arn"]}), "Principal": "*"}]}
        resources["Open"] = {"Type": "AWS::SQS::Queue"}
        properties = {"Queues": [{"Ref": "Open"}], "PolicyDocument": document}
        resources["OpenPolicy"] = {"Type": "AWS::SQS::QueuePolicy", "Properties": properties}

    found = between(*changed(NOTES, change))
    outside = {one.id for one in found.subjects if one.about is About.RESOURCE_POLICY and one.changes}
    assert "anonymous" in outside
    assert found.widens


def test_letting_guests_in_opens_a_way() -> None:
    def change(resources: Json) -> None:
        resources["AuthIdentityPool12DFB5E1"]["Properties"]["AllowUnauthenticatedIdentities"] = False

    base, head = changed(NOTES, change)
    assert between(head, base).opened and not between(head, base).closed
    assert between(base, head).closed and not between(base, head).opened
    assert between(head, base).widens and not between(base, head).widens


def test_taking_an_authorizer_away_opens_a_way_to_what_the_code_holds() -> None:
    def change(resources: Json) -> None:
        [route] = [
            one
            for one in resources.values()
            if one["Type"] == "AWS::ApiGatewayV2::Route" and one["Properties"]["RouteKey"] == "POST /notes"
        ]
        route["Properties"]["AuthorizationType"] = "NONE"

    [opened] = between(*changed(FULL, change)).opened
    assert opened.caller == "anyone"
    assert any("NotesTable7100B0E8" in one for one in opened.leads_to)


def test_what_one_side_leaves_open_is_undecided_and_may_widen() -> None:
    def change(resources: Json) -> None:
        resources[GUEST]["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/NoSuchPolicy"]

    found = between(*changed(NOTES, change))
    assert found.may_widen and not found.widens
    assert any("NoSuchPolicy" in doubt.reason for _, doubt in found.all_doubts())


# ── the command ──


def write(path: Path, *statements: Json) -> Path:
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    return path


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path / "old.json", allow("s3:GetObject")), write(tmp_path / "new.json", allow("s3:*Object"))


@pytest.mark.parametrize(
    ("options", "forward", "backward"),
    [([], 0, 0), (["--fail-on", "widen"], 1, 0), (["--fail-on", "any"], 1, 1)],
)
def test_the_exit_code_says_what_was_asked_to_fail(
    options: list[str], forward: int, backward: int, sides: tuple[Path, Path], run: Run
) -> None:
    old, new = sides
    assert run("diff", old, new, *options).code == forward
    assert run("diff", new, old, *options).code == backward


def test_the_first_line_is_the_verdict(sides: tuple[Path, Path], run: Run) -> None:
    old, new = sides
    assert run("diff", old, new).out.startswith("WIDENED: 1 caller can do more\n")
    assert run("diff", new, old).out.startswith("NARROWED: 1 caller can do less\n")
    assert run("diff", old, old).out.startswith("NO DIFFERENCE")


def test_a_misspelt_word_is_refused_with_the_nearest(sides: tuple[Path, Path], run: Run) -> None:
    ended = run("diff", *sides, "--fail-on", "wide")
    assert ended.code == 2 and "did you mean `widen`" in ended.err


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git(tmp_path, "init", "-b", "main")
    write(tmp_path / "policy.json", allow("s3:GetObject"))
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-m", "first")
    git(tmp_path, "checkout", "-b", "work")
    write(tmp_path / "policy.json", allow(["s3:GetObject", "s3:PutObject"]))
    git(tmp_path, "commit", "-am", "second")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["main:policy.json", "policy.json"],
        ["main:policy.json"],
        ["main:policy.json", "work:policy.json"],
        ["--since", "main", "policy.json"],
        ["--since", "main", "--merge-base", "policy.json"],
        ["--since", "HEAD~1", "policy.json"],
    ],
)
def test_revisions_are_compared_with_files_and_with_each_other(
    arguments: list[str], repository: Path, run: Run
) -> None:
    ended = run("diff", *arguments, "--fail-on", "widen", "--format", "json")
    assert ended.code == 1, ended.err
    assert [change["actions"] for change in json.loads(ended.out)["added"]] == [["s3:PutObject"]]


def test_from_where_the_histories_parted_what_others_did_since_is_left_out(repository: Path, run: Run) -> None:
    git(repository, "checkout", "main")
    write(repository / "policy.json", allow("s3:DeleteObject"))
    git(repository, "commit", "-am", "third")
    git(repository, "checkout", "work")
    with_theirs = json.loads(run("diff", "--since", "main", "policy.json", "--format", "json").out)
    own = json.loads(run("diff", "--since", "main", "--merge-base", "policy.json", "--format", "json").out)
    assert (len(with_theirs["removed"]), len(own["removed"])) == (1, 0)
    assert len(with_theirs["added"]) > len(own["added"]) == 1 or with_theirs["added"] != own["added"]


def test_a_revision_that_is_not_there_is_refused_and_nothing_is_fetched(repository: Path, run: Run) -> None:
    ended = run("diff", "--since", "mian", "policy.json")
    assert ended.code == 2 and "did you mean `main`" in ended.err


# ── reports ──

HOSTILE = "@everyone <script>alert(1)</script> [x](http://evil.example) www.evil.example #1 `code` :x:"


def test_no_name_is_read_as_markup_in_a_comment() -> None:
    template: Json = {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {"Statement": []},
                    "Policies": [
                        {
                            "PolicyName": HOSTILE,
                            "PolicyDocument": {
                                "Statement": [{"Sid": HOSTILE, **allow("s3:*", f"arn:aws:s3:::{HOSTILE}")}]
                            },
                        }
                    ],
                },
            }
        }
    }
    empty: Json = copy.deepcopy(template)
    empty["Resources"]["Role"]["Properties"]["Policies"] = []
    one, other = (load_text(json.dumps(each), HOSTILE, HERE) for each in (empty, template))
    shown = MarkdownIt("commonmark", {"html": True}).render(find_report("diff", "markdown")(between(one, other)))
    assert "<script" not in shown and "<a " not in shown
    outside = "".join(piece for piece in shown.replace("<pre>", "<code>").split("<code") if "</code>" not in piece)
    assert not {"@everyone", "www.", "http:", ":x:"} & set(re.findall(r"@everyone|www\.|http:|:x:", outside))


def test_a_comment_is_never_longer_than_one_may_be() -> None:
    roles = {
        f"Role{number}": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Statement": []},
                "Policies": [
                    {
                        "PolicyName": "p",
                        "PolicyDocument": {"Statement": [allow(["sqs:*", "sns:*"])]},
                    }
                ],
            },
        }
        for number in range(90)
    }
    nothing = load_text(json.dumps({"Resources": {"Role0": roles["Role0"]}}), "base.json", HERE)
    found = find_report("diff", "markdown")(
        between(nothing, load_text(json.dumps({"Resources": roles}), "head.json", HERE))
    )
    assert len(found) < 65_536
    assert "left out: run `grantgraph diff` to see everything." in found


def test_the_same_comparison_is_reported_in_the_same_bytes() -> None:
    one, other = load(NOTES), load(APPS / "sst" / "b-api-user-pool.json")
    for format in ("text", "json", "markdown"):
        render = find_report("diff", format)
        assert render(between(one, other)) == render(between(one, other))


def test_a_change_can_be_asked_again_by_the_command_that_it_names(run: Run, sides: tuple[Path, Path]) -> None:
    import shlex

    old, new = sides
    [line] = [one for one in run("diff", old, new).out.splitlines() if "grantgraph can" in one][:1]
    asked = shlex.split(line.partition("grantgraph ")[2])
    assert run(*asked).code == 0
    asked[asked.index(str(new))] = str(old)
    assert run(*asked).code == 1
