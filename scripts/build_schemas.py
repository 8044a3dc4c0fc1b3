"""Write the JSON Schemas into docs/schema: `python scripts/build_schemas.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.schemas.model import model_schema  # noqa: E402
from scripts.schemas.outputs import output_schemas  # noqa: E402
from scripts.schemas.parts import Schema  # noqa: E402
from scripts.schemas.settings import settings_schema  # noqa: E402

FOLDER = ROOT / "docs" / "schema"


def schemas() -> dict[str, Schema]:
    """Every schema by the name of its file."""
    return {"model": model_schema(), "settings": settings_schema(), **output_schemas()}


def rendered(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        (FOLDER / f"{name}.schema.json").write_text(rendered(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
