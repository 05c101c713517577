"""Cheating about place, time or person with a photo that is new to the server."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from server.evidence.datum import wgs84_to_gcj02
from server.evidence.distance import distance_m
from server.org.cities import CITIES
from tests.bench.evidence import camera, sky
from tests.bench.evidence.attempt import Attempt
from tests.bench.evidence.county import Person
from tests.bench.evidence.labels import Day, Label, at_home, honest, landmark, picture, shutter
from tests.bench.evidence.sky import Point, Position

_EDITORS = ("Adobe Photoshop 24.0", "Snapseed 2.0", "PicsArt", "Meitu", "Adobe Lightroom 9.1 (Android)")
_NOBODY_TRAVELS_KM = 250  # in an hour, from door to door


def _away(day: Day, label: str, **changes: object) -> Attempt:
    """A member who stays away, mocks a place at the station with jitter and sends a fresh selfie from home."""
    who = day.people[0]
    usual = {"position": sky.mocked(day.luck, who.post.centre), "photo": at_home(day, who)}
    return honest(day, label, **(usual | changes))


def _exact_centre(day: Day) -> list[Attempt]:
    """The registered point typed into a mock app; WeChat passes it on with the digits it always gives."""
    where = Position(*day.people[0].post.centre, float(day.luck.choice((1, 5, 10, 20, 30, 50))))
    return [_away(day, "mock at the exact centre", position=where)]


def _jitter(day: Day) -> list[Attempt]:
    return [_away(day, "mock with jitter")]


def _wrong_datum(day: Day) -> list[Attempt]:
    """A point off a Chinese map sent as wgs84, or a true one sent as gcj02, in the hope that either will do."""
    where = sky.mocked(day.luck, day.people[0].post.centre)
    if day.luck.random() < 0.5:
        return [_away(day, "the wrong datum on purpose", position=where, datum="gcj02")]
    off_a_map = Position(*wgs84_to_gcj02(where.lat, where.lng), where.accuracy_m)
    return [_away(day, "the wrong datum on purpose", position=off_a_map)]


def _two_cities(day: Day) -> list[Attempt]:
    """A visit where the member really is, and within the hour the station, mocked, in another city."""
    who, luck = day.people[0], day.luck
    far = [c for c in CITIES if distance_m(c.lat, c.lng, *who.post.centre) > _NOBODY_TRAVELS_KM * 1000]
    city = luck.choice(far)
    here = sky.by_the_window(luck, sky.towards(luck, (city.lat, city.lng), 3_000))
    visit = honest(day, "", position=here, photo=at_home(day, who))
    later = visit.shot_at + timedelta(minutes=luck.uniform(15, 60))
    return [replace(visit, kind="visit"), _away(day, "two cities in an hour", shot_at=later)]


def _clock_back(day: Day) -> list[Attempt]:
    """Too late in the evening, or a day too late: the phone's clock is set back, before or after it was compared."""
    name, luck, who = "clock moved back", day.luck, day.people[0]
    way, late, back_s = luck.randrange(3), day.at(23.1, 23.9), luck.uniform(1, 4) * 3600
    skew_s = who.phone.skew_s
    made = _away(day, name, shot_at=late)
    if way == 0:  # before the app was opened: it measures the clock as it stands then
        made.who = replace(who, phone=replace(who.phone, skew_s=skew_s - back_s))
    elif way == 1:  # after the ticket was fetched
        made.claimed_s = -back_s
    else:  # yesterday is wanted, and no ticket says otherwise
        made.shot_at, made.claimed_s, made.fetched_s = day.at(8, 11), -86_400.0, None
    return [made]


def _sessions(day: Day, name: str, shared: bool) -> list[Attempt]:
    """Whoever has the phone checks all three in, a minute or two apart, with a picture of each."""
    at, luck, made = day.at(8, 10), day.luck, []
    for who in day.people:
        at += timedelta(seconds=luck.uniform(50, 200))
        # Through one WeChat: each is signed in with it in turn. Else each has an account of their own on that phone.
        wechat = f"o-{day.people[0].number}" if shared else f"o-{who.number}"
        token = day.site.sign_in(who, wechat, at - timedelta(seconds=40))
        sent = replace(who, phone=replace(day.people[0].phone))
        where = sky.by_the_window(luck, day.people[0].desk)
        photo = at_home(day, who)
        made.append(honest(day, name, who=sent, shot_at=at, token=token, position=where, photo=photo))
    return made


def _one_wechat(day: Day) -> list[Attempt]:
    return _sessions(day, "one WeChat for three members", shared=True)


