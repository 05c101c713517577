"""A map's points are moved to the datum that its tiles are drawn in; without tiles nothing is moved."""

from flask import Flask, render_template_string

from server.config import Config
from server.console import maps
from server.console.maps import City, Fence, Point, Row
from server.evidence.datum import wgs84_to_gcj02
from server.evidence.distance import distance_m
from tests.cast import SHANGHAI

TILES = "https://tiles.example.gov.cn/{z}/{x}/{y}.png"


def config(**more: str) -> Config:
    return Config(_env_file=None, **more)


def at(found: dict) -> tuple[float, float]:
    return found["lat"], found["lng"]


def test_points_fences_and_cities_are_moved_for_tiles_in_gcj02() -> None:
    given = [Point(*SHANGHAI, "accepted", "陈")], [Fence(*SHANGHAI, 300)], [City("上海", *SHANGHAI)]
    data = maps.view(config(map_tiles=TILES, map_datum="gcj02"), *given).data
    for found in (data["points"][0], data["fences"][0], data["cities"][0]):
        assert distance_m(*at(found), *wgs84_to_gcj02(*SHANGHAI)) < 0.1
        assert 100 < distance_m(*at(found), *SHANGHAI) < 700


def test_cgcs2000_is_wgs84_for_our_purposes() -> None:
    data = maps.view(config(map_tiles=TILES, map_datum="cgcs2000"), [Point(*SHANGHAI, "accepted", "陈")]).data
    assert (at(data["points"][0]), data["datum"]) == (SHANGHAI, "cgcs2000")


def test_without_tiles_there_is_nothing_to_fit_to() -> None:
    data = maps.view(config(map_datum="gcj02"), [Point(*SHANGHAI, "accepted", "陈")]).data
    assert (at(data["points"][0]), data["datum"], data["tiles"]) == (SHANGHAI, "wgs84", None)


def test_a_name_is_text_in_the_attribute_and_in_the_list() -> None:
    app = Flask("server.console", template_folder="templates")
    hostile = "\"'><script>alert(1)</script>"
    shown = maps.view(config(), [Point(*SHANGHAI, "none", hostile, [Row("none", hostile, "/console/people/1")])])
    with app.app_context():
        page = render_template_string("{% from 'maps.html' import map_of %}{{ map_of(view, '驻点分布') }}", view=shown)
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 2
