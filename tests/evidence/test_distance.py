"""Distances against Karney's geodesics (geographiclib 2), from metres to the antipode."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.evidence.distance import distance_m, is_accuracy, is_position

POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("name", "a", "b", "metres"),
    [
        ("a degree of latitude at the equator", (0, 0), (1, 0), 110574.389),
        ("a degree of longitude at the equator", (0, 0), (0, 1), 111319.491),
        ("Flinders Peak to Buninyong", (-37.95103342, 144.42486789), (-37.65282114, 143.92649553), 54972.271),
        ("JFK to LHR", (40.6, -73.8), (51.6, -0.5), 5551759.400),
        ("across the date line", (0, 179.5), (0, -179.5), 111319.491),
        ("pole to pole", (90, 0), (-90, 0), 20003931.459),
    ],
)
def test_known_distances(name: str, a: tuple[float, float], b: tuple[float, float], metres: float) -> None:
    assert distance_m(*a, *b) == pytest.approx(metres, rel=0.0017 if metres > 1.9e7 else 1.3e-5)


def test_the_same_point_is_zero_away() -> None:
    assert distance_m(23.02, 113.75, 23.02, 113.75) == 0.0


def test_a_fence_is_measured_to_the_centimetre() -> None:
    assert distance_m(23.02, 113.75, 23.02 + 0.009029, 113.75) == pytest.approx(1000.0, abs=0.1)


@given(POINTS, POINTS)
def test_symmetric_and_bounded(a: tuple[float, float], b: tuple[float, float]) -> None:
    there = distance_m(*a, *b)
    assert there == pytest.approx(distance_m(*b, *a), abs=1e-6)
    assert 0.0 <= there < 20_040_000


@pytest.mark.parametrize(
    ("lat", "lng", "answer"),
    [
        (23.0, 113.0, True),
        (0.0, 113.0, True),
        (-90.0, -180.0, True),
        (0.0, 0.0, False),
        (90.1, 0.0, False),
        (0.0, 180.1, False),
        (nan, 113.0, False),
        (23.0, inf, False),
        (None, 113.0, False),
        (23.0, None, False),
    ],
)
def test_what_can_be_a_position(lat: float | None, lng: float | None, answer: bool) -> None:
    assert is_position(lat, lng) is answer


@pytest.mark.parametrize(
    ("accuracy_m", "answer"), [(20.0, True), (0.0, False), (-1.0, False), (nan, False), (None, False)]
)
def test_what_can_be_an_accuracy(accuracy_m: float | None, answer: bool) -> None:
    assert is_accuracy(accuracy_m) is answer
