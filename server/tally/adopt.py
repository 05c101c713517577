"""A county adopts new rules: checked, dated, stored as a version of their own, and the open days counted by them."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.errors import AppError, conflict, invalid
from server.org.consent import KEPT_MONTHS
from server.org.models import Unit
from server.org.scope import Caller
from server.tally import closed, policy
from server.tally.models import Policy
from server.tally.month_fold import earnable, is_daily, month_end
from server.tally.objections import objections
from server.tally.policy import following
from server.tally.rebuild import hold_county, months_from, rebuild
from server.tally.rules import NAMES, PolicyRules, in_force
from server.tally.workdays import is_workday

MOST_AHEAD_DAYS = 400  # rules for later than that are a slip of the finger


@dataclass(frozen=True, slots=True)
class Draft:
    """Rules that somebody means to adopt from a local date on."""

    starts_on: date
    rules: PolicyRules
    note: str = ""


def read_rules(given: dict[str, Any]) -> PolicyRules:
    """Rules from plain JSON. 422 `rules_invalid` names what cannot be read."""
    try:
        return PolicyRules.model_validate(given)
    except ValidationError as error:
        fields = [[str(part) for part in item["loc"]] for item in error.errors(include_url=False)]
        named = list(dict.fromkeys(NAMES.get(loc[0], loc[0]) if loc else "规则" for loc in fields))
        said = f"规则填写有误：{'、'.join(named[:5])}。"
        raise invalid("rules_invalid", said, fields=[".".join(loc) for loc in fields][:20]) from None


def check(session: Session, county_id: int, draft: Draft, today: date) -> Draft:
    """The draft as it may be adopted, with units by their ids. 409 when it would reach into a closed month, 422 for
    what no county may adopt."""
    if draft.starts_on > today + timedelta(days=MOST_AHEAD_DAYS):
        raise invalid("starts_too_late", "生效日期太远，请核对。", starts_on=draft.starts_on.isoformat())
    last = closed.latest(session, county_id)
    if last is not None and draft.starts_on.replace(day=1) <= last:
        first = following(last)
        raise conflict(
            "month_closed",
            f"{last.month}月的结果已经公布，规则不能影响到它；最早可从{first.month}月{first.day}日起生效。",
            month=f"{last:%Y-%m}",
        )
    if said := objections(draft.rules, today):
        raise invalid("rules_refused", "".join(said), objections=said)
    units = _units(session, county_id, draft.rules.unit_targets)
    return Draft(draft.starts_on, draft.rules.with_changes({"unit_targets": units}), draft.note)


def adopt(session: Session, caller: Caller, draft: Draft, now: datetime) -> Policy:
    """Store the draft as the county's next version and count the open days anew. An admin's decision."""
    caller.require("admin")
    county_id = caller.county_id
    hold_county(session, county_id)
    draft = check(session, county_id, draft, caller.today)
    latest = session.scalar(select(func.max(Policy.version)).where(Policy.county_id == county_id)) or 0
    made = Policy(
        county_id=county_id,
        id=uuid.uuid4(),
        version=latest + 1,
        starts_on=draft.starts_on,
        rules=draft.rules.model_dump(mode="json"),
        note=draft.note,
        created_by=caller.member_id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    policy.forget(session, county_id)
    months = months_from(session, county_id, draft.starts_on, caller.today)
    recounted = sum(rebuild(session, county_id, month, caller.today, now) for month in months)
    facts = {"version": made.version, "starts_on": draft.starts_on.isoformat(), "days_recounted": recounted}
    record(session, county_id, caller.member_id, "policy.adopted", made.id, facts, now)
    return made


def remarks(draft: Draft) -> list[str]:
    """What whoever adopts these rules should know, each a Chinese sentence."""
    said = []
    if draft.rules.countable_days == "workdays":
        for year in (draft.starts_on.year, draft.starts_on.year + 1):
            if is_workday(date(year, 12, 31)) is None:
                said.append(f"{year}年的放假安排还没有公布，这一年的在岗先记为待核，公布后重新计算。")
    said += _beyond_reach(draft)
    if draft.rules.evidence_limits:
        said.append("核验阈值只用于以后的打卡，已有的打卡不重新核验；想先看看会怎样，可以用 replay 命令试算。")
    if draft.rules.burden_mode == "daily":
        said.append("每日打卡须符合国办函〔2026〕12号，上线前请向网信部门备案。")
    if draft.rules.evidence_months < KEPT_MONTHS:
        said.append(
            f"照片、位置和手机信息只保存 {draft.rules.evidence_months} 个月：从生效当晚起，更早的全部删除，无法恢复。"
        )
    if draft.rules.ranking:
        said.append("排名公布后会增加基层负担，默认不做排名；请确认确有必要。")
    return said


def _beyond_reach(draft: Draft) -> list[str]:
    """The months of the next year in which the target is more than its dates give; it is lowered to that then."""
    rules, month, said = in_force(0, draft.rules), draft.starts_on.replace(day=1), []
    for _ in range(12):
        dates = [month + timedelta(days=n) for n in range(month_end(month).day)]
        most = sum(earnable(rules, on) for on in dates if rules.can_count(on) is not False) / 2
        if is_daily(rules) and most < draft.rules.target_days:
            said.append(f"{month.year}年{month.month}月最多能计 {most:g} 天")
        month = following(month)
    target = f"{draft.rules.target_days:g}"
    return [f"{'、'.join(said)}，少于目标 {target} 天，到时按最多能计的天数要求。"] if said else []


def _units(session: Session, county_id: int, targets: dict[str, float]) -> dict[str, float]:
    """The targets by unit id; a unit may be given by its exact name."""
    if not targets:
        return {}
    rows = session.execute(select(Unit.id, Unit.name).where(Unit.county_id == county_id)).all()
    ids = {str(row.id): str(row.id) for row in rows} | {row.name: str(row.id) for row in rows}
    unknown = [name for name in targets if name not in ids]
    if unknown:
        raise AppError(422, "unit_unknown", f"没有这个单位：{'、'.join(unknown[:3])}。", {"units": unknown[:20]})
    return {ids[name]: days for name, days in targets.items()}
