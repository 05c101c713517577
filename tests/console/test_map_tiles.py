"""With tiles: they are asked for where the setting says, the policy lets them in, marks are moved to their datum."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from server.config import Config
from server.evidence.datum import wgs84_to_gcj02
from tests.cast import SHANGHAI
from tests.console.conftest import Desks


@pytest.fixture
def config(database_url: str, tmp_path: Path, served: str) -> Config:
    tiles = {"map_tiles": f"{served}/tiles/{{z}}/{{x}}/{{y}}.png", "map_datum": "gcj02", "map_attribution": "审图号 1"}
    return Config(_env_file=None, database_url=database_url, photo_root=tmp_path, public_url=served, **tiles)


def test_the_map_is_drawn_on_tiles(desk: Desks) -> None:
    sitting = desk("bureau")
    with sitting.page.expect_request(re.compile(r"/tiles/\d+/\d+/\d+\.png")):
        page = sitting.at()
    shown = page.locator(".map")
    expect(shown).to_have_class(re.compile("map-tiled"))
    expect(shown.locator(".leaflet-control-attribution")).to_have_text("审图号 1")
    expect(shown.locator(".map-grid")).to_have_count(0)
    points = json.loads(shown.get_attribute("data-map") or "")["points"]
    at = next((p["lat"], p["lng"]) for p in points if p["city"] == "上海")
    assert at == tuple(round(degrees, 7) for degrees in wgs84_to_gcj02(*SHANGHAI))
