"""Tables of the check-in: ticket, submission with its complete evidence, findings, review, claim, comment, appeal,
attestation."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, Index, Integer, String, UniqueConstraint, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, JsonText, county_fk, index_where, one_of

KINDS = ("station", "visit", "spot")
VERDICTS = ("accepted", "review", "rejected")
# Why a person rejects: the code that is counted; the sentence beside it is the member's to read.
REJECTION_CODES = ("not_the_person", "not_there", "reused_photo", "screen_or_edited", "unreadable", "other")
# What of the check-ins waits for a person as the machine left them. The one text of it: both databases use the partial
# index only for a query that says the same (queue.py).
WAITING = "decision IS NULL AND erased_at IS NULL AND NOT comparing AND (verdict = 'review' OR sampled)"


class Ticket(Base):
    """拍摄凭证: bounds the time of a photo from below; used once: by the check-in that names it."""

    __tablename__ = "tickets"
    __table_args__ = (
        county_fk("member_id", "members"),
        Index(None, "county_id", "member_id", "expires_at"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # Of a spot check: which one (no key: that one refers to the check-in, which refers to its ticket), what it asks to
    # show (a gesture or digits), and until when it is to be answered.
    spot_check_id: Mapped[uuid.UUID | None]
    challenge: Mapped[str | None] = mapped_column(String(20))
    due_at: Mapped[datetime | None]


class CheckIn(Base):
    """打卡: one submission. `id` is made by the phone. `verdict` is the machine's and never changes;
    `decision` is the latest person's. The one that holds is `decision or verdict`.
    """

    __tablename__ = "checkins"
    __table_args__ = (
        county_fk("member_id", "members"),
        county_fk("squad_id", "squads"),
        county_fk("station_id", "stations"),
        county_fk("photo_id", "photos"),
        county_fk("ticket_id", "tickets"),
        one_of("kind", KINDS),
        one_of("verdict", VERDICTS),
        CheckConstraint("decision IN ('accepted', 'rejected')", name="decision_known"),
        CheckConstraint("lat BETWEEN -90 AND 90 AND lng BETWEEN -180 AND 180", name="on_earth"),
        CheckConstraint("minute_of_day BETWEEN 0 AND 1439", name="minute_of_day"),
        CheckConstraint(
            "(lat IS NULL) = (erased_at IS NOT NULL) AND (lng IS NULL) = (lat IS NULL)", name="placed_until_erased"
        ),
        UniqueConstraint("county_id", "photo_id"),
        index_where("uq_checkins_ticket", "county_id", "ticket_id", where="ticket_id IS NOT NULL", unique=True),
        Index(None, "county_id", "member_id", "on_date", "erased_at"),  # the last for retention: no table is read
        Index(None, "county_id", "received_at", "id"),
        Index("ix_checkins_latest", "county_id", "member_id", "happened_at"),
        index_where("ix_checkins_comparing", "received_at", where="comparing"),
        index_where("ix_checkins_sampled", "county_id", "received_at", where="sampled"),
        index_where("ix_checkins_waiting", "county_id", "received_at", "id", where=WAITING),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[uuid.UUID]
    squad_id: Mapped[uuid.UUID | None]
    station_id: Mapped[uuid.UUID | None]
    kind: Mapped[str] = mapped_column(String(10))
    content_sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    happened_at: Mapped[datetime]  # the phone's time corrected by its offset, held between ticket and receipt
    on_date: Mapped[date]  # local date of happened_at in the station's zone
    minute_of_day: Mapped[int] = mapped_column(Integer)  # local
    lat: Mapped[float | None] = mapped_column(Float)  # None, as all that is evidence, once it is erased
    lng: Mapped[float | None] = mapped_column(Float)
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    ticket_id: Mapped[uuid.UUID | None]
    photo_id: Mapped[uuid.UUID]
    note: Mapped[str] = mapped_column(String(500), default="")
    device: Mapped[dict[str, Any]]
    evidence: Mapped[dict[str, Any]] = mapped_column(JsonText)
    findings: Mapped[list[Any]] = mapped_column(JsonText)
    ruleset: Mapped[str] = mapped_column(String(20))
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(300))
    weight: Mapped[float] = mapped_column(Float)
    decision: Mapped[str | None] = mapped_column(String(10))
    addendum: Mapped[bool] = mapped_column(default=False)  # arrived after its month was closed
    comparing: Mapped[bool] = mapped_column(default=False)  # the machine's verdict waits for a second look at photos
    sampled: Mapped[bool] = mapped_column(default=False)  # a person judges without the machine's verdict, see sample.py
    erased_at: Mapped[datetime | None]  # its term of storage was over, see retention.py


class CheckInFinding(Base):
    """核验发现: a row only for a finding that is not clear, so that the queue can filter by it."""

    __tablename__ = "checkin_findings"
    __table_args__ = (
        county_fk("checkin_id", "checkins"),
        one_of("outcome", ("suspect", "unknown")),
        Index(None, "county_id", "code", "outcome"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    checkin_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(10))


class Review(Base):
    """复核: a person's decision with its reason; stands beside the machine's verdict, and is never deleted.

    `second_opinion`: of a first decision that was drawn for one, what came of it (second_opinion.py). `is_second`: that
    other person's, which by itself changes nothing. `settles_at`: until then whoever decided may take it back, and
    nobody is told.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        county_fk("checkin_id", "checkins"),
        county_fk("reviewer_id", "members"),
        one_of("decision", ("accepted", "rejected")),
        one_of("code", REJECTION_CODES),
        one_of("second_opinion", ("waiting", "agreed", "differs", "settled", "overtaken")),
        CheckConstraint("length(reason) > 0 OR decision = 'accepted'", name="rejection_says_why"),
        Index(None, "county_id", "checkin_id"),
        Index(None, "county_id", "reviewer_id", "created_at"),
        index_where(
            "ix_reviews_open",
            *("county_id", "created_at"),
            where="second_opinion IN ('waiting', 'differs') AND withdrawn_at IS NULL",
        ),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    checkin_id: Mapped[uuid.UUID]
    reviewer_id: Mapped[uuid.UUID]
    decision: Mapped[str] = mapped_column(String(10))
    code: Mapped[str | None] = mapped_column(String(20))  # of a rejection, since there are codes
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    settles_at: Mapped[datetime]
    is_second: Mapped[bool] = mapped_column(default=False, server_default=false())
    second_opinion: Mapped[str | None] = mapped_column(String(10))
    withdrawn_at: Mapped[datetime | None]  # undone by whoever spoke it, before anybody was told


