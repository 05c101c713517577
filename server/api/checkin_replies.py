"""What is said of a check-in over HTTP: its rows, findings, reviews and appeals."""

import uuid
from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.photos import link_to
from server.api.session import caller
from server.checkins import appeals, comments, sample
from server.checkins.models import Appeal, CheckIn, CheckInComment, Review
from server.checkins.places import places
from server.evidence.datum import from_wgs84
from server.evidence.decide import as_decided
from server.org.models import Member
from server.org.scope import county as in_county

_NOBODY_DECIDES = (
    "现在没有人能处理这个申诉：招商局的监督人员都参与过这次复核，也没有没参与过的县领导。请县里再登记一名监督人员。"
)


class FindingReply(BaseModel):
    code: str
    outcome: Literal["clear", "suspect", "unknown"]
    message: str
    facts: dict[str, Any]


class MemberRef(BaseModel):
    id: uuid.UUID
    name: str


class CheckInRow(BaseModel):
    id: uuid.UUID
    member: MemberRef
    kind: str
    on: date
    received_at: AwareDatetime
    captured_at: AwareDatetime = Field(description="corrected and bounded by the server")
    verdict: str = Field(description="the machine's; of a blind sample `review` until a person has decided")
    decision: str | None = Field(description="the latest person's; holds over the verdict")
    reason: str = Field(description="one sentence why: of the verdict, or once a person decided, of the decision")
    weight: float = Field(description="of the suspect findings; what a queue sorts by")
    comparing: bool = Field(description="photos are being compared; the verdict follows in seconds")
    addendum: bool


class ReviewReply(BaseModel):
    id: uuid.UUID
    decision: str
    code: str | None = Field(description="of a rejection: why, to count by")
    reason: str
    reviewer: str
    is_second: bool = Field(description="of two who disagree the second, who did not know of the first")
    created_at: AwareDatetime


class AppealReply(BaseModel):
    id: uuid.UUID
    state: Literal["open", "upheld", "denied"]
    statement: str
    answer: str | None
    stuck: str = Field("", description="what has to be done before anybody can decide it; empty: somebody can")


class CommentReply(BaseModel):
    id: uuid.UUID
    author: str
    text: str
    created_at: AwareDatetime


class PhotoReply(BaseModel):
    id: uuid.UUID
    url: str = Field(description="expires within minutes; every look is audited")
    preview_url: str


def photo_reply(photo_id: uuid.UUID) -> PhotoReply:
    """Links in the caller's name."""
    return PhotoReply(
        id=photo_id,
        url=link_to(photo_id, caller(), "full"),
        preview_url=link_to(photo_id, caller(), "preview"),
    )


class PlaceReply(BaseModel):
    """On a map of WeChat's."""

    kind: Literal["station", "claimed", "exif"]
    name: str
    lat: float = Field(description="GCJ-02, as such a map is drawn")
    lng: float = Field(description="GCJ-02")
    radius_m: float | None = Field(description="a station's fence, or the error of what the phone said")


class CheckInReply(CheckInRow):
    lat: float | None = Field(description="WGS-84; none of it once it is erased")
    lng: float | None = Field(description="WGS-84")
    accuracy_m: float | None
    places: list[PlaceReply] = Field(description="the fence it was judged by, the phone's position, the photo's own")
    note: str
    challenge: str | None = Field(description="of a spot check: what its photo has to show, a gesture or digits")
    findings: list[FindingReply]
    photo: PhotoReply | None
    erased_at: AwareDatetime | None = Field(description="photo, position and device facts: their term was over")
    reviews: list[ReviewReply]
    comments: list[CommentReply]
    appeals: list[AppealReply]


class CheckInPage(BaseModel):
    items: list[CheckInRow]
    next_cursor: str | None


