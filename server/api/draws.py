"""抽签 over HTTP: announced, drawn by a procedure that anybody can repeat, and looked at again by whoever doubts it."""

import uuid

from flask_openapi import Tag
from pydantic import BaseModel, Field, model_validator
from sqlalchemy.orm import Session

from server.api.described import Described
from server.api.fields import Moment, Remark
from server.api.paging import PageQuery, cut, newest_first
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.api.spot_replies import DrawRow, Kind, SpotCheckRow, draw_rows, spot_rows
from server.errors import conflict, not_found
from server.org import people
from server.org.scope import county as in_county
from server.org.structure import squad_names
from server.spotchecks import answers, asking, calls
from server.spotchecks import draw as procedure
from server.spotchecks.course import seed_event
from server.spotchecks.models import Draw, SpotCheck
from server.spotchecks.pool import WHY, candidates_of
from server.spotchecks.verify import verify
from server.tally import policy
from server.tally.spot_terms import spot_terms
from server.tally.workdays import is_workday

bp = Described("draws", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="抽签")], abp_security=SIGNED_IN)


class DrawPath(BaseModel):
    draw_id: uuid.UUID


class DrawBody(BaseModel):
    id: uuid.UUID = Field(description="made by the client; the same id with the same wish is the same draw")
    kind: Kind
    count: int = Field(1, ge=1, le=200)
    unit: uuid.UUID | None = Field(None, description="among this unit; neither: all the caller watches over")
    squad: uuid.UUID | None = None
    starts_at: Moment | None = Field(None, description="each falls somewhere in the window; left out: at once")
    ends_at: Moment | None = None
    answer_min: int | None = Field(None, ge=5, le=240, description="left out: by the rules")
    aimed_at: uuid.UUID | None = Field(None, description="no draw: this member, or of a call this squad")
    reason: Remark = Field("", max_length=300, description="of an aimed one: why")

    @model_validator(mode="after")
    def _whole(self) -> "DrawBody":
        if (self.starts_at is None) != (self.ends_at is None):
            raise ValueError("starts_at and ends_at")
        return self


class DrawPage(BaseModel):
    items: list[DrawRow]
    next_cursor: str | None


class PoolRow(BaseModel):
    id: uuid.UUID
    name: str
    weight: int | None = Field(description="null: could not be drawn")
    times: int | None = Field(description="how often this month, before")
    number: float | None = Field(description="from the seed, uniform over (0, 1)")
    rank: int | None
    why: str | None = Field(description="of those who could not be drawn")


class DrawReply(DrawRow):
    seed: str | None = Field(description="null until all checks are out: who it draws follows from it")
    secret: str | None = Field(description="likewise; its digest was announced")
    checks: list[SpotCheckRow]
    pool: list[PoolRow] = Field(
        description="in the order of the draw, then those who could not be drawn; empty until all checks are out"
    )


class ProofRow(BaseModel):
    holds: bool
    text: str


class CandidateRow(BaseModel):
    """Whoever knows these and the draw's rule finds the same order again."""

    number: float = Field(description="from the seed, uniform over (0, 1)")
    weight: int
    times: int = Field(description="how often this month, before")


class VerificationReply(BaseModel):
    holds: bool
    aimed: bool
    all_drawn: bool = Field(description="no more could be drawn than were wanted, so nothing was left to chance")
    reason: str
    seed: str | None
    secret: str = Field(description="its digest was announced; seed = sha256(link, id, secret), a line each")
    link_seq: int | None = Field(description="of the link of the audit chain that the seed is taken from")
    link_hash: str | None
    listed: list[CandidateRow] = Field(description="all who could be drawn, in the order of the draw, without names")
    proofs: list[ProofRow]
    mine: str | None = Field(description="of who was in it: where they came in the draw")


@bp.post("/draws", responses={201: DrawRow, 200: DrawRow})
def ask_for_draw(body: DrawBody) -> Reply:
    """Announce a draw. Whom it draws nobody knows before its moment, some seconds later."""
    wanted = asking.Wanted(
        id=body.id,
        kind=body.kind,
        count=body.count,
        unit=body.unit,
        squad=body.squad,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        answer_min=body.answer_min,
        aimed_at=body.aimed_at,
        reason=body.reason,
    )
    with transaction() as session:
        terms = spot_terms(policy.in_force(session, caller().county_id, caller().today).rules)
        made, is_new = asking.ask(session, caller(), wanted, terms, is_workday, now())
        (row,) = draw_rows(session, [made])
    return row.model_dump(mode="json"), 201 if is_new else 200


@bp.get("/draws", responses={200: DrawPage})
def list_draws(query: PageQuery) -> Reply:
    """Those among the units the caller watches over, the latest first."""
    statement = in_county(caller(), Draw).where(asking.asked_within(caller()))
    with reading() as session:
        found = session.scalars(newest_first(statement, Draw.asked_at, Draw.id, query)).all()
        page, cursor = cut(found, query, "asked_at")
        rows = draw_rows(session, page)
    return DrawPage(items=rows, next_cursor=cursor).model_dump(mode="json")


