"""What verifying one photo costs, beside its floor in the same process: `python -m tests.bench.verify`.

Floor: one Pillow draft decode at half scale and one exifread pass of the same bytes. Ours: everything between the bytes
and the rows to be stored: the photo read, evidence gathered, all signals judged, decided, and written as JSON-ready
rows. Not in it: the database's questions and writes and the file's fsync (they are stages of `make bench`). The second
look, which comes after, is measured by the candidate.
"""

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import exifread
from PIL import Image

from server.checkins.gather import Account, Moment, Submission, Terms
from server.checkins.submit import StoredPhoto, judged
from server.checkins.tickets import UsedTicket
from server.checkins.twins import Twins
from server.demo.photos import draw_selfie
from server.evidence import capture
from server.evidence.ruleset import RULESET
from server.org.postings import Presence
from server.org.scope import Caller
from server.photos.read import PhotoFacts, read
from server.photos.same import compare, features
from tests.bench.photos import TARGET_BYTES
from tests.evidence.cases import HONEST, STATION
from tests.photos.copies import as_sent, selfie
from tests.photos.made import BOMBS, DRAWN_HEIC, HUZHOU, saved

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("TEST_DATA") or ROOT.parent / "shared" / "data")
GOAL_RATIO, GOAL_12MP_MS, GOAL_CANDIDATE_MS, GOAL_MB = 1.3, 120.0, 30.0, 300.0


@dataclass(frozen=True)
class Case:
    """A photo, how often it is measured, and which of the issue's two goals it has, if any."""

    name: str
    data: bytes
    rounds: int
    goal_ratio: float | None = None
    goal_ms: float | None = None


def main() -> int:
    measure()
    return 0


def measure() -> dict[str, dict[str, float]]:
    """Medians in CPU milliseconds and peaks in MB, printed and returned."""
    print("\nVerifying one photo, median CPU ms (floor: draft decode at 1/2 and one exifread pass)")
    print(f"{'':<34} {'KB':>6} {'floor':>7} {'ours':>7} {'read':>7} {'judged':>7} {'ratio':>6}  goal")
    report = {case.name: _costs(case) for case in _cases()}
    report["second look"] = _second_look()
    print("\nPeak memory of one look, MB above the process before it (a HEIC's: its child's whole)")
    return report | {"memory_mb": _peaks_mb()}


def _cases() -> list[Case]:
    """Drawn by us, so that nothing else is needed; real ones where the shared data is."""
    camera = replace(HUZHOU, digitized_local=HUZHOU.taken_local, modified_local=HUZHOU.taken_local, software="V12.5")
    small = draw_selfie(1, size=(960, 1280), target_bytes=TARGET_BYTES)
    small_exif = draw_selfie(1, size=(960, 1280), target_bytes=TARGET_BYTES, exif=camera)
    large = draw_selfie(1, size=(3000, 4000), target_bytes=16 * TARGET_BYTES, exif=camera)
    cases = [
        Case("1280 px JPEG without EXIF", small, 300, goal_ratio=GOAL_RATIO),
        Case("1280 px JPEG with EXIF", small_exif, 300, goal_ratio=GOAL_RATIO),
        Case("12 MP JPEG with EXIF", large, 20, goal_ms=GOAL_12MP_MS),
        Case("HEIC 240 x 320, drawn", DRAWN_HEIC.read_bytes(), 15),
    ]
    for name in ("empty_gps.jpg", "IMG_5195.HEIC", "HMD_Nokia_8.3_5G_hdr.heif"):
        path = SHARED / "photos" / name
        if path.exists():
            cases.append(Case(name, path.read_bytes(), 6))
    return cases


def _costs(case: Case) -> dict[str, float]:
    """Floor and ours in turn, so that a machine that changes its pace changes it for both."""
    facts = read(case.data)
    work: dict[str, Callable[[], object]] = {
        "read": lambda: read(case.data),
        "judged": lambda: verdict(facts),
        "ours": lambda: verdict(read(case.data)),
    }
    if facts.mime != "image/heic":  # Pillow has no decoder for it, and HEVC none at half scale
        work["floor"] = lambda: bare(case.data)
    spent: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(case.rounds):
        for name, one in work.items():
            before = _cpu_s()
            one()
            spent[name].append((_cpu_s() - before) * 1000)
    row = {name: median(times) for name, times in spent.items()}
    if "floor" in row:
        row["ratio"] = row["ours"] / row["floor"]
    _print(case, row)
    return row


def _second_look() -> dict[str, float]:
    """Two photos of one room compared in both directions, the features of both at hand."""
    new, old = features(as_sent(selfie(1))), features(as_sent(selfie(1, 1)))
    spent = []
    for _ in range(30):
        before = _cpu_s()
        compare(new, old)
        spent.append((_cpu_s() - before) * 1000)
    cost = median(spent)
    print(f"second look at one candidate: {cost:.1f} ms  ≤ {GOAL_CANDIDATE_MS:.0f} ms: ", end="")
    print("met" if cost <= GOAL_CANDIDATE_MS else "MISSED", flush=True)
    return {"ours": cost}


