"""Wishes to statements: what covers what is found without looking at everything."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grantgraph.synthesize import Reason, Wish, blocks
from grantgraph.synthesize.blocks import Block, cut_and_join
from grantgraph.text import Text, Unknown, text

PARTITION, NAME = Unknown("AWS::Partition"), Unknown("Uploads", generated=True)
RESOURCES: list[Text] = [
    "*",
    "arn:aws:s3:::uploads",
    "arn:aws:s3:::uploads/*",
    "arn:aws:s3:::uploads/public/*",
    "arn:aws:s3:::uploads/public/a",
    "arn:aws:s3:::uploads/public/?",
    "arn:aws:s3:::uploads/${aws:PrincipalTag/team}/*",
    "arn:aws:s3:::uploads/p*/a",
    text(["arn:", PARTITION, ":s3:::", NAME]),
    text(["arn:", PARTITION, ":s3:::", NAME, "/*"]),
    text(["arn:", PARTITION, ":s3:::", NAME, "/public/*"]),
    text(["arn:aws:s3:::", NAME, "/public/*"]),
]
PREFIXES = ["*", "public/*", "public/a", "public/a/*", "p*", "other", "${aws:PrincipalTag/team}/*"]
values = st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=3, unique=True).map(
    lambda some: tuple(sorted(some))
)
conditions = st.one_of(
    st.tuples(
        st.sampled_from(["StringEquals", "StringLike"]), st.sampled_from(["s3:prefix", "s3:delimiter"]), values
    ),
    st.tuples(st.just("ForAllValues:StringLike"), st.just("dynamodb:Attributes"), values),
    st.tuples(st.just("NumericLessThanEquals"), st.just("s3:signatureAge"), st.sampled_from([("1",), ("20",)])),
    st.tuples(st.just("Null"), st.just("s3:prefix"), st.just(("false",))),
)


@st.composite
def atoms(draw: st.DrawFn) -> Block:
    """One action on one resource under some conditions."""
    resource: Text = draw(st.sampled_from(RESOURCES))
    limits = tuple(draw(st.lists(conditions, max_size=2, unique_by=lambda one: one[:2])))
    action = draw(st.sampled_from(["s3:GetObject", "s3:PutObject"]))
    return Block("app", "Uploads", None, (action,), (resource,), limits, ("read",), ())


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(atoms(), max_size=10))
def test_looking_only_at_what_begins_alike_overlooks_nothing(found: list[Block]) -> None:
    same = list({(one.actions, one.resources, one.conditions): one for one in found}.values())
    wider = blocks._Wider(same)
    for atom in same:
        near = set(wider.than(atom))
        about = [other for other, one in enumerate(same) if one.actions == atom.actions]
        assert {other for other in about if blocks.covers(same[other], atom)} <= near


def wish(number: int, *resources: Text, prefix: str = "") -> Wish:
    """What one of many functions asks of a bucket that they share."""
    limits = (("StringLike", "s3:prefix", (prefix,)),) if prefix else ()
    actions = ("s3:GetObject", "s3:PutObject")
    return Wish(f"function{number}", "Uploads", "get", actions, resources, limits, Reason("needed"))


@pytest.mark.parametrize("shared", ["bucket", "bucket and key"])
def test_what_covers_what_costs_the_same_for_each_of_many(shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real, looks = blocks.covers, 0

    def covers(wide: Block, narrow: Block) -> bool:
        nonlocal looks
        looks += 1
        return real(wide, narrow)

    def own(number: int) -> Wish:
        key = f"items{number:03}/*"
        if shared == "bucket":
            return wish(number, f"arn:aws:s3:::uploads/{key}")
        return wish(number, "arn:aws:s3:::uploads", prefix=key)

    monkeypatch.setattr(blocks, "covers", covers)
    costs = []
    for count in (100, 200):
        looks = 0
        cut_and_join(map(own, range(count)))
        costs.append(looks)
    assert 0 < costs[1] <= 2.5 * costs[0]
