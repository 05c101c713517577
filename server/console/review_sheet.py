"""What waits for review as a workbook: as the list has it, so that nobody reads there what they are asked about."""

from typing import Any

from flask import Response

from server.api.checkins import ListQuery, list_checkins
from server.api.reviews import WaitingQuery, waiting_rows
from server.api.services import reading
from server.api.session import caller
from server.console.exports import PAGE, Rows, export, of_api
from server.console.face import face, query
from server.console.rail import BUREAU
from server.console.review import filter_choices
from server.console.review_list import listed
from server.console.workbook import Column

_FILTERS = {"unit": "单位", "squad": "小分队", "finding": "核验发现", "days": "等了多久", "weight": "疑点权重"}
_COLUMNS = (
    *(Column("队员", 12), Column("日期", 12, "date"), Column("为什么待核", 60), Column("疑点权重", 9, "days")),
    *(Column("意见", 10), Column("收到时间", 18, "moment")),
)


@face.get("/review/list.xlsx")
def review_sheet() -> Response:
    """What the page lists with these filters."""
    asked = query(WaitingQuery)
    if not caller().has(BUREAU):
        watched = of_api(list_checkins, ListQuery(holds="review"), _cells)
        return export("待核的打卡", "review", _COLUMNS, {}, watched)
    with reading() as session:
        choices = filter_choices(session)
    given = asked.model_dump(exclude_none=True, exclude={"limit", "cursor"}, mode="json")
    words = {name: {str(value): said for value, said in choices[name]} for name in given}
    named = {
        _FILTERS[name]: words[name].get(f"{value:g}" if name in ("days", "weight") else value, str(value))
        for name, value in given.items()
    }

    def pages(cursor: str) -> tuple[Rows, str | None]:
        with reading() as session:
            items, following = listed(session, asked.model_copy(update={"limit": PAGE, "cursor": cursor}))
            rows = waiting_rows(session, items)
        return [_cells(row.model_dump(mode="json")) for row in rows], following

    return export("待核的打卡", "review", _COLUMNS, named, pages)


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    state = "意见不一" if row["decision"] else ""
    return (row["member"]["name"], row["on"], row["reason"], row["weight"] or None, state, row["received_at"])
