"""The photos we draw: the same for the same seed, and of the size asked for."""

from io import BytesIO

from PIL import Image

from server.demo.photos import SMALL, draw_selfie


def test_a_seed_is_a_photo() -> None:
    assert draw_selfie(1, size=SMALL) == draw_selfie(1, size=SMALL) != draw_selfie(2, size=SMALL)


def test_size_and_weight_are_as_asked() -> None:
    data = draw_selfie(1, size=(960, 1280), target_bytes=250_000)
    assert Image.open(BytesIO(data)).size == (960, 1280)
    assert abs(len(data) - 250_000) < 12_500


def test_a_caption_changes_the_picture() -> None:
    assert draw_selfie(1, size=SMALL, caption="Suzhou 08:12") != draw_selfie(1, size=SMALL)
