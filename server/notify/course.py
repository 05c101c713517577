"""PURE: the course of one notice: which channel it goes to next, if it may go now, and what an attempt makes of it."""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from server.notify import messages
from server.notify.channel import Channel, Outcome, Recipient

MOST_ATTEMPTS = 12  # with the waits below about three hours: an outage of WeChat or of our line, not a lunch break
_FIRST_WAIT_S = 10
_LONGEST_WAIT_S = 3600
ONCE_MORE_AFTER = timedelta(minutes=10)  # by then WeChat has pushed what became of the first one, if it knows
_MOMENT_S = 60
_WECHAT_DAY = ZoneInfo("Asia/Shanghai")  # daily quotas start again at midnight there
NO_CREDIT = "no acceptance is left by our own ledger; WeChat was not asked"
NO_ADDRESS = "no WeChat is bound"
NO_MAIL = "it goes by e-mail alone, and no address is registered"
MAIL_OFF = "it goes by e-mail alone, and this server sends none"
GONE = "the member was removed"
CUT_OFF = "cut off between request and record"
RESENT = "resent"  # a try that is none: somebody had it sent anew, and what came before no longer counts


class Waiting(Protocol):
    """What is asked of a notice's row."""

    kind: str
    county_id: int
    channel: str | None
    attempts: int
    tries: list[Any]
    created_at: datetime
    expires_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Night:
    """The hours in which nobody is written to, on the wall of where they are: from `begins` to `ends`."""

    begins: time
    ends: time

    @classmethod
    def of(cls, setting: str) -> "Night | None":
        """22:00-07:00, or off."""
        if setting == "off":
            return None
        begins, ends = setting.split("-")
        return cls(time.fromisoformat(begins), time.fromisoformat(ends))

    def over_at(self, now: datetime, tz: str) -> datetime | None:
        """When the night that `now` lies in is over; None by day."""
        here = now.astimezone(ZoneInfo(tz))
        wall, across = here.time(), self.begins > self.ends
        inside = wall >= self.begins or wall < self.ends if across else self.begins <= wall < self.ends
        if not inside:
            return None
        on = here.date() + timedelta(days=1 if across and wall >= self.begins else 0)
        over = datetime.combine(on, self.ends, ZoneInfo(tz)).astimezone(now.tzinfo)
        if over > now:
            return over
        # In the hour that is there twice the first such moment is past already.
        return datetime.combine(on, self.ends.replace(fold=1), ZoneInfo(tz)).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Setting:
    """What bears on where a notice goes, beside the notice: its reader (None: a county's group), what they turned off,
    the templates of which they take no more, what everybody leaves alone (by name, until), and when the bot is free."""

    now: datetime
    to: Recipient | None
    muted: Collection[str] = ()
    spent: Collection[str] = ()
    pauses: Mapping[str, datetime] = field(default_factory=dict)
    night: Night | None = None
    bot_free_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """Send it now by this channel to this address; `tries` so far, with the channels that were passed over."""

    channel: Channel
    address: str
    tries: list[Any]


@dataclass(frozen=True, slots=True)
class Rest:
    """Not before `until`; it stays at the channel it is at."""

    until: datetime


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more is done about it outside the inbox."""

    state: str
    error: str | None
    tries: list[Any]


def ends_at(notice: Waiting) -> datetime:
    """From when on nobody is helped by sending it."""
    if notice.expires_at is not None:
        return notice.expires_at
    begun = max([notice.created_at, *(_at(one) for one in notice.tries if one["outcome"] == RESENT)])
    known = messages.course_of(notice.kind)
    return begun + (known.lives if known else timedelta())


def in_doubt(notice: Waiting) -> bool:
    """Whether it may have arrived already."""
    return any(one["outcome"] == "uncertain" for one in counting(notice.tries))


def counting(tries: list[Any]) -> list[Any]:
    """The tries since it was last begun."""
    last = max((n for n, one in enumerate(tries) if one["outcome"] == RESENT), default=-1)
    return tries[last + 1 :]


def next_step(notice: Waiting, setting: Setting, channels: Mapping[str, Channel]) -> Go | Rest | End:
    """Where it goes. What may have arrived goes nowhere else."""
    known, tries = messages.course_of(notice.kind), list(notice.tries)
    if known is None:
        return End("failed", "facts do not fit the kind: unknown", tries)
    if ends_at(notice) <= setting.now:
        return _ended(notice, End("expired", notice.last_error, tries))
    if setting.to is None and notice.kind in messages.KINDS:
        return _ended(notice, End("refused", GONE, tries))
    turned_off = False
    for name in _left(notice, known.channels):
        channel = channels.get(name)
        address = channel.address(notice.kind, notice.county_id, setting.to) if channel else None
        if channel is None or address is None:
            continue
        if messages.GROUP_OF[name] in setting.muted:
            turned_off = True
            continue
        if name == "subscribe" and channel.template(notice.kind) in setting.spent:
            tries = [*tries, _try(name, setting.now, "refused", NO_CREDIT)]
            continue
        if until := _not_before(notice, setting, channel):
            return Rest(until)
        return Go(channel, address, tries)
    return _ended(notice, _nowhere(tries, turned_off, known.channels, NO_MAIL if "email" in channels else MAIL_OFF))


def after(notice: Waiting, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """The columns that one attempt changes. notice: as it was sent, `channel` included."""
    at = notice.channel or "subscribe"  # the only one there was before 0015
    values: dict[str, Any] = {
        "state": outcome.word,
        "channel": at,
        "attempts": notice.attempts + 1,
        "tries": [*notice.tries, _try(at, now, outcome.word, outcome.error, outcome.msgid)],
        "last_error": outcome.error,
        "due_at": now,
        "sent_at": now if outcome.word == "sent" else None,
    }
    if outcome.word == "later":
        return values | _later(notice, outcome, now)
    if outcome.word == "uncertain":
        known = messages.course_of(notice.kind)
        again = now + ONCE_MORE_AFTER
        if known and known.once_more and not in_doubt(notice) and again < ends_at(notice):
            return values | {"state": "pending", "due_at": again}
    if outcome.word in ("refused", "failed"):
        return values | _elsewhere(notice, outcome.word)
    return values


def tomorrow(now: datetime) -> datetime:
    """A minute into WeChat's next day."""
    begins = now.astimezone(_WECHAT_DAY).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (begins + timedelta(minutes=1)).astimezone(now.tzinfo)


