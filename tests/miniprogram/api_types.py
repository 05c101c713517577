"""The API's types for the mini-program, written from the app's own /openapi.json.

`python -m tests.miniprogram.api_types` writes them; with --check it says
whether server and mini-program have drifted apart.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from server.app import create_app
from server.config import Config

MINIPROGRAM = Path(__file__).parents[2] / "miniprogram"
TYPES = MINIPROGRAM / "api" / "types.d.ts"


def generated() -> str:
    """What openapi-typescript makes of the routes as they are."""
    answer = create_app(Config(_env_file=None)).test_client().get("/openapi.json")
    with tempfile.TemporaryDirectory() as folder:
        described, types = Path(folder) / "openapi.json", Path(folder) / "types.d.ts"
        described.write_text(json.dumps(answer.json, ensure_ascii=False), encoding="utf-8")
        tool = MINIPROGRAM / "node_modules" / ".bin" / "openapi-typescript"
        subprocess.run((str(tool), str(described), "-o", str(types)), check=True, capture_output=True, timeout=120)
        return types.read_text(encoding="utf-8")


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        same = TYPES.exists() and TYPES.read_text(encoding="utf-8") == generated()
        if not same:
            print("miniprogram/api/types.d.ts is not what /openapi.json says: run `make api-types`.", file=sys.stderr)
        return 0 if same else 1
    TYPES.parent.mkdir(exist_ok=True)
    TYPES.write_text(generated(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
