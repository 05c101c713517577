"""Third parties' broken, hostile and odd files through POST /checkins: taken or clearly refused, never half written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from server.config import Config
from server.demo.photos import draw_selfie
from tests.client import Api
from tests.photos.made import BOMBS, DRAWN_HEIC

Rows = Callable[..., list]
TABLES = ("photos", "photo_bands", "checkins", "checkin_findings", "site_days")
REFUSALS = {400, 413, 415, 422}


@pytest.mark.parametrize("folder", ["malformed", "bombs", "photos", "orientation", "pairs"])
def test_each_file_is_taken_or_refused_and_nothing_is_half_written(
    folder: str, api: Api, shared_data: Path, rows: Rows, config: Config
) -> None:
    files = sorted(path for path in (shared_data / folder).iterdir() if path.is_file())
    assert files
    taken = [path for path in files if submitted(api, path.name, path.read_bytes())]
    whole(rows, config, len(taken))
    if folder in ("orientation", "pairs"):
        assert taken == files
    if folder == "photos":
        assert [path.name for path in files if path not in taken] == ["cn_pixel6_ultrahdr_truncated.jpg"]


def test_our_own_files_take_the_same_two_ways(api: Api, rows: Rows, config: Config) -> None:
    """What is drawn by us needs nobody's collection: formats we take, files cut at every tenth, bombs, and nonsense."""
    selfie = draw_selfie(31, size=(240, 320))
    good = {
        "heic": DRAWN_HEIC.read_bytes(),
        "png": draw_selfie(32, size=(240, 320), fmt="PNG"),
        "webp": draw_selfie(33, size=(240, 320), fmt="WEBP"),
        "jpeg turned": draw_selfie(34, size=(240, 320), orientation=6),
    }
    for name, data in good.items():
        assert submitted(api, name, data), name
    bad = {f"cut at {tenth}0 %": selfie[: len(selfie) * tenth // 10] for tenth in range(10)}
    bad |= {"text": "不是照片".encode() * 50, "zeros": bytes(5000), "gif": b"GIF89a" + bytes(60)}
    bad |= {name: BOMBS[name]() for name in ("jpeg_claims_4_gigapixels", "png_claims_10_gigapixels", "heic_garbage")}
    for name, data in bad.items():
        assert not submitted(api, name, data), name
    whole(rows, config, len(good))


def submitted(api: Api, name: str, data: bytes) -> bool:
    """Whether it was taken; if not, it must have been refused in words."""
    answer = api.check_in("chen", photo=data, ticket=None)
    if answer.status_code == 201:
        assert answer.json["verdict"] in ("accepted", "review"), name
        return True
    assert answer.status_code in REFUSALS, f"{name}: {answer.status_code} {answer.text}"
    assert answer.mimetype == "application/problem+json"
    problem = answer.json
    assert problem["status"] == answer.status_code
    assert problem["code"].replace("_", "").isalpha(), name
    assert any("\u4e00" <= letter <= "\u9fff" for letter in problem["detail"]), name
    return False


def whole(rows: Rows, config: Config, taken: int) -> None:
    """As many rows and files as were taken, each photo's file as long as its row says, and nothing else on disk."""
    counted = {table: rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}
    assert (counted["photos"], counted["checkins"]) == (taken, taken)
    ((banded,),) = rows("SELECT count(DISTINCT photo_id) FROM photo_bands")  # not one whose picture is all but plain
    assert counted["photo_bands"] == 4 * banded <= 4 * taken
    assert counted["site_days"] == min(taken, 1)
    assert (counted["checkin_findings"] > 0) == (taken > 0)
    on_disk = {p.relative_to(config.photo_root).as_posix(): p.stat().st_size for p in files_below(config.photo_root)}
    assert on_disk == dict(rows("SELECT storage_key, size_bytes FROM photos"))


def files_below(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]
