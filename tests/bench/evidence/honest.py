"""The honest strata: people who are where they say, with the phones, houses and journeys that people have."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from server.evidence.distance import distance_m
from server.org.cities import CITIES
from tests.bench.evidence import camera, scenes, sky
from tests.bench.evidence.attempt import Attempt
from tests.bench.evidence.county import RADIUS_M, Person, Post, Site
from tests.bench.evidence.labels import Day, Label, honest, picture, selfie, shutter

ORDINARY = "ordinary"
_ALBUM_SHARE = 0.06  # of ordinary photos: out of the album with the camera's EXIF


def ordinary(day: Day) -> list[Attempt]:
    """At the desk, through WeChat's camera, rarely out of the album; every check-in is also what a cheat may copy."""
    if day.luck.random() >= _ALBUM_SHARE:
        return [honest(day, ORDINARY)]
    who, at, luck = day.people[0], day.at(7.5, 11), day.fork()
    where = sky.around(luck, who.desk, 10) if luck.random() < 0.5 else None
    written = shutter(day, who, at, gps=where, gps_at=_utc(at) if where else None)

    def take() -> bytes:
        who.album[day.on] = camera.original(picture(luck, [who], day.on), written)
        return who.album[day.on]

    return [honest(day, ORDINARY, shot_at=at, photo=take)]


def _canyon(day: Day) -> list[Attempt]:
    who = day.people[0]
    street = random.Random(who.number)  # whose towers pull all fixes the same way
    lean = (street.gauss(0, 15), street.gauss(0, 15))
    return [honest(day, "urban canyon", position=sky.between_towers(day.luck, who.desk, lean))]


def _wifi(name: str, low_m: float, high_m: float, *, astride: bool = False) -> Label:
    """The same few fixes of one room for days. `astride`: those whose circle leaves the fence, so that distance and
    radius cannot tell where the member is, and no machine may accept them; else those whose circle lies within it.
    """

    def act(day: Day) -> list[Attempt]:
        who = day.people[0]
        room, known = random.Random(f"{day.site.seed} {who.number}"), list[sky.Position]()
        while not known:
            fixes = sky.access_points(room, who.desk, low_m, high_m)
            known = [fix for fix in fixes if _leaves_the_fence(fix, who.post) is astride]
        return [honest(day, name, position=day.luck.choice(known))]

    return Label(name, act, goal=not astride, note="distance and radius leave it undecided" if astride else "")


def _leaves_the_fence(fix: sky.Position, post: Post) -> bool:
    return distance_m(fix.lat, fix.lng, *post.centre) + fix.accuracy_m > RADIUS_M


def _coarse(day: Day) -> list[Attempt]:
    return [honest(day, "fix above the ceiling", position=sky.coarse(day.luck, day.people[0].desk))]


def _ios_png(day: Day) -> list[Attempt]:
    luck, who = day.fork(), day.people[0]
    return [honest(day, "iOS PNG canvas", photo=lambda: camera.png(picture(luck, [who], day.on)))]


def _android_jpeg(day: Day) -> list[Attempt]:
    luck, who = day.fork(), day.people[0]
    quality = luck.choice((50, 60, 70, 80, 92))
    return [honest(day, "Android JPEG canvas", photo=lambda: camera.jpeg(picture(luck, [who], day.on), quality))]


def _heic_people(site: Site, luck: random.Random) -> list[Person]:
    """One person at the place of each real HEIC."""
    found = []
    for source in camera.heic_sources(site.shared):
        who = site.squad(1, site.post(at=source.at, tz=source.tz))[0]
        who.phone.device, who.phone.platform = source.model, source.platform
        who.desk = sky.around(luck, source.at, 10)
        found.append(who)
    return found


def _heic(day: Day) -> list[Attempt]:
    """Each picture once a county: the same one twice would be a copy."""
    sources = camera.heic_sources(day.site.shared)
    if day.index >= 1:
        return []
    return [
        honest(
            day,
            "HEIC from the album",
            who=who,
            shot_at=datetime.combine(day.on, source.shot_at, UTC),
            position=sky.by_the_window(day.luck, who.desk),
            photo=lambda source=source: source.taken_on(day.on),
        )
        for who, source in zip(day.people, sources, strict=True)
    ]


