"""`prove`: claims about policies, each proved, refuted by a request, or left open."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
POLICIES = Path("fixtures/policies")
NOTES = "fixtures/apps/sst/f-full-notes.json"


def prove(*arguments: str) -> tuple[int, str, str]:
    run = subprocess.run(
        [sys.executable, "-m", "grantgraph", "prove", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout, run.stderr


@pytest.mark.parametrize(
    ("relation", "one", "other", "code", "word"),
    [
        ("implies", "team-folders", "all-folders", 0, "PROVED"),
        ("implies", "all-folders", "team-folders", 1, "REFUTED"),
        ("implies", "red-folder", "team-folders", 0, "PROVED"),
        ("implies", "all-tables", "any-table", 3, "UNDECIDED"),
        ("disjoint", "red-folder", "team-folders", 1, "REFUTED"),
        ("equivalent", "red-folder", "red-folder", 0, "PROVED"),
        ("equivalent", "team-folders", "all-folders", 1, "REFUTED"),
    ],
)
def test_two_policies_are_compared_over_all_requests(
    relation: str, one: str, other: str, code: int, word: str
) -> None:
    ended, out, _ = prove(relation, str(POLICIES / f"{one}.json"), str(POLICIES / f"{other}.json"))
    assert (ended, out.split(":")[0]) == (code, word)


def test_a_refutation_is_a_request_with_the_statement_that_allows_it() -> None:
    files = (str(POLICIES / "all-folders.json"), str(POLICIES / "team-folders.json"))
    _, out, _ = prove("implies", *files, "--format", "json")
    found = json.loads(out)
    assert found["answer"] == "refuted"
    assert found["witness"]["action"].startswith("s3:")
    assert found["witness"]["resource"].startswith("arn:aws:s3:::reports/")


@pytest.mark.parametrize(
    ("on", "code"),
    [("NotesTable7100B0E8", 1), ("UploadsBucketC4B27CC7", 1), ("JobsQueueEEBD9B3F", 0), ("EventsTopic", 2)],
)
def test_guests_write_to_some_resources_and_provably_not_to_others(on: str, code: int) -> None:
    known = json.loads((ROOT / NOTES).read_text(encoding="utf-8"))["Resources"]
    name = on if on in known or code == 2 else next(id for id in known if known[id]["Type"] == "AWS::SQS::Queue")
    ended, out, err = prove("never", NOTES, "--principal", "unauthenticated", "--access", "write", "--on", name)
    assert ended == code, out + err


def test_a_word_that_is_no_access_level_gets_the_nearest() -> None:
    ended, _, err = prove("never", NOTES, "--principal", "unauthenticated", "--access", "wriet")
    assert ended == 2
    assert "did you mean `write`?" in err


def test_a_summary_is_short_and_leaves_out_what_makes_no_difference() -> None:
    ended, out, _ = prove("summary", NOTES, "--principal", "authenticated", "--format", "json")
    assert ended == 0
    allowed = json.loads(out)["allowed"]
    assert [entry["resources"][0].rpartition("/")[2] for entry in allowed] == ["*", "*", "*"]
    assert ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"] in [entry["actions"] for entry in allowed]
    assert all(entry["conditions"] == [] and entry["doubt"] == "" for entry in allowed)


def test_a_summary_of_many_principals_asks_for_one() -> None:
    ended, _, err = prove("summary", NOTES)
    assert ended == 2
    assert "has 15 principals" in err
