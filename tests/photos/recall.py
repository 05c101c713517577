"""How well copies are nominated and told from honest photos: `python -m tests.photos.recall DATA` prints the tables.

Copies of 20 real photos and 12 drawn ones; honest pairs are different pictures, drawn rooms seen again, and real places
with another pose before them. About two minutes.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from time import process_time

from server.photos.decode import Wanted, decode
from server.photos.looks import NEAR, Looks, looks, nearest
from server.photos.same import Features, compare, features
from tests.photos.copies import COPIES, REAL, as_sent, posed, real, selfie

DRAWN = range(12)
VISITS = range(4)


@dataclass(frozen=True)
class Look:
    """One photo as both stages see it."""

    looks: Looks
    features: Features


def look(data: bytes) -> Look:
    return Look(looks(decode(data, Wanted("L", short_px=120)).image), features(data))


def nominated(asking: Look, stored: Look) -> bool:
    """Whether asking for one finds the other."""
    return nearest(asking.looks, stored.looks.stored)[0] <= NEAR


def counted(pairs: list[tuple[Look, Look]]) -> str:
    """pairs | nominated | same | other | cannot tell"""
    verdicts = [compare(a.features, b.features).same for a, b in pairs]
    numbers = (len(pairs), sum(nominated(a, b) for a, b in pairs), *(verdicts.count(v) for v in (True, False, None)))
    return " | ".join(map(str, numbers))


def milliseconds(times: int, act: Callable[[], object]) -> float:
    started = process_time()
    for _ in range(times):
        act()
    return (process_time() - started) / times * 1e3


def main() -> None:
    shared = Path(sys.argv[1])
    pictures = {name: real(shared / name) for name in REAL} | {f"drawn {n}": selfie(n) for n in DRAWN}
    originals = {name: look(as_sent(picture)) for name, picture in pictures.items()}
    for kind, copy in COPIES.items():
        pairs = [(look(as_sent(copy(picture), 75)), originals[name]) for name, picture in pictures.items()]
        print(kind, "|", counted(pairs), flush=True)
    print("different pictures |", counted(list(combinations(originals.values(), 2))), flush=True)
    rooms = [[look(as_sent(selfie(place, visit))) for visit in VISITS] for place in DRAWN]
    print("drawn room again |", counted([pair for room in rooms for pair in combinations(room, 2)]), flush=True)
    seats = [
        [look(as_sent(posed(pictures[name], 10 * at + visit))) for visit in VISITS] for at, name in enumerate(REAL)
    ]
    print("real place, other pose |", counted([pair for seat in seats for pair in combinations(seat, 2)]), flush=True)
    data, other = as_sent(selfie(1)), features(as_sent(selfie(1, 1)))
    _ = other.corners
    grey = decode(data, Wanted("L", short_px=120)).image
    print(f"looks {milliseconds(50, lambda: looks(grey)):.2f} ms")
    print(f"features {milliseconds(30, lambda: features(data).corners):.1f} ms")
    probe = features(data)
    compare(probe, other)
    print(f"compare, both directions {milliseconds(30, lambda: compare(probe, other)):.1f} ms")


if __name__ == "__main__":
    main()