def _wrong_clock(name: str, by_zones: bool) -> Label:
    """The clock of the phone is off all the time; one photo in seven comes from the album, dated by that clock."""

    def settle(site: Site, luck: random.Random) -> list[Person]:
        people = site.squad(1)
        off_s = luck.choice((-13, -8, -7, -1, 1, 1, 2, 3.5, 5)) * 3600 if by_zones else luck.uniform(2, 25) * 60
        people[0].phone.skew_s += off_s if by_zones else luck.choice((-1, 1)) * off_s
        return people

    def act(day: Day) -> list[Attempt]:
        who, at, luck = day.people[0], day.at(7.5, 11), day.fork()
        if luck.random() > 1 / 7:
            return [honest(day, name, shot_at=at)]
        written = shutter(day, who, at)
        if luck.random() < 0.5:
            written = replace(written, offset=None)
        photo = lambda: camera.original(picture(luck, [who], day.on), written)  # noqa: E731
        return [honest(day, name, shot_at=at, photo=photo)]

    return Label(name, act, settle=settle)


def _basement(name: str, with_ticket: bool) -> Label:
    """A garage or exhibition hall: Wi-Fi that gives a place and no way out; the photo is sent hours later."""

    def act(day: Day) -> list[Attempt]:
        where = day.luck.choice(sky.access_points(day.luck, day.people[0].desk, 30, 100))
        late_s = day.luck.uniform(1, 9) * 3600
        fetched_s = day.luck.uniform(0.5, 3) * 3600 if with_ticket else None
        return [honest(day, name, shot_at=day.at(9, 13), position=where, sent_s=late_s, fetched_s=fetched_s)]

    note = "" if with_ticket else "no ticket: nothing of the server's bounds the time from below"
    return Label(name, act, goal=with_ticket, note=note)


def _same_chair(day: Day) -> list[Attempt]:
    """The same chair, the same shirt, the same hour; some hold the phone, some lean it against the screen."""
    who = day.people[0]
    luck, hold = day.fork(), scenes.STAND if who.number % 3 == 0 else scenes.HAND
    photo = lambda: camera.jpeg(picture(luck, [who], "uniform", hold=hold))  # noqa: E731
    return [honest(day, "same chair and shirt", shot_at=day.at(8.2, 8.6), photo=photo)]


def _roommates(site: Site, luck: random.Random) -> list[Person]:
    people = site.squad(3)
    for who in people[1:]:
        who.rooms, who.desk = people[0].rooms, sky.around(luck, people[0].desk, 3)
    return people


def _shared_room(day: Day) -> list[Attempt]:
    """Three colleagues, one after the other, before the same wall."""
    at, made = day.at(8, 10), []
    for who in day.people:
        at += timedelta(seconds=day.luck.uniform(20, 400))
        made.append(honest(day, "colleagues in one room", who=who, shot_at=at, photo=selfie(day, who)))
    return made


def _shared_selfie(day: Day) -> list[Attempt]:
    """Two stand together, one takes the picture; the other gets it at once, whole or as a chat sends it."""
    name, luck, (first, second), taken = "one selfie of colleagues", day.fork(), day.people[:2], []
    at = day.at(8, 10)

    def take() -> bytes:
        taken.append(camera.jpeg(picture(luck, [first, second], day.on)))
        return taken[0]

    def passed_on() -> bytes:
        return taken[0] if luck.random() < 0.5 else camera.jpeg(camera.pixels(taken[0]), luck.randint(55, 80))

    later = at + timedelta(seconds=10 + luck.lognormvariate(4.1, 0.7))  # a minute, rarely more than five
    return [
        honest(day, name, who=first, shot_at=at, photo=take, sent_s=4.0),
        honest(day, name, who=second, shot_at=later, photo=passed_on),
    ]


def _travellers(site: Site, luck: random.Random) -> list[Person]:
    """One member, posted to two cities by turns: a day here, a day there."""
    here, there = luck.sample(CITIES, 2)
    who = site.squad(1, site.post(here))[0]
    who.rooms.append(site.room(f"second room {who.number}"))
    site.journeys[who.number] = [who.post, site.post(there)]
    return [who]


def _transfers(day: Day) -> list[Attempt]:
    """Morning and evening in one city; the night train or the last flight; the next morning in the other."""
    who = day.people[0]
    turn = day.index % 2
    post: Post = day.site.journeys[who.number][turn]
    day.site.posted(who, post, day.on, day.on)
    desk = sky.around(day.luck, post.centre, 25)
    return [
        honest(day, "trains and flights", shot_at=day.at(*hours), position=where, photo=selfie(day, who, room=turn))
        for hours in ((7, 9.5), (17, 22.5))
        for where in [sky.by_the_window(day.luck, desk)]
    ]


