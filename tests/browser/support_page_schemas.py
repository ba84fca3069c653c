"""The settings schemas that the page's own tests draw their forms from; run as a module it writes them anew."""

from __future__ import annotations

import json
from pathlib import Path

from shared.contracts.settings import RESOURCES

FILE = Path(__file__).resolve().parents[2] / "services/gateway/web/src/test/schemas.json"


def written() -> str:
    """The file as it should be: what GET /api/settings answers."""
    kinds = [
        {"kind": model.kind, "singleton": model.singleton, "schema": model.model_json_schema()} for model in RESOURCES
    ]
    return json.dumps({"kinds": kinds}, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(written())
