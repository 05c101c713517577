"""打卡 over HTTP: the ticket, the one request that submits a check-in, and what is stored of them."""

import uuid
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal

from flask_openapi import FileStorage, Tag
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from server.api.checkin_replies import (
    CheckInPage,
    CheckInReply,
    FindingReply,
    appeals_reply,
    comments_reply,
    findings_reply,
    member_name,
    photo_reply,
    places_reply,
    reviews_reply,
    row_reply,
)
from server.api.counts import DayReply, MonthReply, day_reply, month_of, month_reply, stored_day
from server.api.described import Described
from server.api.fields import Remark
from server.api.paging import PageQuery, cut, newest_first
from server.api.photos import uploaded
from server.api.services import Reply, now, reading, services, transaction
from server.api.session import SIGNED_IN, caller
from server.audit.journal import record
from server.checkins import review, sample, second_opinion, submit, tickets
from server.checkins.gather import Submission
from server.checkins.models import CheckIn, Ticket
from server.checkins.submit import AlreadySubmitted, StoredPhoto
from server.errors import invalid
from server.evidence.datum import to_wgs84
from server.org import consent
from server.org.models import Member
from server.org.scope import county as in_county
from server.org.scope import watched_members
from server.photos.read import read
from server.spotchecks import answers
from server.tally import policy
from server.tally.take import take

bp = Described("checkins", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="打卡")], abp_security=SIGNED_IN)

Degrees = Annotated[float, Field(allow_inf_nan=False)]


class TicketReply(BaseModel):
    ticket: uuid.UUID
    issued_at: AwareDatetime
    expires_at: AwareDatetime
    challenge: str | None = Field(description="of a spot check: the gesture or the four digits to show on the photo")


class Device(BaseModel):
    """Facts of transport; none of them is content."""

    model_config = ConfigDict(extra="ignore")
    model: Remark | None = Field(None, max_length=80)
    platform: Remark | None = Field(None, max_length=40)
    wechat_version: Remark | None = Field(None, max_length=40)
    clock_offset_ms: int | None = Field(
        None, ge=-(10**12), le=10**12, description="server's clock minus the phone's, as measured at an earlier reply"
    )


class CheckInForm(BaseModel):
    """The multipart fields of a submission."""

    @classmethod
    @cache
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """Made once: flask-openapi asks for it in every request (1.2 ms each, measured)."""
        return super().model_json_schema(*args, **kwargs)

    id: uuid.UUID = Field(description="made by the phone; the same id with the same content is the same check-in")
    photo: FileStorage = Field(description="JPEG, PNG, HEIC or WebP, up to 10 MB")
    lat: Degrees = Field(ge=-90, le=90)
    lng: Degrees = Field(ge=-180, le=180)
    datum: Literal["wgs84", "gcj02"]
    accuracy_m: float = Field(ge=0, le=1e7, allow_inf_nan=False)
    captured_at: AwareDatetime = Field(description="RFC 3339, the phone's own clock")
    ticket: str = Field("", max_length=40, description="the ticket fetched before the capture, if there is one")
    kind: Literal["station", "visit", "spot"] = "station"
    device: str = Field("{}", max_length=2000, description="JSON: model, platform, wechat_version, clock_offset_ms")
    note: Remark = Field("", max_length=500)


class SubmittedReply(BaseModel):
    id: uuid.UUID
    verdict: Literal["accepted", "review", "rejected"] = Field(description="the machine's, as it was given")
    reason: str
    comparing: bool = Field(description="photos are being compared; ask GET /checkins/{id} again in seconds")
    findings: list[FindingReply]
    day: DayReply
    month: MonthReply


class CheckInPath(BaseModel):
    checkin_id: uuid.UUID


class ListQuery(PageQuery):
    from_: date | None = Field(None, alias="from", description="first local date")
    to: date | None = Field(None, description="last local date")
    member: uuid.UUID | None = Field(None, description="one member the caller may see")
    holds: Literal["accepted", "review", "rejected"] | None = Field(None, description="the verdict that holds now")


@bp.post("/checkins/tickets", responses={201: TicketReply})
def issue_ticket() -> Reply:
    """A ticket for one capture. A few may be kept ahead for places without signal. (One for a spot check comes with it:
    POST /me/spot-checks/{id}/camera.)"""
    caller().require_phone()
    with transaction() as session:
        hours = policy.in_force(session, caller().county_id, caller().today).rules.ticket_ttl_h
        ticket = tickets.issue(session, caller(), now(), hours)
    return ticket_reply(ticket), 201


def ticket_reply(ticket: Ticket) -> dict[str, Any]:
    reply = TicketReply(
        ticket=ticket.id, issued_at=ticket.issued_at, expires_at=ticket.expires_at, challenge=ticket.challenge
    )
    return reply.model_dump(mode="json")


@bp.post("/checkins", responses={201: SubmittedReply, 200: SubmittedReply})
def submit_checkin(form: CheckInForm) -> Reply:
    """Submit a check-in: 201, or 200 when this is a repeat of a stored one. Suspicion is stored, never refused."""
    submission = _submission(form)
    caller().require_phone()
    consent.require(caller())
    at = now()
    data = uploaded(form.photo)
    facts = read(data)
    photo_id = uuid.uuid4()
    key = services().store.put(caller().county_id, photo_id, facts.extension, data, at)
    try:
        reply = _take(submission, StoredPhoto(photo_id, key, facts), at)
    except AlreadySubmitted:
        services().store.delete(key)
        return _repeated(submission, facts.sha256).model_dump(mode="json"), 200
    return reply.model_dump(mode="json"), 201


