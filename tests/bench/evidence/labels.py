"""What a stratum of honest people or a kind of cheating is: who takes part, and what they do on a day."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.bench.evidence import camera, scenes, sky
from tests.bench.evidence.attempt import Attempt
from tests.bench.evidence.county import Person, Site


@dataclass(frozen=True, slots=True)
class Day:
    """One group's day. `index` counts the simulated days from 0; `before` are the earlier ones."""

    site: Site
    people: list[Person]
    on: date
    index: int
    before: tuple[date, ...]
    luck: random.Random

    def at(self, low_h: float, high_h: float) -> datetime:
        """A moment of this day between two hours of the first one's local clock, aware UTC."""
        midnight = datetime.combine(self.on, time(), ZoneInfo(self.people[0].post.tz))
        return (midnight + timedelta(hours=self.luck.uniform(low_h, high_h))).astimezone(ZoneInfo("UTC"))

    def fork(self) -> random.Random:
        """Luck of its own for what is done later, so that the order of doing changes nothing."""
        return random.Random(self.luck.getrandbits(64))


@dataclass(frozen=True, slots=True)
class Label:
    """`goal`: an honest stratum that meets the acceptance needs, or a kind of cheating that leaves a trace.

    `act` gives a group's attempts of one day, `a_day` of which count on the days from number `starts` on (0: there is
    one group a county, whatever it yields); `settle` brings the group to its place, by default a squad of `size`.
    """

    name: str
    act: Callable[[Day], list[Attempt]]
    goal: bool = True
    note: str = ""
    size: int = 1
    a_day: float = 1.0
    starts: int = 0  # the first simulated day with a case
    settle: Callable[[Site, random.Random], list[Person]] | None = None


def selfie(day: Day, who: Person, **how: Any) -> Callable[[], bytes]:
    """A photo that is taken when it is asked for, as the app's canvas writes it, and kept in the album."""
    luck, on = day.fork(), day.on

    def take() -> bytes:
        data = camera.jpeg(picture(luck, [who], on, **how), luck.randint(75, 85))
        who.album.setdefault(on, data)
        return data

    return take


def at_home(day: Day, who: Person) -> Callable[[], bytes]:
    """A fresh selfie that was never sent before, wherever the member really is."""
    luck = day.fork()
    return lambda: camera.jpeg(picture(luck, [who], day.on), luck.randint(75, 85))


def landmark(day: Day, who: Person) -> Callable[[], bytes]:
    """The place itself with nobody before it, taken by whoever is there."""
    luck = day.fork()

    def take() -> bytes:
        view = scenes.drawn_room(f"{day.site.seed} landmark {who.number} {day.on}")
        return camera.jpeg(scenes.scene(view, luck), luck.randint(75, 85))

    return take


def picture(
    luck: random.Random, people: list[Person], shirt: object, *, room: int = 0, hold: scenes.Hold = scenes.HAND
) -> scenes.Pixels:
    """People in one of the first one's rooms, in the shirts of `shirt`."""
    return scenes.selfie(people[0].rooms[room], [scenes.looks(who.number, shirt) for who in people], luck, hold)


def honest(day: Day, label: str, **changes: Any) -> Attempt:
    """The first one's ordinary check-in: a selfie at the desk between half past seven and eleven."""
    who = changes.pop("who", day.people[0])
    ordinary: dict[str, Any] = {
        "shot_at": changes.pop("shot_at", None) or day.at(7.5, 11),
        "position": changes.pop("position", None) or sky.by_the_window(day.luck, who.desk),
        "photo": changes.pop("photo", None) or selfie(day, who),
        "fetched_s": day.luck.uniform(5, 120),
        "sent_s": day.luck.lognormvariate(1.6, 0.7),
    }
    return Attempt(label, who, **(ordinary | changes))


def shutter(day: Day, who: Person, at: datetime, **changes: Any) -> camera.Shutter:
    """What this phone's camera writes at the true instant `at`: the phone's own wall clock, and no position."""
    wall = at.astimezone(ZoneInfo(who.post.tz)) + timedelta(seconds=who.phone.skew_s)
    offset = wall.strftime("%z")
    written: dict[str, Any] = {
        "at": wall.replace(tzinfo=None, microsecond=0),
        "offset": f"{offset[:3]}:{offset[3:]}",
        "software": "17.5.1" if who.phone.make == "Apple" else None,
    }
    return camera.Shutter(who.phone.make, who.phone.model, **(written | changes))
