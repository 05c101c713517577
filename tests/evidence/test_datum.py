"""GCJ-02 against the vectors of four libraries, and there and back."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.evidence.datum import (
    bd09_to_gcj02,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    in_rectangle,
    to_wgs84,
    wgs84_to_gcj02,
)
from server.evidence.distance import distance_m

# Two fifths of a kilometre inside the edges: nearer than that, a shifted point may leave the rectangle.
INSIDE = st.tuples(st.floats(0.84, 55.81), st.floats(72.02, 137.82))


def vectors(shared_data: Path, name: str) -> list[dict[str, str]]:
    """Rows of a third-party file in data/vectors."""
    with (shared_data / "vectors" / name).open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def test_fixture_and_computed_rows_of_the_vectors(shared_data: Path) -> None:
    checked = 0
    for row in vectors(shared_data, "gcj02.csv"):
        if not row["lng_gcj"]:
            continue  # the one row that knows BD-09 and WGS-84 only
        tolerance = 1e-5 if row["kind"] in ("fixture", "test") else 1e-6
        lat, lng = wgs84_to_gcj02(float(row["lat_wgs"]), float(row["lng_wgs"]))
        assert lat == pytest.approx(float(row["lat_gcj"]), abs=tolerance), row
        assert lng == pytest.approx(float(row["lng_gcj"]), abs=tolerance), row
        lat, lng = gcj02_to_wgs84(float(row["lat_gcj"]), float(row["lng_gcj"]))
        assert lat == pytest.approx(float(row["lat_wgs"]), abs=tolerance), row
        assert lng == pytest.approx(float(row["lng_wgs"]), abs=tolerance), row
        checked += 1
    assert checked == 93


def test_shift_at_borders_and_abroad_is_the_libraries_shift(shared_data: Path) -> None:
    for row in vectors(shared_data, "gcj02_edges.csv"):
        lat, lng = float(row["lat"]), float(row["lng"])
        assert distance_m(lat, lng, *wgs84_to_gcj02(lat, lng)) == pytest.approx(float(row["gcoord_shift_m"]), abs=2), (
            row
        )


@pytest.mark.parametrize(
    ("name", "lat", "lng", "shift_m"),
    [("Dongguan", 23.02, 113.75, 611.9), ("Seoul", 37.566, 126.9784, 460.2), ("Tokyo", 35.6895, 139.69171, 0.0)],
)
def test_shift_without_third_party_files(name: str, lat: float, lng: float, shift_m: float) -> None:
    assert distance_m(lat, lng, *wgs84_to_gcj02(lat, lng)) == pytest.approx(shift_m, abs=0.5)


@given(INSIDE)
def test_there_and_back_is_below_a_micrometre(point: tuple[float, float]) -> None:
    back = gcj02_to_wgs84(*wgs84_to_gcj02(*point))
    assert distance_m(*point, *back) < 1e-6


@given(INSIDE)
def test_back_and_there_is_below_a_micrometre(point: tuple[float, float]) -> None:
    again = wgs84_to_gcj02(*gcj02_to_wgs84(*point))
    assert distance_m(*point, *again) < 1e-6


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_outside_the_rectangle_nothing_moves(lat: float, lng: float) -> None:
    if not in_rectangle(lat, lng):
        assert wgs84_to_gcj02(lat, lng) == (lat, lng)
        assert gcj02_to_wgs84(lat, lng) == (lat, lng)


def test_to_wgs84_takes_the_datum_by_name() -> None:
    assert to_wgs84(23.02, 113.75, "wgs84") == (23.02, 113.75)
    assert to_wgs84(23.02, 113.75, "gcj02") == gcj02_to_wgs84(23.02, 113.75)
    with pytest.raises(ValueError, match="bd09"):
        to_wgs84(23.02, 113.75, "bd09")


def test_bd09_rows_of_the_vectors(shared_data: Path) -> None:
    checked = 0
    for row in vectors(shared_data, "gcj02.csv"):
        if not row["lng_bd"]:
            continue
        wgs = (float(row["lat_wgs"]), float(row["lng_wgs"]))
        bd = (float(row["lat_bd"]), float(row["lng_bd"]))
        within_m = 11 if row["kind"] == "bd09->wgs" else 1.5  # one row disagrees with all others by 10 m
        assert distance_m(*gcj02_to_bd09(*wgs84_to_gcj02(*wgs)), *bd) < within_m, row
        assert distance_m(*gcj02_to_wgs84(*bd09_to_gcj02(*bd)), *wgs) < within_m, row
        checked += 1
    assert checked == 89


@given(INSIDE)
def test_bd09_there_and_back_is_below_a_micrometre(point: tuple[float, float]) -> None:
    assert distance_m(*point, *bd09_to_gcj02(*gcj02_to_bd09(*point))) < 1e-6
    assert distance_m(*point, *gcj02_to_bd09(*bd09_to_gcj02(*point))) < 1e-6
    assert 300 < distance_m(*point, *gcj02_to_bd09(*point)) < 1_200


@pytest.mark.parametrize(("datum", "moved"), [("wgs84", False), ("cgcs2000", False), ("gcj02", True)])
def test_a_point_is_moved_for_a_map_only_where_its_datum_differs(datum: str, moved: bool) -> None:
    assert (from_wgs84(31.2, 121.4, datum) != (31.2, 121.4)) is moved


def test_no_map_is_drawn_in_an_unknown_datum() -> None:
    with pytest.raises(ValueError, match="bd09"):
        from_wgs84(31.2, 121.4, "bd09")
