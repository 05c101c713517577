"""月度: a month's results by unit and squad, down to a member's month; its close, what came later, the sheet."""

import re
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Response, redirect, url_for
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.api.closing import VERIFYING
from server.api.services import now, reading, services, transaction
from server.api.session import caller
from server.api.spot_checks import results_of
from server.audit.journal import record
from server.console import month_sheet, workbook
from server.console.exports import maker
from server.console.face import done, face, page, query
from server.errors import not_found
from server.org.models import Posting
from server.org.scope import Caller
from server.rate_limits import spend
from server.spotchecks.answers import DECIDING
from server.tally import addenda, close, closed, policy, verify, waiting
from server.tally.month_fold import month_end
from server.tally.policy import closes_on, deadline_on, following
from server.watch import members, progress, results
from server.watch.results import Part

MOST_NAMED = 20


class MonthFilter(BaseModel):
    unit: uuid.UUID | None = None
    squad: uuid.UUID | None = None


@face.get("/months")
def months() -> Response:
    """The month that is looked at most: until the 5th the last one, which is being settled."""
    on = caller().today
    month = on.replace(day=1) if on.day > 5 else before(on)
    return redirect(url_for("desk.months_one", month=f"{month:%Y-%m}"))  # type: ignore[return-value]


@face.get("/months/<month>")
def months_one(month: str) -> Response:
    """The table, its filters in the address."""
    who, first, asked = caller(), first_of(month), query(MonthFilter)
    with reading() as session:
        part = results.narrowed(session, who, asked.unit, asked.squad)
        table, frozen = results.table_of(session, who, first, part)
        goals = _goals(session, who, first, table, part)
        units, squads = members.choices(session, who)
        return page(
            "month.html",
            asked=asked,
            now=now(),
            month=first,
            before=before(first) if first > _first_posted(session, who) else None,
            after=following(first) if first <= who.today else None,
            goals=goals,
            table=table,
            frozen=frozen,
            people=results.members_of(session, who, first, part, now()) if part.units or part.squads else None,
            added=_added(session, who, first, part),
            chart=_chart(table, part, goals),
            units=units,
            squads=squads,
            spots=results_of(session, first, part.squads_in()).squads if who.has(*DECIDING) else [],
            may_verify=who.has(*VERIFYING) and frozen is not None,
            may_close=bool(table["units"])
            and who.has("bureau_supervisor")
            and frozen is None
            and month_end(first) < who.today,
        )


@face.get("/months/<month>/results.xlsx")
def months_sheet(month: str) -> Response:
    """What the page shows with these filters, and the members behind it, as a workbook; audited."""
    who, first, asked = caller(), first_of(month), query(MonthFilter)
    with services().db.snapshot() as session:  # its sheets agree with each other
        part = results.narrowed(session, who, asked.unit, asked.squad)
        table, frozen = results.table_of(session, who, first, part)
        made = month_sheet.Sheet(
            month=first,
            table=table,
            goals=_goals(session, who, first, table, part),
            closed_at=frozen.closed_at if frozen else None,
            people=results.members_of(session, who, first, part, now()),
            added=_added(session, who, first, part),
        )
    content = month_sheet.write(made, maker())
    facts = {"month": month, "unit": str(asked.unit or ""), "squad": str(asked.squad or ""), "people": len(made.people)}
    with transaction() as session:
        record(session, who.county_id, who.member_id, "month.exported", None, facts, now())
    return workbook.download(content, f"results-{month}.xlsx")


@face.get("/months/<month>/close")
def months_confirm(month: str) -> Response:
    """What closing does, and what still stands in its way."""
    caller().require("bureau_supervisor")
    who, first = caller(), first_of(month)
    with reading() as session:
        rules = policy.in_force(session, who.county_id, month_end(first)).rules
        return page(
            "month_close.html",
            month=first,
            is_closed=closed.is_closed(session, who.county_id, first),
            closes=closes_on(rules, first),
            deadline=deadline_on(rules, first),
            waiting=waiting.waiting_in(session, who.county_id, first, MOST_NAMED + 1),
            most=MOST_NAMED,
            people=_posted_in(session, who, first),
        )


@face.post("/months/<month>/close")
def months_close(month: str) -> Response:
    """Freeze it."""
    caller().require("bureau_supervisor")
    who, first = caller(), first_of(month)
    with transaction() as session:
        close.close(session, who.county_id, first, who.member_id, who.today, now())
    said = f"{first.year}年{first.month}月已结账，结果不再改动。"
    return done(said, url_for("desk.months_one", month=month))


@face.post("/months/<month>/verify")
def months_verify(month: str) -> Response:
    """Count a closed month anew from what is stored, and say in words whether it is still the same."""
    who, first = caller(), first_of(month)
    who.require(*VERIFYING)
    with transaction() as session:
        spend(session, f"month-verify:{who.county_id}", limit=20, window_s=3600, now=now())
    with services().db.snapshot() as session:
        found = verify.verify(session, who.county_id, first)
    return page("_month_verified.html", found=found, month=first, at=now(), most=MOST_NAMED)


def first_of(month: str) -> date:
    """The first day of YYYY-MM; 404 for anything else."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
        raise not_found("没有这个月份。")
    return date.fromisoformat(f"{month}-01")


def before(month: date) -> date:
    """The first day of the month before."""
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _goals(session: Session, who: Caller, month: date, table: Mapping[str, Any], part: Part) -> dict[str, float]:
    """What the month asks of each row of the table, by its id, in days; of all of them together as `all`."""
    of_squad = progress.targets(session, who, month, part.squads_in(), by_squad=True) if table["units"] else {}
    goals = {str(squad): days for squad, days in of_squad.items()}
    for unit in table["units"]:
        goals[unit["id"]] = sum(goals.get(group["id"], 0.0) for group in unit["groups"])
    return goals | {"all": sum(goals[unit["id"]] for unit in table["units"])}


def _chart(table: Mapping[str, Any], part: Part, goals: Mapping[str, float]) -> dict[str, Any]:
    """For static/charts.js: a bar a unit, or of a part a squad: the days of the table, beside what the month asks."""
    rows = [(unit["unit"], unit) for unit in table["units"]]
    if part != Part():
        rows = [(group["group"], group) for unit in table["units"] for group in unit["groups"]]
    return {
        "kind": "bars",
        "names": [name for name, _ in rows],
        "confirmed": [row["days"] for _, row in rows],
        "excused": [row["excused_days"] for _, row in rows],
        "pending": [row["pending_days"] for _, row in rows],
        "target": [goals.get(row["id"], 0) for _, row in rows],
    }


def _first_posted(session: Session, who: Caller) -> date:
    """The first day of the month in which the county's first posting began."""
    first = session.scalar(select(func.min(Posting.starts_on)).where(Posting.county_id == who.county_id))
    return (first or who.today).replace(day=1)


def _added(session: Session, who: Caller, month: date, part: Part) -> list[Any]:
    """What became known after the close, about the members of that part."""
    rows = addenda.of_month(session, who.county_id, month)
    if part == Part() or not rows:
        return rows
    shown = {row.member_id for row in results.members_of(session, who, month, part, now())}
    return [(one, name) for one, name in rows if one.member_id in shown]


def _posted_in(session: Session, who: Caller, month: date) -> int:
    statement = select(func.count(Posting.member_id.distinct())).where(
        Posting.county_id == who.county_id,
        Posting.starts_on <= month_end(month),
        (Posting.ends_on.is_(None)) | (Posting.ends_on >= month),
    )
    return session.scalar(statement) or 0