@bp.get("/draws/<uuid:draw_id>", responses={200: DrawReply})
def read_draw(path: DrawPath) -> Reply:
    """A draw as it stands: each check that is out, and once all are, the whole list it was drawn from."""
    with reading() as session:
        found = asking.one(session, caller(), path.draw_id)
        (row,) = draw_rows(session, [found])
        checks = session.scalars(
            in_county(caller(), SpotCheck).where(SpotCheck.draw_id == found.id).order_by(SpotCheck.rank)
        ).all()
        is_out = not asking.is_hidden(session, found)
        shown = _shown(session, list(checks), is_out)
        reply = DrawReply(
            **row.model_dump(),
            seed=found.seed if is_out else None,
            secret=found.secret if is_out else None,
            checks=spot_rows(session, shown),
            pool=_pool(session, found) if is_out else [],
        )
    return reply.model_dump(mode="json")


@bp.get("/draws/<uuid:draw_id>/verification", responses={200: VerificationReply})
def verify_draw(path: DrawPath) -> Reply:
    """Whether it was drawn as the procedure says, looked at again now; for who watches over it, and who was in it."""
    with reading() as session:
        found = session.scalar(in_county(caller(), Draw).where(Draw.id == path.draw_id))
        mine = _mine(session, found) if found is not None else None
        watches = found is not None and _watches(session, found)
        if found is None or (mine is None and not watches):
            raise not_found()
        if asking.is_hidden(session, found) or (not watches and calls.is_to_come(session, found)):
            raise conflict("draw_under_way", "还有抽查没有发出。全部发出后，名单、种子和核对结果才能看。")
        proofs = verify(session, found)
        link = seed_event(session, found)
        ranked = procedure.ranked(candidates_of(found.pool), found.seed or "")
    reply = VerificationReply(
        holds=all(one.holds for one in proofs),
        aimed=found.aimed_at is not None,
        reason=found.reason if watches else "",
        seed=found.seed,
        secret=found.secret,
        link_seq=link.seq if link else None,
        link_hash=link.hash if link else None,
        all_drawn=found.aimed_at is None and len(ranked) <= found.count,
        listed=[
            CandidateRow(number=procedure.number(found.seed or "", one.id), weight=one.weight, times=one.times)
            for one in ranked
        ],
        proofs=[ProofRow(holds=one.holds, text=one.text) for one in proofs],
        mine=mine,
    )
    return reply.model_dump(mode="json")


def _shown(session: Session, checks: list[SpotCheck], is_out: bool) -> list[SpotCheck]:
    """Those that are out and the caller may see; in place of one that another stands for that one, once all is out."""
    standing = in_county(caller(), SpotCheck).where(
        SpotCheck.id.in_([one.joined_id for one in checks if one.joined_id])
    )
    stand_for = {one.id: one for one in session.scalars(standing)} if is_out else {}
    found = [stand_for.get(one.joined_id) if one.joined_id else one for one in checks]
    ids = [one.id for one in found if one is not None]
    seen = set(
        session.scalars(
            in_county(caller(), SpotCheck)
            .with_only_columns(SpotCheck.id)
            .where(SpotCheck.id.in_(ids), answers.seen(caller()))
        )
    )
    return [one for one in found if one is not None and one.state != "planned" and one.id in seen]


def _pool(session: Session, found: Draw) -> list[PoolRow]:
    """With names, in the order of the draw."""
    if found.seed is None:
        return []
    ranked = procedure.ranked(candidates_of(found.pool), found.seed)
    out = [(uuid.UUID(id_), why) for id_, why in found.pool["out"]]
    ids = {one.id for one in ranked} | {id_ for id_, _ in out}
    names = _names(session, found, ids)
    drawn = [
        PoolRow(
            id=one.id,
            name=names[one.id],
            weight=one.weight,
            times=one.times,
            number=procedure.number(found.seed, one.id),
            rank=rank,
            why=None,
        )
        for rank, one in enumerate(ranked, 1)
    ]
    left = [
        PoolRow(id=id_, name=names[id_], weight=None, times=None, number=None, rank=None, why=WHY[why])
        for id_, why in out
    ]
    return drawn + sorted(left, key=lambda row: (row.why or "", row.name))


def _names(session: Session, found: Draw, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    of = people.names if found.kind == "selfie" else squad_names
    return of(session, found.county_id, ids)


def _watches(session: Session, found: Draw) -> bool:
    mine = in_county(caller(), Draw).where(Draw.id == found.id, asking.asked_within(caller()))
    return session.scalar(mine.with_only_columns(Draw.id)) is not None


def _mine(session: Session, found: Draw) -> str | None:
    """Where the caller came in it: a member's own place, or their squad's. None: they were not in it."""
    if found.seed is None:
        return None
    me = answers.as_drawn(session, caller(), found.kind)
    ranked = procedure.ranked(candidates_of(found.pool), found.seed)
    for rank, one in enumerate(ranked, 1):
        if one.id in me:
            mine = f"您的号码是 {procedure.number(found.seed, one.id):.6f}，排第 {rank}"
            came = "抽中了" if rank <= found.count else "没有抽中"
            return f"名单里有 {len(ranked)} 个，抽 {found.count} 个；{mine}，{came}。"
    for id_, why in found.pool["out"]:
        if uuid.UUID(id_) in me:
            return f"您这次没有参加抽签：{WHY[why]}。"
    return None
