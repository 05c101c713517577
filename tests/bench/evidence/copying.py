"""Cheating with a photo that was submitted before: as it is, or changed."""

from datetime import date, timedelta

from tests.bench.evidence import sky, tamper
from tests.bench.evidence.attempt import Attempt
from tests.bench.evidence.county import Person
from tests.bench.evidence.honest import ordinary
from tests.bench.evidence.labels import Day, Label, at_home, honest


def _copied(name: str, change: tamper.Tamper, goal: bool = True, note: str = "") -> Label:
    """An honest check-in every morning; in the afternoon, from elsewhere, an earlier day's photo, changed.

    Each original is copied once, so that no case leans on another's copy.
    """

    def act(day: Day) -> list[Attempt]:
        who = day.people[0]
        made = ordinary(day)
        unused = [on for on in who.album if (who.number, on) not in day.site.copied and on < day.on]
        if unused:
            made.append(_again(day, name, who, day.luck.choice(unused), change))
        return made

    return Label(name, act, goal=goal, note=note, starts=1)


def _again(day: Day, name: str, who: Person, on: date, change: tamper.Tamper) -> Attempt:
    day.site.copied.add((who.number, on))
    luck = day.fork()
    return honest(
        day,
        name,
        shot_at=day.at(13, 18),
        position=sky.mocked(day.luck, who.post.centre),
        photo=lambda: change(who.album[on], luck),
    )


def _yesterday(day: Day) -> list[Attempt]:
    """Every morning's photo once more on the next day that counts."""
    who, made = day.people[0], ordinary(day)
    if day.before and day.before[-1] in who.album:
        made.append(_again(day, "yesterday's photo", who, day.before[-1], tamper.untouched_or_resaved))
    return made


def _last_month(day: Day) -> list[Attempt]:
    """Weeks of honest mornings, and a month later the same pictures over."""
    who = day.people[0]
    old = [on for on in who.album if day.on - on >= timedelta(days=25) and (who.number, on) not in day.site.copied]
    if old:
        return [_again(day, "last month's photo", who, old[0], tamper.untouched_or_resaved)]
    return ordinary(day) if day.on.month == day.site.starts_on.month else []


def _colleagues(day: Day) -> list[Attempt]:
    """One is there and checks in; the other stayed away and sends the same picture, minutes to hours later."""
    name, away, luck = "a colleague's photo", day.people[1], day.fork()
    original, hours = _sent_at_once(day), day.luck.choice((day.luck.uniform(0.2, 1), day.luck.uniform(1, 9)))
    return [
        original,
        honest(
            day,
            name,
            who=away,
            shot_at=original.shot_at + timedelta(hours=hours),
            position=sky.mocked(day.luck, away.post.centre),
            photo=lambda: tamper.untouched_or_resaved(original.data, luck),
        ),
    ]


def _within_minutes(day: Day) -> list[Attempt]:
    """The same, but passed on and sent at once, with a mocked position beside the colleague's."""
    (there, away), luck = day.people, day.fork()
    original = _sent_at_once(day)
    return [
        original,
        honest(
            day,
            "a colleague's photo within minutes",
            who=away,
            shot_at=original.shot_at + timedelta(seconds=day.luck.uniform(30, 240)),
            position=sky.mocked(day.luck, there.desk),
            photo=lambda: tamper.untouched_or_resaved(original.data, luck),
        ),
    ]


def _sent_at_once(day: Day) -> Attempt:
    """The first one's honest check-in, stored before anybody can pass its photo on."""
    original = ordinary(day)[0]
    original.sent_s = min(original.sent_s, 20.0)
    return original


def _replayed(day: Day) -> list[Attempt]:
    """The recorded request of the morning, sent again: as it was, in a colleague's name, or under a new id."""
    victim, thief = day.people
    first = ordinary(day)[0]
    way = day.luck.randrange(3)
    again = honest(
        day,
        "a replayed request",
        who=thief if way == 1 else victim,
        shot_at=first.shot_at + timedelta(hours=day.luck.uniform(0.1, 6)),
        resends=first,
        under_new_id=way == 2,
    )
    return [first, again]


def _others_ticket(day: Day) -> list[Attempt]:
    """A fresh picture at home, a mocked place, and the ticket that a colleague fetched."""
    name, (holder, user) = "a ticket used by another member", day.people
    return [
        honest(
            day,
            name,
            who=user,
            position=sky.mocked(day.luck, user.post.centre),
            photo=at_home(day, user),
            ticket_of=holder,
        )
    ]


KINDS = (
    Label("yesterday's photo", _yesterday, starts=1),
    Label("last month's photo", _last_month, a_day=0.5),
    Label("a colleague's photo", _colleagues, size=2),
    _copied("cropped 10 %", tamper.cropped),
    _copied("rotated", tamper.rotated),
    _copied("re-compressed", tamper.recompressed),
    _copied("mirrored", tamper.mirrored),
    _copied("brightness and colour changed", tamper.recoloured),
    _copied("screenshot of a photo", tamper.screenshot),
    Label("a replayed request", _replayed, size=2),
    Label("a ticket used by another member", _others_ticket, size=2),
    _copied("photo of a screen", tamper.off_a_screen, goal=False, note="hint only"),
    Label(
        "a colleague's photo within minutes",
        _within_minutes,
        goal=False,
        note="looks like one selfie of colleagues",
        size=2,
    ),
)
