"""A policy document by itself: what it names by whole ARNs is made tight, and the rest is said to be open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grantgraph.infer.alone import by_itself
from grantgraph.sources import load
from tests.commands import Run
from tests.test_infer import statement

TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/notes"


def written(folder: Path, *statements: dict[str, Any]) -> Path:
    file = folder / "policy.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), encoding="utf-8")
    return file


def tight(run: Run, file: Path, *options: str) -> list[dict[str, Any]]:
    """The statements of the tight policy."""
    answer = json.loads(run("synth", file, "--format", "json", *options).out)
    (policy,) = answer["policies"]["role"]
    return list(policy["Statement"])


def test_a_wildcard_on_a_named_table_becomes_what_uses_its_data(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, statement("dynamodb:*", [TABLE, f"{TABLE}/index/*"]))
    (one,) = tight(run, file, "--wildcards", "read")
    assert one["Action"] == ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]
    assert one["Resource"] == [TABLE, f"{TABLE}/index/*"]
    assert run("synth", file, "--check").code == 1


def test_streams_and_indexes_of_which_nothing_is_said_are_kept(run: Run, tmp_path: Path) -> None:
    own = statement(["dynamodb:GetRecords", "dynamodb:GetShardIterator"], f"{TABLE}/stream/*")
    other = statement("dynamodb:Query", f"{TABLE}/index/byTag")
    assert tight(run, written(tmp_path, own, other)) == [own, other]


def test_what_no_whole_arn_names_stays_and_is_open(run: Run, tmp_path: Path) -> None:
    everywhere, there = statement("sqs:*", "*"), statement("s3:GetObject", "arn:aws:s3:::uploads/*")
    file = written(tmp_path, everywhere, there)
    assert tight(run, file) == [everywhere, there]
    ended = run("synth", file, "--check")
    assert ended.code == 3
    assert "open     a policy document by itself does not say what is meant by `*`\n" in ended.out


def test_what_is_named_elsewhere_takes_nothing_from_a_star(run: Run, tmp_path: Path) -> None:
    everywhere = statement(["s3:GetObject", "dynamodb:*"], "*")
    file = written(tmp_path, everywhere, statement("dynamodb:GetItem", TABLE))
    assert tight(run, file)[0]["Resource"] == "*"


def test_what_is_dead_goes(run: Run, tmp_path: Path) -> None:
    reads = statement("dynamodb:GetItem", TABLE)
    file = written(tmp_path, reads, statement("dynamodb:GetItem", "arn:aws:s3:::uploads/x"))
    assert tight(run, file) == [reads]
    assert "dead     dynamodb:GetItem" in run("synth", file).out


def test_a_document_is_changed_in_place(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, statement(["dynamodb:GetItem", "dynamodb:DeleteTable"], TABLE))
    before = file.read_text(encoding="utf-8")
    assert run("synth", file, "--apply").err == f"changed `{file}`\n"
    assert file.read_text(encoding="utf-8") == before.replace(', "dynamodb:DeleteTable"', "")
    assert run("synth", file, "--check").code == 0


@pytest.mark.parametrize(
    ("arn", "named"),
    [
        (TABLE, TABLE),
        (f"{TABLE}/index/byTag", TABLE),
        ("arn:aws:s3:::uploads/private/${cognito-identity.amazonaws.com:sub}/*", "arn:aws:s3:::uploads"),
        ("arn:aws:ssm:eu-west-1:123456789012:parameter/a/b", "arn:aws:ssm:eu-west-1:123456789012:parameter/a/b"),
        ("arn:aws:sqs:*:*:jobs", None),
        ("arn:aws:s3:::uploads-*/x", None),
        ("arn:aws:kms:eu-west-1:123456789012:key/k", None),
        ("*", None),
    ],
)
def test_a_whole_arn_names_a_resource(tmp_path: Path, arn: str, named: str | None) -> None:
    application = by_itself(load(written(tmp_path, statement("*", arn))))
    assert [one.id for one in application.resources] == ([named] if named else [])
