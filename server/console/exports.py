"""导出: what a list's filters find, asked for page after page as the page itself asks, as one workbook; audited."""

from collections.abc import Callable, Mapping, Sequence
from threading import BoundedSemaphore
from typing import Any

from flask import Response

from server.api.paging import PageQuery
from server.api.services import now, transaction
from server.api.session import caller
from server.audit.journal import record
from server.console import workbook
from server.console.workbook import Column, Maker, Table
from server.errors import AppError
from server.progress import tell
from server.rate_limits import spend

MOST_ROWS = 5_000
_AT_ONCE = BoundedSemaphore(3)  # a process: the others of its threads answer everybody else
PAGE = 200  # rows asked for at once: as many as the API gives
Rows = Sequence[Sequence[Any]]
Pages = Callable[[str], tuple[Rows, str | None]]


def maker() -> Maker:
    """Whoever asks, now."""
    who = caller()
    return Maker(who.county_name, who.name, now(), who.tz)


def export(
    name: str, file: str, columns: Sequence[Column], filters: Mapping[str, str | None], pages: Pages
) -> Response:
    """The whole list as a workbook, its first MOST_ROWS rows at most, and said so when there are more.

    name: what people call it; file: the same in ASCII; filters: what was asked, in words, by the filter's name (None or
    empty: not narrowed); pages: from a cursor (`""`: the first) the rows, a value a column, and the next cursor. It
    refuses whoever may not read the page. Raises 429 for the 61st within an hour.
    """
    who = caller()
    with transaction() as session:
        spend(session, f"export:{who.county_id}:{who.member_id}", limit=60, window_s=3600, now=now())
    if not _AT_ONCE.acquire(blocking=False):
        raise AppError(503, "busy", "现在导出的人较多，请过一会儿再点。")
    try:
        rows, is_cut = _collected(pages)
    finally:
        _AT_ONCE.release()
    asked = {key: value for key, value in filters.items() if value}
    made = maker()
    facts = {"list": file, "filters": asked, "rows": len(rows)} | ({"cut": True} if is_cut else {})
    with transaction() as session:
        record(session, who.county_id, who.member_id, "list.exported", None, facts, made.at)
    note = _note(asked, len(rows), is_cut, made)
    content = workbook.write([Table(name, f"{who.county_name} {name}", note, columns, rows)], made)
    return workbook.download(content, f"{file}-{who.today:%Y%m%d}.xlsx")


def of_api(handler: Callable[[Any], Any], asked: PageQuery, row: Callable[[dict[str, Any]], Sequence[Any]]) -> Pages:
    """The pages of a list of the API's: `handler` answers the filters `asked`, `row` makes a row of an item."""

    def pages(cursor: str) -> tuple[Rows, str | None]:
        found = handler(asked.model_copy(update={"cursor": cursor, "limit": PAGE}))
        return [row(one) for one in found["items"]], found["next_cursor"]

    return pages


def _collected(pages: Pages) -> tuple[list[Sequence[Any]], bool]:
    found: list[Sequence[Any]] = []
    cursor: str | None = ""
    while cursor is not None and len(found) <= MOST_ROWS:
        rows, cursor = pages(cursor)
        found += rows
        tell("已取出", len(found), None, "行")
    return found[:MOST_ROWS], len(found) > MOST_ROWS


def _note(asked: Mapping[str, str], count: int, is_cut: bool, made: Maker) -> str:
    narrowed = "；".join(f"{key}：{value}" for key, value in asked.items()) or "没有筛选"
    held = f"只有前 {MOST_ROWS} 行，后面还有；请缩小筛选，分几次导出" if is_cut else f"共 {count} 行"
    return f"{narrowed}。{held}。{made.words}。"