def _take(submission: Submission, photo: StoredPhoto, at: datetime) -> SubmittedReply:
    """The one transaction of a submission."""
    with transaction() as session:
        checkin, day, month = take(session, caller(), submission, photo, services().store, at)
        answers.answered(session, checkin)
    return _submitted(checkin, day_reply(checkin.on_date, day), month_reply(month))


def _repeated(submission: Submission, photo_sha256: str) -> SubmittedReply:
    """The original verdict with the day and month as they are now."""
    with reading() as session:
        stored = submit.repeat(session, caller(), submission, photo_sha256)
        day = stored_day(session, stored.county_id, stored.member_id, stored.on_date)
        return _submitted(stored, day, month_of(session, caller(), stored.member_id, stored.on_date))


def _submission(form: CheckInForm) -> Submission:
    device = _device(form.device)
    lat, lng = to_wgs84(form.lat, form.lng, form.datum)
    return Submission(
        id=form.id,
        kind=form.kind,
        lat=lat,
        lng=lng,
        given_lat=form.lat,
        given_lng=form.lng,
        datum=form.datum,
        accuracy_m=form.accuracy_m,
        captured_at=_sane(form.captured_at),
        ticket_id=_ticket_id(form.ticket),
        device=device.model_dump(exclude_none=True),
        clock_offset_ms=device.clock_offset_ms,
        note=form.note,
    )


def _device(text: str) -> Device:
    try:
        return Device.model_validate_json(text or "{}")
    except ValidationError:
        said = '手机信息（device）读不懂：须是 JSON，如 {"model": "Mate 60"}；也可以不填。'
        raise invalid("device_invalid", said) from None


def _sane(captured_at: datetime) -> datetime:
    """A time near the ends of the calendar cannot be moved by an offset or a zone; no phone ever took a photo then."""
    if not 1970 <= captured_at.year <= 9000:
        raise invalid("captured_at_invalid", "拍摄时间不对，请检查手机的日期设置。")
    return captured_at


def _ticket_id(text: str) -> uuid.UUID | None:
    """No ticket is weaker evidence; a ticket that is not even an id is a mistake of the client."""
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise invalid("ticket_invalid", "拍摄凭证的格式不对。") from None


@bp.get("/checkins", responses={200: CheckInPage})
def list_checkins(query: ListQuery) -> Reply:
    """Check-ins of the members the caller may see, newest first."""
    statement = (
        in_county(caller(), CheckIn, Member.name)
        .join(Member, (Member.county_id == CheckIn.county_id) & (Member.id == CheckIn.member_id))
        .where(watched_members(caller()))
    )
    if query.from_:
        statement = statement.where(CheckIn.on_date >= query.from_)
    if query.to:
        statement = statement.where(CheckIn.on_date <= query.to)
    if query.member:
        statement = statement.where(CheckIn.member_id == query.member)
    if query.holds:
        statement = statement.where(sample.holding(caller()) == query.holds)
        if query.holds == "review":  # what the machine is still at is no work for a person yet
            statement = statement.where(~CheckIn.comparing)
    with reading() as session:
        rows = session.execute(newest_first(statement, CheckIn.received_at, CheckIn.id, query)).all()
        blind = second_opinion.blinded(session, caller(), now())
    found = [(row.CheckIn, row.name) for row in rows]
    page, cursor = cut([checkin for checkin, _ in found], query, "received_at")
    names = {checkin.id: name for checkin, name in found}
    items = [row_reply(checkin, names[checkin.id], checkin.id in blind) for checkin in page]
    return CheckInPage(items=items, next_cursor=cursor).model_dump(mode="json")


@bp.get("/checkins/<uuid:checkin_id>", responses={200: CheckInReply})
def read_checkin(path: CheckInPath) -> Reply:
    """One check-in with its findings, reviews, appeals and short-lived photo links; somebody else's look is audited."""
    with transaction() as session:
        checkin = review.visible(session, caller(), path.checkin_id)
        blind = second_opinion.is_blind_to(session, caller(), checkin, now())
        if checkin.member_id != caller().member_id:
            record(session, caller().county_id, caller().member_id, "checkin.viewed", checkin.id, {}, now())
        reply = CheckInReply(
            **row_reply(checkin, member_name(session, checkin.member_id), blind).model_dump(),
            lat=checkin.lat,
            lng=checkin.lng,
            accuracy_m=checkin.accuracy_m,
            places=places_reply(checkin),
            note=checkin.note,
            challenge=checkin.evidence.get("spot_challenge"),
            findings=findings_reply(checkin, blind),
            photo=photo_reply(checkin.photo_id) if checkin.erased_at is None else None,
            erased_at=checkin.erased_at,
            reviews=[] if blind else reviews_reply(session, checkin.id),
            comments=comments_reply(session, checkin.id),
            appeals=appeals_reply(session, checkin.id),
        )
    return reply.model_dump(mode="json")


def _submitted(checkin: CheckIn, day: DayReply, month: MonthReply) -> SubmittedReply:
    return SubmittedReply(
        id=checkin.id,
        verdict=checkin.verdict,
        reason=checkin.reason,
        comparing=checkin.comparing,
        findings=findings_reply(checkin),
        day=day,
        month=month,
    )