def _one_phone(day: Day) -> list[Attempt]:
    return _sessions(day, "one phone, a sign-in each", shared=False)


def _friend(day: Day) -> list[Attempt]:
    """A friend on site holds the phone and takes the landmark: place, time and ticket are true."""
    who = day.people[0]
    return [honest(day, "a landmark by a friend on site", photo=landmark(day, who))]


def _old_shot(day: Day, luck: random.Random) -> tuple[datetime, Point]:
    """When and where an old picture of the album was really taken: at the station, on some day before."""
    at = day.at(8, 18) - timedelta(days=luck.uniform(1, 60))
    return at, sky.around(luck, day.people[0].desk, 15)


def _album(day: Day) -> list[Attempt]:
    """A picture that was never sent, days or weeks old, as the camera left it."""
    who, luck = day.people[0], day.fork()
    at, where = _old_shot(day, luck)
    fresh = luck.random() < 0.7  # most cameras note the satellites' time, if location is on
    written = shutter(day, who, at, gps=where if fresh else None, gps_at=_utc(at) if fresh else None)
    return [_away(day, "album photo under a fresh ticket", photo=_original(day, who, written))]


def _bare_album(day: Day) -> list[Attempt]:
    return [_away(day, "album photo without EXIF")]  # to the server any picture it never saw is new


def _edited_time(day: Day) -> list[Attempt]:
    """An old picture dated anew: the one field that an app shows, or all three dates but not the satellites'."""
    name, who, luck, made = "edited EXIF time", day.people[0], day.fork(), day.at(8, 18)
    at, where = _old_shot(day, luck)
    old = shutter(day, who, at, gps=where, gps_at=_utc(at))
    now = shutter(day, who, made + timedelta(minutes=luck.uniform(-3, 3))).at
    if luck.random() < 0.5:
        written = replace(old, at=now, digitized=old.at, modified=old.at)
    else:
        written = replace(old, at=now)
    return [_away(day, name, shot_at=made, photo=_original(day, who, written))]


def _edited_position(day: Day) -> list[Attempt]:
    """A selfie of now, set to the station's position: by who cannot mock WeChat's, or with an editor that signs."""
    name, who, luck, made = "edited EXIF position", day.people[0], day.fork(), day.at(8, 18)
    written = shutter(day, who, made, gps=sky.around(luck, who.post.centre, 10), gps_at=_utc(made))
    if luck.random() < 0.5:
        home = sky.by_the_window(luck, sky.towards(luck, who.post.centre, luck.uniform(3_000, 400_000)))
        return [_away(day, name, shot_at=made, position=home, photo=_original(day, who, written))]
    signed = replace(written, software=luck.choice(_EDITORS))
    return [_away(day, name, shot_at=made, photo=_original(day, who, signed))]


def _edited_whole(day: Day) -> list[Attempt]:
    """An old picture rewritten with care: its dates are now's, the satellites' gone or now's, the place is right."""
    name, who, luck, made = "EXIF rewritten so that it agrees", day.people[0], day.fork(), day.at(8, 18)
    written = shutter(day, who, made)
    if luck.random() < 0.5:
        written = replace(written, gps=sky.around(luck, who.post.centre, 15), gps_at=_utc(made))
    return [_away(day, name, shot_at=made, photo=_original(day, who, written))]


def _original(day: Day, who: Person, written: camera.Shutter) -> Callable[[], bytes]:
    luck = day.fork()
    return lambda: camera.original(picture(luck, [who], written.at.date()), written)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0)


KINDS = (
    Label("mock at the exact centre", _exact_centre),
    Label("edited EXIF time", _edited_time),
    Label("edited EXIF position", _edited_position),
    Label("album photo under a fresh ticket", _album, note="with its EXIF"),
    Label("clock moved back", _clock_back),
    Label("two cities in an hour", _two_cities),
    Label("the wrong datum on purpose", _wrong_datum),
    Label("one WeChat for three members", _one_wechat, size=3, a_day=3),
    Label("mock with jitter", _jitter, goal=False, note="undetectable alone"),
    Label("album photo without EXIF", _bare_album, goal=False, note="undetectable: never submitted before"),
    Label("EXIF rewritten so that it agrees", _edited_whole, goal=False, note="undetectable"),
    Label(
        "one phone, a sign-in each",
        _one_phone,
        goal=False,
        note="undetectable: no device id",
        size=3,
        a_day=3,
    ),
    Label("a landmark by a friend on site", _friend, goal=False, note="undetectable"),
)
