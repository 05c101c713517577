"""Photos for the phones: about 250 KB at 960 x 1280, every one different, drawn on both cores."""

import multiprocessing

from server.demo.photos import draw_selfie

TARGET_BYTES = 250_000


def draw(seed: int) -> bytes:
    return draw_selfie(seed, size=(960, 1280), target_bytes=TARGET_BYTES)


def drawn(count: int, first_seed: int) -> list[bytes]:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return pool.map(draw, range(first_seed, first_seed + count), chunksize=16)