def _print(case: Case, row: dict[str, float]) -> None:
    goal = ""
    if case.goal_ratio:
        goal = f"ratio ≤ {case.goal_ratio}: {'met' if row['ratio'] <= case.goal_ratio else 'MISSED'}"
    if case.goal_ms:
        goal = f"≤ {case.goal_ms:.0f} ms: {'met' if row['ours'] <= case.goal_ms else 'MISSED'}"
    figures = [f"{row[name]:7.2f}" if name in row else f"{'-':>7}" for name in ("floor", "ours", "read", "judged")]
    ratio = f"{row['ratio']:6.2f}" if "ratio" in row else f"{'-':>6}"
    print(f"{case.name:<34} {len(case.data) / 1000:6.0f} {' '.join(figures)} {ratio}  {goal}", flush=True)


def bare(data: bytes) -> None:
    """The floor."""
    image = Image.open(io.BytesIO(data), formats=["JPEG"])
    image.draft("RGB", (image.width // 2, image.height // 2))
    image.load()
    exifread.process_file(io.BytesIO(data), details=False)


COUNTY, NOW, ISSUED = 1, HONEST.received_at, HONEST.captured_at - timedelta(minutes=1)
CALLER = Caller(COUNTY, uuid.uuid4(), "阿敏", uuid.uuid4(), capture.local_date(HONEST), (), uuid.uuid4(), True)
SUBMISSION = Submission(
    id=uuid.uuid4(),
    kind="station",
    lat=HONEST.fix.lat,
    lng=HONEST.fix.lng,
    given_lat=HONEST.fix.lat,
    given_lng=HONEST.fix.lng,
    datum="wgs84",
    accuracy_m=20.0,
    captured_at=HONEST.captured_at,
    ticket_id=uuid.uuid4(),
    device={"model": "Redmi Note 9S", "platform": "android"},
    clock_offset_ms=HONEST.clock_offset_ms,
    note="",
)
TERMS = Terms(RULESET, False, HONEST.windows, HONEST.upload_limit_s, HONEST.accuracy_ceiling_m, None, False)
# A member who has checked in twice a day for ten days: as much history as is ever asked for.
MOMENT = Moment(
    ticket=UsedTicket(SUBMISSION.ticket_id or uuid.uuid4(), ISSUED, ISSUED + timedelta(hours=24), None, None),
    happened_at=HONEST.captured_at,
    presence=Presence(
        capture.local_date(HONEST), 521, HONEST.tz, uuid.uuid4(), replace(STATION, station_id=str(uuid.uuid4()))
    ),
    history=tuple(
        replace(HONEST.fix, lat=HONEST.fix.lat + n / 1e5, at=NOW - timedelta(hours=12 * n)) for n in range(1, 21)
    ),
    account=Account(1, None),
    twins=Twins((), {}, complete=True, few=True),
)


def verdict(facts: PhotoFacts) -> object:
    """What submit does between the database's answers and the rows it stores."""
    return judged(CALLER, SUBMISSION, MOMENT, TERMS, StoredPhoto(uuid.uuid4(), "c1/2026-11/x.jpg", facts), NOW)


def _peaks_mb() -> dict[str, float]:
    """The largest photos that are taken, each format at its limit of pixels, by tests/photos/measure.py."""
    flat = Image.new("RGB", (8000, 6500), (90, 130, 70))
    makers: dict[str, Callable[[], bytes]] = {
        "52 MP JPEG": lambda: saved(flat, "JPEG"),
        "20 MP progressive JPEG": BOMBS["jpeg_40_scans"],
        "16 MP PNG": BOMBS["png_16_megapixels"],
        "13 MP WebP": BOMBS["webp_13_megapixels"],
    }
    real = [SHARED / "photos" / name for name in ("HMD_Nokia_8.3_5G_hdr.heif", "IMG_5195.HEIC")]
    with tempfile.TemporaryDirectory(prefix="zhudian-bench-") as folder:
        for name, make in makers.items():
            Path(folder, name).write_bytes(make())
        files = [*sorted(Path(folder).iterdir()), *filter(Path.exists, real)]
        command = [sys.executable, "-m", "tests.photos.measure", *map(str, files)]
        lines = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout.splitlines()
    peaks: dict[str, dict[str, float]] = {}
    for line in map(json.loads, lines):
        if line["outcome"] != "accepted":
            raise SystemExit(f"{line['file']}: {line['outcome']}")
        peaks.setdefault(line["file"], {})[line["look"]] = line["memory_mb"]
    for name, looks in peaks.items():
        met = "met" if max(looks.values()) <= GOAL_MB else "MISSED"
        figures = "  ".join(f"{look} {mb:4.0f}" for look, mb in looks.items())
        print(f"{name:<34} {figures}  ≤ {GOAL_MB:.0f}: {met}")
    return {name: max(looks.values()) for name, looks in peaks.items()}


def _cpu_s() -> float:
    """CPU of this process and, for a HEIC, of the children it waited for."""
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + theirs.ru_utime + theirs.ru_stime


if __name__ == "__main__":
    sys.exit(main())