class ReviewClaim(Base):
    """Who has a check-in before them, and until when nobody else is given it; over by comparison, not by a job."""

    __tablename__ = "review_claims"
    __table_args__ = (county_fk("checkin_id", "checkins"), county_fk("reviewer_id", "members"))
    county_id: Mapped[int] = mapped_column(primary_key=True)
    checkin_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    reviewer_id: Mapped[uuid.UUID]
    until: Mapped[datetime]


class CheckInComment(Base):
    """留言: what a leader or supervisor has to say on a check-in; the member reads who said what."""

    __tablename__ = "checkin_comments"
    __table_args__ = (
        county_fk("checkin_id", "checkins"),
        county_fk("author_id", "members"),
        CheckConstraint("length(text) > 0", name="says_something"),
        Index(None, "county_id", "checkin_id"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    checkin_id: Mapped[uuid.UUID]
    author_id: Mapped[uuid.UUID]
    text: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]


class Appeal(Base):
    """申诉: a member's objection to a rejection; one open at a time, decided by someone else than the reviewer."""

    __tablename__ = "appeals"
    __table_args__ = (
        county_fk("checkin_id", "checkins"),
        county_fk("member_id", "members"),
        county_fk("decided_by", "members"),
        one_of("state", ("open", "upheld", "denied")),
        CheckConstraint("state = 'open' OR decided_by IS NOT NULL", name="decided_by_someone"),
        index_where("uq_appeals_open", "county_id", "checkin_id", where="state = 'open'", unique=True),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    checkin_id: Mapped[uuid.UUID]
    member_id: Mapped[uuid.UUID]
    statement: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(10), default="open")
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]


class Attestation(Base):
    """证明: a colleague or supervisor vouches for a presence, with name and reason; counts like a check-in, until
    whoever gave it takes it back, or a bureau supervisor sets it aside."""

    __tablename__ = "attestations"
    __table_args__ = (
        county_fk("member_id", "members"),
        county_fk("attester_id", "members"),
        CheckConstraint("halves IN (1, 2)", name="halves"),
        CheckConstraint("attester_id <> member_id", name="not_for_oneself"),
        CheckConstraint("length(reason) > 0", name="says_why"),
        county_fk("withdrawn_by", "members"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)"
            " AND (withdrawn_at IS NULL) = (length(withdrawal_reason) = 0)",
            name="withdrawn_by_someone",
        ),
        index_where(
            "uq_attestations_standing",
            *("county_id", "member_id", "on_date", "attester_id"),
            where="withdrawn_at IS NULL",
            unique=True,
        ),
        Index(None, "county_id", "member_id", "on_date"),
        Index(None, "county_id", "attester_id", "created_at"),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID]
    attester_id: Mapped[uuid.UUID]
    on_date: Mapped[date]
    halves: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[uuid.UUID | None]  # somebody else than the attester: it was set aside
    withdrawal_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")

    @property
    def is_set_aside(self) -> bool:
        return self.withdrawn_by is not None and self.withdrawn_by != self.attester_id