def _visits(day: Day) -> list[Attempt]:
    """Breakfast at the station, then to a company in another city and a visit's check-in there; back by night."""
    who, luck = day.people[0], day.luck
    start = day.at(6.5, 8)
    city = luck.choice([city for city in CITIES if city != who.post.city])
    company = sky.towards(luck, (city.lat, city.lng), luck.uniform(500, 12_000))
    arrived = start + timedelta(hours=_journey_h(luck, distance_m(*who.desk, *company) / 1000))
    visit = honest(day, "visits in another city", shot_at=arrived, position=sky.by_the_window(luck, company))
    return [honest(day, ORDINARY, shot_at=start), replace(visit, kind="visit")]


def _journey_h(luck: random.Random, km: float) -> float:
    """From door to door: high-speed rail at 220 to 290 km/h up to 900 km, else a flight with its airports."""
    if km <= 900:
        return km / luck.uniform(220, 290) + luck.uniform(0.6, 1.5)
    return km / luck.uniform(700, 850) + luck.uniform(2.0, 3.5)


def _stale_gps(day: Day) -> list[Attempt]:
    """The camera writes the last satellite fix it had: of this minute, of this morning, or of last night at home."""
    who, at, luck = day.people[0], day.at(7.5, 11), day.fork()
    age = luck.random()
    if age < 0.5:
        stale_s, away_m = luck.uniform(0, 60), luck.uniform(0, 30)
    elif age < 0.8:
        stale_s, away_m = luck.lognormvariate(7.6, 1), luck.lognormvariate(6.2, 1.1)
    else:
        stale_s, away_m = luck.uniform(8, 27) * 3600, luck.lognormvariate(7.6, 1)
    gps_at = at - timedelta(seconds=stale_s)
    if luck.random() < 0.01:  # a receiver that lost count of the weeks
        gps_at -= timedelta(weeks=1024)
    written = shutter(day, who, at, gps=sky.towards(luck, who.desk, away_m), gps_at=_utc(gps_at))
    photo = lambda: camera.original(picture(luck, [who], day.on), written)  # noqa: E731
    return [honest(day, "stale GPS in the photo", shot_at=at, photo=photo, sent_s=luck.uniform(4, 60))]


def _refused_exif(day: Day) -> list[Attempt]:
    who, at, luck = day.people[0], day.at(7.5, 11), day.fork()
    written = shutter(day, who, at)
    photo = lambda: camera.refused(luck, camera.jpeg(picture(luck, [who], day.on)), written)  # noqa: E731
    return [honest(day, "refused EXIF", shot_at=at, photo=photo)]


def _cheap_phone(day: Day) -> list[Attempt]:
    """480 x 640, noisy, at a low quality."""
    who, luck = day.people[0], day.fork()

    def take() -> bytes:
        small = cv2.resize(picture(luck, [who], day.on), (480, 640), interpolation=cv2.INTER_AREA)
        noise = np.random.default_rng(luck.getrandbits(32)).normal(0, luck.uniform(4, 12), small.shape)
        return camera.jpeg(np.clip(small + noise, 0, 255).astype(np.uint8), luck.randint(40, 65))

    return [honest(day, "cheap phone, 640 px", photo=take)]


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0)


STRATA = (
    Label(ORDINARY, ordinary),
    Label("urban canyon", _canyon),
    _wifi("indoor Wi-Fi 50-100 m", 50, 100),
    _wifi("indoor Wi-Fi 100-200 m", 100, 200),
    _wifi("Wi-Fi 100-200 m astride the fence", 100, 200, astride=True),
    Label("iOS PNG canvas", _ios_png),
    Label("Android JPEG canvas", _android_jpeg),
    Label("HEIC from the album", _heic, note="few: each real picture once a county", a_day=0, settle=_heic_people),
    _wrong_clock("clock off by minutes", by_zones=False),
    _wrong_clock("clock off by a zone", by_zones=True),
    _basement("basement, ticket kept", with_ticket=True),
    Label("same chair and shirt", _same_chair),
    Label("colleagues in one room", _shared_room, size=3, a_day=3, settle=_roommates),
    Label("one selfie of colleagues", _shared_selfie, size=2, a_day=2),
    Label("trains and flights", _transfers, a_day=2, settle=_travellers),
    Label("stale GPS in the photo", _stale_gps),
    Label("refused EXIF", _refused_exif),
    Label("cheap phone, 640 px", _cheap_phone),
    _basement("basement, no ticket", with_ticket=False),
    Label("visits in another city", _visits, goal=False, note="a visit's place is for a person to confirm"),
    Label("fix above the ceiling", _coarse, goal=False, note="250 m to 5 km; the policy's ceiling is 200 m"),
)