def findings_reply(checkin: CheckIn, blind: bool = False) -> list[FindingReply]:
    """The findings with their facts; none of a blind sample. The member is not told which photo matches: it may be a
    colleague's."""
    if sample.is_hidden(caller(), checkin, blind):
        return []
    hidden = {"photo_id", "checkin_id"} if checkin.member_id == caller().member_id else set()
    return [
        FindingReply(
            code=f["code"],
            outcome=f["outcome"],
            message=f["message"],
            facts={key: value for key, value in f["facts"].items() if key not in hidden},
        )
        for f in checkin.findings
    ]


def places_reply(checkin: CheckIn) -> list[PlaceReply]:
    found = []
    for one in places(checkin):
        lat, lng = from_wgs84(one.lat, one.lng, "gcj02")
        found.append(PlaceReply(kind=one.kind, name=one.name, lat=lat, lng=lng, radius_m=one.radius_m))
    return found


def row_reply(checkin: CheckIn, name: str, blind: bool = False) -> CheckInRow:
    """`blind`: this caller is asked what they would decide, and not told what somebody did (second_opinion.py)."""
    hidden = sample.is_hidden(caller(), checkin, blind)
    decision = None if blind else checkin.decision
    return CheckInRow(
        id=checkin.id,
        member=MemberRef(id=checkin.member_id, name=name),
        kind=checkin.kind,
        on=checkin.on_date,
        received_at=checkin.received_at,
        captured_at=checkin.happened_at,
        verdict="review" if hidden else checkin.verdict,
        decision=decision,
        reason=sample.HIDDEN_REASON if hidden else as_decided(checkin.reason, decision),
        weight=0.0 if hidden else checkin.weight,
        comparing=checkin.comparing,
        addendum=checkin.addendum,
    )


def member_name(session: Session, member_id: uuid.UUID) -> str:
    return (
        session.scalar(in_county(caller(), Member).with_only_columns(Member.name).where(Member.id == member_id)) or ""
    )


def reviews_reply(session: Session, checkin_id: uuid.UUID) -> list[ReviewReply]:
    """The decisions, oldest first; of two opinions that differ, to those who review, both."""
    rows = session.execute(
        select(Review, Member.name)
        .join(Member, (Member.county_id == Review.county_id) & (Member.id == Review.reviewer_id))
        .where(Review.county_id == caller().county_id, Review.checkin_id == checkin_id, Review.withdrawn_at.is_(None))
        .order_by(Review.created_at)
    ).all()
    differ = any(row.Review.second_opinion in ("differs", "settled") for row in rows)
    shown = differ and caller().has("bureau_supervisor")
    return [review_reply(row.Review, row.name) for row in rows if shown or not row.Review.is_second]


def review_reply(done: Review, reviewer: str) -> ReviewReply:
    return ReviewReply(
        id=done.id,
        decision=done.decision,
        code=done.code,
        reason=done.reason,
        reviewer=reviewer,
        is_second=done.is_second,
        created_at=done.created_at,
    )


def comments_reply(session: Session, checkin_id: uuid.UUID) -> list[CommentReply]:
    return [comment_reply(*one) for one in comments.said_of(session, caller().county_id, checkin_id)]


def comment_reply(made: CheckInComment, author: str) -> CommentReply:
    return CommentReply(id=made.id, author=author, text=made.text, created_at=made.created_at)


def appeals_reply(session: Session, checkin_id: uuid.UUID) -> list[AppealReply]:
    rows = session.scalars(
        in_county(caller(), Appeal).where(Appeal.checkin_id == checkin_id).order_by(Appeal.created_at)
    )
    return [appeal_reply(session, row) for row in rows]


def appeal_reply(session: Session, made: Appeal) -> AppealReply:
    nobody = made.state == "open" and session.scalar(appeals.stuck(caller()).where(Appeal.id == made.id))
    return AppealReply(
        id=made.id,
        state=made.state,
        statement=made.statement,
        answer=made.answer,
        stuck=_NOBODY_DECIDES if nobody else "",
    )
