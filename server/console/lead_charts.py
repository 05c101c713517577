"""线索分析: a period's funnel and channels, how long open leads stand, and squads' months beside their days."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, Field

from server.api import leads as api
from server.api.fields import Day
from server.api.lead_filters import LeadFilter
from server.api.months import first_of
from server.api.services import now, reading
from server.api.session import caller
from server.console.face import face, page, query
from server.errors import invalid
from server.tally import policy
from server.watch import lead_charts, members, results
from server.watch.lead_charts import AGES, Active

_A_YEAR = timedelta(days=364)
# The columns by which somebody may ask to have the squads sorted; by themselves they stand by name.
SORTS: dict[str, Callable[[Active], Any]] = {
    "days": lambda one: one.days,
    "reported": lambda one: one.reported,
    "updates": lambda one: one.updates,
    "moved": lambda one: one.moved,
    "signed": lambda one: one.signed,
}


class ChartQuery(BaseModel):
    starts_on: Day | None = None
    ends_on: Day | None = None
    unit: uuid.UUID | None = None
    squad: uuid.UUID | None = None
    month: str = Field("", pattern=r"^(|20\d\d-(0[1-9]|1[0-2]))$")
    sort: Literal["", "days", "reported", "updates", "moved", "signed"] = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart: its name, what is said at its end, and (value, tone) of each piece of it."""

    name: str
    said: str
    pieces: tuple[tuple[float, str], ...]

    @property
    def total(self) -> float:
        return sum(value for value, _ in self.pieces)


@face.get("/leads/charts")
def leads_charts() -> Response:
    asked, who, at = query(ChartQuery), caller(), now()
    until = asked.ends_on or who.today
    span = lead_charts.Span(asked.starts_on or until - _A_YEAR, until, who.tz)
    if span.since > span.until:
        raise invalid("span_reversed", "开始日期在结束日期之后，请改一改。")
    month = first_of(asked.month)
    with reading() as session:
        part = results.narrowed(session, who, asked.unit, asked.squad)
        narrowed = api.narrowed(session, LeadFilter(unit=asked.unit, squad=asked.squad))
        steps, channels = lead_charts.came_far(session, who, span, narrowed)
        days = policy.in_force(session, who.county_id, who.today).rules.lead_report_days
        standing = lead_charts.standing(session, who, at, days, narrowed)
        squads = lead_charts.active(session, who, month, part)
        units, named = members.choices(session, who)
    if asked.sort:
        squads.sort(key=SORTS[asked.sort], reverse=True)
    return page(
        "lead_charts.html",
        asked=asked,
        span=span,
        steps=steps,
        step_bars=[Bar(one.word, str(one.count), ((one.count, "brand"),)) for one in steps],
        channels=channels,
        channel_bars=[
            Bar(
                one.word, f"{one.signed} / {one.reported}", ((one.signed, "brand"), (one.reported - one.signed, "rest"))
            )
            for one in channels
        ],
        standing=standing,
        standing_bars=[
            Bar(one.word, str(one.total), tuple((many, f"age{n}") for n, many in enumerate(one.counts)))
            for one in standing
        ],
        ages=_ages(),
        report_days=days,
        squads=squads,
        most_days=max((one.days for one in squads), default=0),
        month=month,
        months=_months(who.today),
        units=units,
        named=named,
    )


def _ages() -> Sequence[str]:
    firsts = (0, *AGES)
    spans = [f"{first + 1}–{last} 天" if first else f"{last} 天内" for first, last in zip(firsts, AGES, strict=False)]
    return [*spans, f"{AGES[-1]} 天以上"]


def _months(today: date) -> list[date]:
    """This month and the eleven before it."""
    return [date(today.year - (today.month <= back), (today.month - back - 1) % 12 + 1, 1) for back in range(12)]
