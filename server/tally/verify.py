"""Whether a closed month still says what it was counted from: every member counted anew and compared."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import AppError
from server.tally import addenda, policy
from server.tally.frozen import Frozen
from server.tally.models import ClosedMonth, MonthResult
from server.tally.month_fold import month_end
from server.tally.monthly import stored_days
from server.tally.policy import following
from server.tally.rebuild import counted
from server.tally.types import DayHalves

_NUMBERS = ("people", "people_out", "days", "half_days", "pending_days", "excused_days", "year_days")
_WHO_IS_NAMED = ("people_asked", "people_missing", "lowered_days")  # with those: which groups without a day, and where
_OF_MEMBER = ("confirmed", "pending", "excused", "rejected", "lowered", "target", "policy_version", "days")


@dataclass
class Verification:
    """What was found. `differences`: one Chinese sentence each."""

    month: date
    closed_sha256: str
    sha256: str = ""
    members: int = 0
    addenda: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def matches(self) -> bool:
        return not self.differences and self.sha256 == self.closed_sha256


def verify(session: Session, county_id: int, month: date) -> Verification:
    """Count a closed month (its first day) from what is stored, leaving out what came later, and compare inputs,
    results, stored days and the table. 404 `month_open` when it is not closed."""
    row = session.get(ClosedMonth, (county_id, month))
    if row is None:
        raise AppError(404, "month_open", f"{month.year}年{month.month}月还没有结账。")
    found = Verification(month, row.inputs_sha256, addenda=len(addenda.of_month(session, county_id, month)))
    book = policy.rulebook(session, county_id)
    frozen = Frozen(session, county_id, month, book)
    seen = set()
    for chunk in counted(session, county_id, month, following(month), book, row.table.get("counted_as", 1)):
        ids = [one.given.member_id for one in chunk]
        then, days = _results(session, county_id, month, ids), stored_days(session, county_id, month, ids)
        for one in chunk:
            member_id = one.given.member_id
            now = frozen.add(one)
            found.differences += [
                f"{one.given.name}：{what}" for what in _differences(then.get(member_id), now, days[member_id])
            ]
        seen.update(ids)
    kept = select(MonthResult.member_id).where(MonthResult.county_id == county_id, MonthResult.month == month)
    lost = set(session.scalars(kept)) - seen
    found.differences += [f"队员 {member_id} 当时在结果里，现在没有任何依据。" for member_id in sorted(lost)]
    found.members, found.sha256 = len(seen), frozen.inputs_sha256()
    if found.sha256 != found.closed_sha256 and not found.differences:
        found.differences.append("规则或依据与结账时不同。")
    found.differences += _table(row.table, frozen.result(session, book.on(month_end(month)).rules.ranking))
    return found


def _results(session: Session, county_id: int, month: date, ids: list[UUID]) -> dict[UUID, MonthResult]:
    rows = session.scalars(
        select(MonthResult).where(
            MonthResult.county_id == county_id, MonthResult.month == month, MonthResult.member_id.in_(ids)
        )
    )
    return {row.member_id: row for row in rows}


def _differences(then: MonthResult | None, now: Mapping[str, Any], days: Mapping[date, DayHalves]) -> list[str]:
    if then is None:
        return ["结账时没有这名队员。"]
    stored = {on.isoformat(): list(astuple(day)) for on, day in days.items()}
    checks = (
        (then.inputs_sha256 == now["inputs_sha256"], "打卡、证明、请假、派驻、角色或同意书与结账时不同。"),
        (_numbers(then.count) == _numbers(now["count"]), "重新折算的结果与结账时不同。"),
        (stored == then.count.get("days"), "在岗日与结账时不同。"),
    )
    return [said for same, said in checks if not same]


def _numbers(count: Mapping[str, Any]) -> list[Any]:
    """Without the sentences: a later release may put them in other words."""
    return [count.get(name) for name in _OF_MEMBER]


def _table(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Numbers only: a unit that was renamed since is still the same."""
    names = _NUMBERS + (_WHO_IS_NAMED if then.get("counted_as", 1) >= 3 else ())

    def numbers(table: dict[str, Any]) -> dict[str, list[Any]]:
        rows = {group["id"]: group for unit in table["units"] for group in unit["groups"]}
        rows["totals"] = table["totals"]
        return {key: [row[name] for name in names] for key, row in rows.items() if row["people"] or row["days"]}

    return [] if numbers(then) == numbers(now) else ["月度表的数字与结账时不同。"]
