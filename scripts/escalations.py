"""Write docs/escalations.md from the data: `python scripts/escalations.py`; with --check, compare only."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from grantgraph.escalations import Kind, escalations  # noqa: E402

PAGE = ROOT / "docs" / "escalations.md"
TITLES = {
    Kind.GRANTS: ("GG405", "Giving power"),
    Kind.PASSES: ("GG406", "Having a service act as a role that one passes"),
    Kind.TAKES_OVER: ("GG407", "Reaching what acts as another role already"),
}


def page() -> str:
    """The page: one table for each kind of way."""
    lines = [
        "# Ways to more power in one step",
        "",
        "What rules GG405 to GG407 ask about. This page is written by `scripts/escalations.py` from",
        "`grantgraph/escalations.toml`, which also says where each way was published. A way counts when all its",
        "actions can be used where they gain something: passing one's own role, or a role that does not trust the",
        "service, gains nothing; nor does a new access key of one's own, or other code for a function that runs",
        "as oneself. Of two ways, the one that only takes more actions is left out.",
    ]
    for kind, (rule, title) in TITLES.items():
        lines += ["", f"## {rule}: {title}", "", "| id | takes | what happens |", "|---|---|---|"]
        for one in escalations():
            if one.kind is kind:
                takes = ", ".join(f"`{action}`" for action in one.actions)
                lines.append(f"| {one.id} | {takes} | {one.words} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    fresh = page()
    if "--check" in sys.argv:
        return int(PAGE.read_text(encoding="utf-8") != fresh)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