def pause(notice: Waiting, template: str, outcome: Outcome, now: datetime) -> tuple[str, datetime] | None:
    """What everybody has to leave alone because of this outcome: its name, and until when."""
    if outcome.stops == "day":
        return pause_name(str(notice.channel), template), tomorrow(now)
    if outcome.stops == "moment":
        return str(notice.channel), now + timedelta(seconds=_MOMENT_S * random.uniform(0.9, 1.1))
    return None


def pause_name(channel: str, template: str) -> str:
    """Under which a template's spent day is known."""
    return f"{channel}:{template}"[:100]


def _left(notice: Waiting, names: tuple[str, ...]) -> tuple[str, ...]:
    if in_doubt(notice):
        return (notice.channel or "subscribe",)
    return names[names.index(notice.channel) :] if notice.channel in names else names


def _not_before(notice: Waiting, setting: Setting, channel: Channel) -> datetime | None:
    """By night nothing leaves but what would be worthless in the morning. Quotas that are spent are waited for, each
    notice a little longer than the other, so that not all of them come at once."""
    now = setting.now
    spent = setting.pauses.get(pause_name(channel.name, channel.template(notice.kind)), now)
    hurried = setting.pauses.get(channel.name, now)
    if (until := max(spent, hurried)) > now:
        return until + timedelta(seconds=random.uniform(0, 540 if until == spent else 5))
    if channel.name == "group_bot" and setting.bot_free_at and setting.bot_free_at > now:
        return setting.bot_free_at
    tz = setting.to.tz if setting.to else "Asia/Shanghai"
    morning = setting.night.over_at(now, tz) if setting.night else None
    return morning if morning and ends_at(notice) > morning else None


def _later(notice: Waiting, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """What stops everybody is no failure of this one's: `next_step` finds the pause. Else a growing wait with jitter,
    and after too many attempts the next channel."""
    if outcome.stops:
        return {"state": "pending", "attempts": notice.attempts}
    if notice.attempts + 1 >= MOST_ATTEMPTS:
        return _elsewhere(notice, "failed")
    wait_s = min(_FIRST_WAIT_S * 2**notice.attempts, _LONGEST_WAIT_S) * random.uniform(0.8, 1.2)
    return {"state": "pending", "due_at": now + timedelta(seconds=wait_s)}


def _elsewhere(notice: Waiting, state: str) -> dict[str, Any]:
    """On to the next channel, or the end."""
    known = messages.course_of(notice.kind)
    if in_doubt(notice):
        return {"state": "uncertain"}
    names = known.channels if known else ()
    following = names[names.index(notice.channel) + 1 :] if notice.channel in names else ()
    return {"state": "pending", "channel": following[0], "attempts": 0} if following else {"state": state}


def _ended(notice: Waiting, end: End) -> End:
    return End("uncertain", notice.last_error, end.tries) if in_doubt(notice) else end


def _nowhere(tries: list[Any], turned_off: bool, channels: tuple[str, ...], no_mail: str) -> End:
    """No channel is left: what the last one said, or why there was none to ask."""
    said = [one for one in counting(tries) if one["outcome"] in ("refused", "failed", "later")]
    if said:
        last = said[-1]
        return End("refused" if last["outcome"] == "refused" else "failed", last["error"], tries)
    if turned_off:
        return End("muted", None, tries)
    return End("muted", no_mail, tries) if channels == ("email",) else End("refused", NO_ADDRESS, tries)


def _try(channel: str, at: datetime, outcome: str, error: str | None, msgid: str | None = None) -> dict[str, Any]:
    made = {"channel": channel, "at": at.isoformat(), "outcome": outcome, "error": error}
    return made | {"msgid": msgid} if msgid else made


def _at(one: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(one["at"])
