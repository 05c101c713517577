"""What a channel is: whom it reaches, and what becomes of one attempt to send; the worker puts those together that are
configured."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy.orm import Session

from server.wechat import errors

Word = Literal["sent", "refused", "failed", "later", "uncertain"]
Member = tuple[int, uuid.UUID]  # (county_id, member_id)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where somebody is reached: their WeChat, their mail, and the zone whose night is theirs."""

    openid: str | None
    email: str | None
    tz: str


# Who is behind these members: (session, members, now) → those that still belong to the county.
Find = Callable[[Session, Sequence[Member], datetime], Mapping[Member, Recipient]]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One notice on its way by one channel; `claim` is its worker's hold on it."""

    county_id: int
    id: uuid.UUID
    member_id: uuid.UUID | None
    kind: str
    facts: Mapping[str, Any]
    channel: str
    address: str
    claim: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt met. `later`: the same may succeed. `stops`: who else had better wait, and how long: everybody
    with this template until tomorrow, or the whole channel for a moment. `no_credit`: the person takes no more.
    `msgid`: the channel's own number for what it took."""

    word: Word
    error: str | None = None
    stops: Literal["day", "moment"] | None = None
    no_credit: bool = False
    msgid: str | None = None


SENT = Outcome("sent")
_NO_CREDIT_LEFT = 43101
_TOO_FAST = (45011, 44990, 44991)


class Channel(Protocol):
    """One way out. `name` is one of models.CHANNELS."""

    name: str

    def address(self, kind: str, county_id: int, to: Recipient | None) -> str | None:
        """Where this kind goes for this person (None: the county's group); None when it cannot."""

    def template(self, kind: str) -> str:
        """What shares one quota with it."""

    def send(self, parcel: Parcel) -> Outcome:
        """One attempt. Raises messages.Unfit; no secret is in an outcome's text."""


def from_wechat(error: errors.WechatError) -> Outcome:
    """What an answer of WeChat's means for a notice."""
    said = str(error)
    if isinstance(error, errors.UserMustAct):
        return Outcome("refused", said, no_credit=error.errcode == _NO_CREDIT_LEFT)
    if isinstance(error, errors.Uncertain):
        return Outcome("uncertain", said)
    if isinstance(error, errors.QuotaSpent):
        return Outcome("later", said, stops="day")
    if isinstance(error, errors.RetryLater):
        return Outcome("later", said, stops="moment" if error.errcode in _TOO_FAST else None)
    return Outcome("failed", said)
