"""Whatever the bytes are: a photo or a refusal, in at most 300 MB and 2 s of CPU."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.photos.made import BOMBS

ROOT = Path(__file__).parents[2]
LIMIT_MB, LIMIT_CPU_S = 300, 2.0


def costs(files: Sequence[Path]) -> list[dict]:
    """measure.py's lines. A look that crashed or raised anything but PhotoUnreadable has no line."""
    command = [sys.executable, "-m", "tests.photos.measure", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=150)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 3 * len(files), done.stderr[-2000:]
    return lines


def assert_bounded(lines: list[dict]) -> None:
    dear = [line for line in lines if line["memory_mb"] > LIMIT_MB or line["cpu_s"] > LIMIT_CPU_S]
    assert not dear


def test_every_malformed_file_is_accepted_or_refused_within_bounds(shared_data: Path) -> None:
    files = sorted((shared_data / "malformed").iterdir())
    assert len(files) >= 46
    assert_bounded(costs(files))


def test_every_bomb_is_accepted_or_refused_within_bounds(shared_data: Path) -> None:
    files = sorted((shared_data / "bombs").iterdir())
    assert len(files) >= 9
    assert_bounded(costs(files))


def test_the_largest_real_photos_stay_within_bounds(shared_data: Path) -> None:
    names = ("HMD_Nokia_8.3_5G.jpg", "HMD_Nokia_8.3_5G_hdr.heif", "empty_gps.jpg", "IMG_5195.HEIC")
    lines = costs([shared_data / "photos" / name for name in names])
    assert_bounded(lines)
    assert {line["outcome"] for line in lines} == {"accepted"}


def test_our_own_bombs_stay_within_bounds(tmp_path: Path) -> None:
    for name, make in BOMBS.items():
        (tmp_path / name).write_bytes(make())
    lines = costs(sorted(tmp_path.iterdir()))
    assert_bounded(lines)
    accepted = {line["file"] for line in lines if line["outcome"] == "accepted"}
    # The last two are whole pictures with nonsense around them.
    harmless = {"png_16_megapixels", "webp_13_megapixels", "jpeg_40_scans"}
    assert accepted == harmless | {"jpeg_hostile_exif", "png_64_megabytes_of_text"}
