"""Where a phone says it is: the error of a fix and the radius it gives, for each way a phone finds its place."""

import random
from dataclasses import dataclass
from math import cos, hypot, pi, radians, sin, sqrt

_METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Position:
    """WGS-84 degrees and the error radius in metres that the phone gives."""

    lat: float
    lng: float
    accuracy_m: float


Point = tuple[float, float]  # latitude, longitude, WGS-84 degrees


def moved(at: Point, north_m: float, east_m: float) -> Point:
    """The point so many metres north and east."""
    return at[0] + north_m / _METRES_A_DEGREE, at[1] + east_m / (_METRES_A_DEGREE * cos(radians(at[0])))


def around(luck: random.Random, at: Point, sigma_m: float) -> Point:
    """A point off by `sigma_m` (standard deviation) on each axis."""
    return moved(at, luck.gauss(0, sigma_m), luck.gauss(0, sigma_m))


def towards(luck: random.Random, at: Point, away_m: float) -> Point:
    """A point `away_m` off in any direction."""
    turn = luck.uniform(0, 2 * pi)
    return moved(at, away_m * cos(turn), away_m * sin(turn))


def by_the_window(luck: random.Random, at: Point) -> Position:
    """Satellites and Wi-Fi together, as in most offices: some ten metres off, the radius 10 to 45 m."""
    return Position(*around(luck, at, 9), round(luck.uniform(10, 45), luck.choice((0, 1, 3))))


def between_towers(luck: random.Random, at: Point, lean: Point) -> Position:
    """An urban canyon: reflections pull the whole street to one side (`lean`, metres north and east), and each fix has
    heavy tails (Student's t with 3 degrees, scale 12 m an axis). The radius a phone gives knows little of it.
    """
    centre = moved(at, *lean)
    off = [12 * _student3(luck) for _ in range(2)]
    guess = 14 + 0.35 * hypot(*off)
    return Position(*moved(centre, *off), round(max(6.0, guess * luck.lognormvariate(0, 0.45)), 1))


def access_points(luck: random.Random, at: Point, low_m: float, high_m: float) -> list[Position]:
    """The two or three fixes that one room's Wi-Fi gives day after day. The circle holds the truth nine times in ten,
    as far as its author knows: the error is Gaussian with half the radius an axis.
    """
    found = []
    for _ in range(luck.randint(2, 3)):
        accuracy_m = round(luck.uniform(low_m, high_m), luck.choice((0, 0, 3)))
        found.append(Position(*around(luck, at, accuracy_m / 2), accuracy_m))
    return found


def coarse(luck: random.Random, at: Point) -> Position:
    """From a cell tower, or an iPhone that was told to give no precise position: 250 m to 5 km."""
    accuracy_m = round(min(5_000, luck.lognormvariate(6.6, 0.7) + 210))
    return Position(*around(luck, at, accuracy_m / 2.5), accuracy_m)


def mocked(luck: random.Random, at: Point) -> Position:
    """What a mock app with jitter gives: a few metres about the chosen point, a radius of the usual size."""
    return Position(*around(luck, at, 12), round(luck.uniform(8, 40), luck.choice((0, 1))))


def _student3(luck: random.Random) -> float:
    """Student's t with 3 degrees of freedom."""
    return luck.gauss(0, 1) / sqrt(sum(luck.gauss(0, 1) ** 2 for _ in range(3)) / 3)
