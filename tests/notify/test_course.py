"""Where a notice goes next, and what an attempt makes of it: the rules of delivery, without a database."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.notify import course, messages
from server.notify.channel import Outcome, Recipient
from server.notify.course import End, Go, Night, Rest, Setting

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LI = Recipient("o-li", "li@example.org", "Asia/Shanghai")


class Fake:
    """A channel that is never sent by: only what the rules ask of one."""

    def __init__(self, name: str) -> None:
        self.name = name

    def address(self, kind: str, county_id: int, to: Recipient | None) -> str | None:
        return None if to is None else to.email if self.name == "email" else to.openid

    def template(self, kind: str) -> str:
        return f"t-{kind}"

    def send(self, parcel: Any) -> Outcome:
        raise AssertionError


FIRST = {"subscribe": Fake("subscribe")}
ALL = {name: Fake(name) for name in ("subscribe", "employee", "email")}


@dataclass
class Row:
    kind: str = "checkin_decided"
    county_id: int = 1
    channel: str | None = None
    attempts: int = 0
    tries: list[Any] = field(default_factory=list)
    created_at: datetime = NOW
    expires_at: datetime | None = None
    last_error: str | None = None


def step(row: Row, channels: Any = ALL, **setting: Any) -> Any:
    return course.next_step(row, Setting(**{"now": NOW, "to": LI} | setting), channels)


def tried(outcome: str, channel: str = "subscribe") -> dict[str, Any]:
    return {"channel": channel, "at": NOW.isoformat(), "outcome": outcome, "error": "why"}


@pytest.mark.parametrize(
    ("row", "setting", "goes_by"),
    [
        (Row(), {}, "subscribe"),
        (Row(), {"spent": {"t-checkin_decided"}}, "employee"),
        (Row(), {"muted": {"wechat"}}, "email"),
        (Row(channel="email"), {}, "email"),
        (Row(), {"to": Recipient(None, "li@example.org", "Asia/Shanghai")}, "email"),
        (Row(), {"channels": {"email": ALL["email"]}}, "email"),
        (Row(tries=[tried("later")]), {}, "subscribe"),
    ],
)
def test_it_goes_by_the_first_channel_that_can(row: Row, setting: dict[str, Any], goes_by: str) -> None:
    went = step(row, **setting)
    assert isinstance(went, Go)
    assert went.channel.name == goes_by


@pytest.mark.parametrize(
    ("row", "setting", "state", "error"),
    [
        (Row(expires_at=NOW), {}, "expired", None),
        (Row(created_at=NOW - timedelta(days=7)), {}, "expired", None),
        (Row(), {"to": None}, "refused", course.GONE),
        (Row(), {"to": Recipient(None, None, "Asia/Shanghai")}, "refused", course.NO_ADDRESS),
        # an address may well be registered where no mail is sent
        (Row(kind="account_changed"), {"channels": FIRST}, "muted", course.MAIL_OFF),
        (Row(kind="account_changed"), {"to": Recipient("o", None, "Asia/Shanghai")}, "muted", course.NO_MAIL),
        (Row(), {"muted": {"wechat", "email"}}, "muted", None),
        (Row(kind="reminder"), {"spent": {"t-reminder"}, "channels": FIRST}, "refused", course.NO_CREDIT),
        (Row(channel="email", tries=[tried("failed")]), {"to": Recipient("o", None, "Asia/Shanghai")}, "failed", "why"),
        (Row(kind="unheard"), {}, "failed", "facts do not fit the kind: unknown"),
        # what may have arrived goes nowhere else, and says no more than that
        (Row(channel="subscribe", tries=[tried("uncertain")]), {"spent": {"t-checkin_decided"}}, "uncertain", None),
        (Row(channel="subscribe", tries=[tried("uncertain")], expires_at=NOW), {}, "uncertain", None),
    ],
)  # fmt: skip
def test_it_ends(row: Row, setting: dict[str, Any], state: str, error: str | None) -> None:
    end = step(row, **setting)
    assert isinstance(end, End)
    assert (end.state, end.error) == (state, error)


def test_a_pause_is_waited_for_and_each_channel_has_its_own() -> None:
    until = NOW + timedelta(hours=3)
    waits = step(Row(), pauses={"subscribe:t-checkin_decided": until})
    assert isinstance(waits, Rest)
    assert until <= waits.until <= until + timedelta(minutes=9)
    assert isinstance(step(Row(channel="employee"), pauses={"subscribe": until}), Go)
    assert isinstance(step(Row(), pauses={"subscribe": NOW}), Go), "it is over"


@pytest.mark.parametrize(
    ("tz", "wall", "over"),
    [
        ("Asia/Shanghai", "2026-11-24 21:59", None),
        ("Asia/Shanghai", "2026-11-24 22:00", "2026-11-25 07:00"),
        ("Asia/Shanghai", "2026-11-25 00:00", "2026-11-25 07:00"),
        ("Asia/Shanghai", "2026-11-25 06:59", "2026-11-25 07:00"),
        ("Asia/Shanghai", "2026-11-25 07:00", None),
        ("Europe/Berlin", "2026-10-24 23:00", "2026-10-25 07:00"),  # the night that is an hour longer
    ],
)
def test_the_night_is_that_of_where_they_are(tz: str, wall: str, over: str | None) -> None:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(tz)
    now = datetime.fromisoformat(wall).replace(tzinfo=zone).astimezone(UTC)
    wanted = datetime.fromisoformat(over).replace(tzinfo=zone) if over else None
    assert Night.of("22:00-07:00").over_at(now, tz) == wanted


@pytest.mark.parametrize("second", [0, 1])
def test_a_night_that_ends_in_the_hour_that_is_there_twice_ends_later_than_now(second: int) -> None:
    """Else it would be over before it is, and delivery turn on the spot."""
    from zoneinfo import ZoneInfo

    now = datetime(2026, 10, 25, 2, 15, tzinfo=ZoneInfo("Europe/Berlin"), fold=second).astimezone(UTC)
    over = Night.of("22:00-02:30").over_at(now, "Europe/Berlin")
    assert over == now + timedelta(minutes=15)


@given(st.integers(0, 366 * 24 * 60).map(lambda m: NOW + timedelta(minutes=m)), st.times(), st.times())
def test_a_night_is_over_later_and_then_it_is_day(now: datetime, begins: time, ends: time) -> None:
    night = Night(begins.replace(second=0, microsecond=0), ends.replace(second=0, microsecond=0))
    over = night.over_at(now, "Asia/Shanghai")
    if over is not None:
        assert now < over <= now + timedelta(days=1)
        assert night.over_at(over, "Asia/Shanghai") is None


def test_without_quiet_hours_there_is_no_night() -> None:
    assert Night.of("off") is None


@pytest.mark.parametrize(
    ("row", "outcome", "becomes"),
    [
        (Row(), Outcome("sent"), {"state": "sent", "attempts": 1, "sent_at": NOW}),
        (Row(), Outcome("refused"), {"state": "pending", "channel": "employee", "attempts": 0}),
        (Row(attempts=3), Outcome("failed"), {"state": "pending", "channel": "employee", "attempts": 0}),
        (Row(channel="email"), Outcome("failed"), {"state": "failed", "channel": "email"}),
        (Row(channel="email"), Outcome("refused"), {"state": "refused"}),
        (Row(), Outcome("later"), {"state": "pending", "attempts": 1, "channel": "subscribe"}),
        (Row(attempts=11), Outcome("later"), {"state": "pending", "channel": "employee", "attempts": 0}),
        (Row(attempts=11, channel="email"), Outcome("later"), {"state": "failed"}),
        (Row(attempts=11), Outcome("later", stops="day"), {"state": "pending", "channel": "subscribe", "attempts": 11}),
        (Row(), Outcome("uncertain"), {"state": "pending", "due_at": NOW + timedelta(minutes=10)}),
        (Row(tries=[tried("uncertain")]), Outcome("uncertain"), {"state": "uncertain"}),
        (Row(kind="reminder"), Outcome("uncertain"), {"state": "uncertain"}),
        (Row(expires_at=NOW + timedelta(minutes=5)), Outcome("uncertain"), {"state": "uncertain"}),
        # the second try of what may have arrived goes to no other channel
        (Row(tries=[tried("uncertain")]), Outcome("refused"), {"state": "uncertain", "channel": "subscribe"}),
        (Row(tries=[tried("uncertain"), tried("resent", "")]), Outcome("refused"), {"channel": "employee"}),
    ],
)  # fmt: skip
def test_what_an_attempt_makes_of_it(row: Row, outcome: Outcome, becomes: dict[str, Any]) -> None:
    row = replace(row, channel=row.channel or "subscribe")
    values = course.after(row, outcome, NOW)
    assert {name: values[name] for name in becomes} == becomes
    assert values["tries"][:-1] == row.tries
    assert values["tries"][-1]["outcome"] == outcome.word


OUTCOMES = st.sampled_from(
    [Outcome(word) for word in ("sent", "refused", "failed", "later", "uncertain")]
    + [Outcome("later", stops="day"), Outcome("later", stops="moment")]
)


@given(st.sampled_from(sorted(messages.KINDS)), st.lists(OUTCOMES, max_size=60))
def test_whatever_happens_it_ends_and_is_sent_no_more_often_than_it_may(kind: str, outcomes: list[Outcome]) -> None:
    """Played through: after an arrival nothing is sent, after a doubt at most once more, and only by that channel."""
    row, now, doubts, arrived = Row(kind=kind), NOW, 0, False
    for outcome in [*outcomes, *[Outcome("later")] * 40]:
        where = course.next_step(row, Setting(now, LI), ALL)
        if isinstance(where, End):
            assert where.state != "uncertain" or doubts
            break
        assert isinstance(where, Go)
        assert not arrived
        assert doubts <= (1 if messages.KINDS[kind].once_more else 0)
        if doubts:
            assert where.channel.name == row.channel
        row = replace(row, channel=where.channel.name, tries=where.tries)
        values = course.after(row, outcome, now)
        arrived, doubts = outcome.word == "sent", doubts + (outcome.word == "uncertain")
        state = values.pop("state")
        values.pop("sent_at")
        now = max(now, values.pop("due_at"))
        row = replace(row, **values)
        if state != "pending":
            assert (state == "sent") == arrived
            break
    else:
        assert any(outcome.stops for outcome in outcomes), "it goes on only where everybody waits"


def test_a_resent_one_lives_anew() -> None:
    old = Row(created_at=NOW - timedelta(days=30))
    assert course.ends_at(old) < NOW
    anew = replace(old, tries=[{"channel": "", "at": NOW.isoformat(), "outcome": course.RESENT, "error": None}])
    assert course.ends_at(anew) == NOW + timedelta(days=7)
