"""What a change of the rules would do to the open months, before it is saved: by member, and nothing is stored."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.tally import policy
from server.tally.adopt import Draft, check, remarks
from server.tally.county import count_member, member_months
from server.tally.models import Policy
from server.tally.rebuild import months_from
from server.tally.rules import NAMES, PolicyRules, Rulebook, in_force
from server.tally.types import MonthCount


@dataclass(frozen=True, slots=True)
class Change:
    """One member's month by the rules of now and by the draft."""

    member_id: Any
    name: str
    before: MonthCount
    after: MonthCount


@dataclass(frozen=True, slots=True)
class Preview:
    """`rules`: by name what differs from the rules that hold on the draft's first day, as (then, now)."""

    months: list[date]
    members: int
    changes: list[Change]
    rules: dict[str, tuple[Any, Any]]
    remarks: list[str]


def preview(session: Session, county_id: int, draft: Draft, today: date) -> Preview:
    """Count every month that adopting the draft would count anew, or the one it starts in if that is still to come, by
    both rules."""
    draft = check(session, county_id, draft, today)
    months = months_from(session, county_id, draft.starts_on, today) or [draft.starts_on.replace(day=1)]
    now = policy.rulebook(session, county_id)
    then = _with(session, county_id, draft)
    members: set[Any] = set()
    changes: list[Change] = []
    for month in months:
        for chunk in member_months(session, county_id, month):
            for given in chunk:
                members.add(given.member_id)
                before, after = count_member(now, month, today, given)[1], count_member(then, month, today, given)[1]
                if _numbers(before) != _numbers(after):
                    changes.append(Change(given.member_id, given.name, before, after))
    old = now.on(draft.starts_on).rules
    return Preview(months, len(members), changes, _difference(old, draft.rules), remarks(draft))


def told(seen: Preview, spoken: Callable[[str, Any], str]) -> list[str]:
    """The preview as lines of Chinese text, for a terminal; `spoken` says a rule's value in words."""
    lines = [f"规则变动 {len(seen.rules)} 项："]
    lines += [
        f"  {NAMES[name]}：{spoken(name, then)} → {spoken(name, now)}" for name, (then, now) in seen.rules.items()
    ]
    of_months = "、".join(f"{month.year}年{month.month}月" for month in seen.months)
    changing = len({one.member_id for one in seen.changes})
    lines.append(f"{of_months} {seen.members} 人中有 {changing} 人的结果会变：")
    for one in seen.changes:
        b, a = one.before, one.after
        when = f"{b.month.month}月 " if len(seen.months) > 1 else ""
        lines.append(
            f"  {when}{one.name}：确认 {b.confirmed:g}→{a.confirmed:g}，待核 {b.pending:g}→{a.pending:g}，"
            f"公出 {b.excused:g}→{a.excused:g}，应驻 {b.target:g}→{a.target:g}，"
            f"还差 {b.missing:g}→{a.missing:g}，可用日 {b.remaining_days}→{a.remaining_days}"
        )
    return [*lines, *(f"注意：{remark}" for remark in seen.remarks)]


def _with(session: Session, county_id: int, draft: Draft) -> Rulebook:
    """The county's rules as they would be with the draft."""
    rows = session.execute(
        select(Policy.starts_on, Policy.version, Policy.rules).where(Policy.county_id == county_id)
    ).all()
    versions = [(r.starts_on, in_force(r.version, PolicyRules.model_validate(r.rules))) for r in rows]
    newest = max((r.version for r in rows), default=0)
    return Rulebook([*versions, (draft.starts_on, in_force(newest + 1, draft.rules))])


def _numbers(count: MonthCount) -> tuple[float, ...]:
    return (
        count.confirmed,
        count.pending,
        count.excused,
        count.rejected,
        count.lowered,
        count.target,
        count.remaining_days,
    )


def _difference(old: PolicyRules, new: PolicyRules) -> dict[str, tuple[Any, Any]]:
    then, now = old.model_dump(mode="json"), new.model_dump(mode="json")
    return {name: (then[name], now[name]) for name in now if then[name] != now[name]}
