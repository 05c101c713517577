"""The mini-program's pure modules, tried by node: unit/*.test.mjs."""

import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parent / "unit").glob("*.test.mjs"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name.partition(".")[0])
def test_unit(unit: Path) -> None:
    done = subprocess.run(("node", "--test", str(unit)), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert "# fail 0" in done.stdout
    assert "# pass 0" not in done.stdout
