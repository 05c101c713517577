"""Keyset pagination: an opaque cursor that names the last row seen; lists never count and never skip."""

import base64
import binascii
import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Select, tuple_

from server.errors import invalid


class PageQuery(BaseModel):
    limit: int = Field(50, ge=1, le=200, description="rows a page")
    cursor: str = Field("", max_length=200, description="`next_cursor` of the page before")


def oldest_first(statement: Select[Any], at: Any, row_id: Any, query: PageQuery) -> Select[Any]:
    """The same, ascending: for what waits its turn."""
    if query.cursor:
        last_at, last_id = read_cursor(query.cursor)
        statement = statement.where(tuple_(at, row_id) > tuple_(last_at, last_id))
    return statement.order_by(at, row_id).limit(query.limit + 1)


def newest_first(statement: Select[Any], at: Any, row_id: Any, query: PageQuery) -> Select[Any]:
    """Order by (at, id) descending, start after the cursor, and ask for one row more than the page holds."""
    if query.cursor:
        last_at, last_id = read_cursor(query.cursor)
        statement = statement.where(tuple_(at, row_id) < tuple_(last_at, last_id))
    return statement.order_by(at.desc(), row_id.desc()).limit(query.limit + 1)


def cut(rows: Sequence[Any], query: PageQuery, at: str, row_id: str = "id") -> tuple[Sequence[Any], str | None]:
    """The page's rows and the next cursor (None at the end)."""
    if len(rows) <= query.limit:
        return rows, None
    page = rows[: query.limit]
    last = page[-1]
    mark = json.dumps([getattr(last, at).isoformat(), str(getattr(last, row_id))])
    return page, base64.urlsafe_b64encode(mark.encode()).decode()


def read_cursor(cursor: str) -> tuple[datetime, uuid.UUID]:
    """The row that a cursor names; 422 when it is none of ours."""
    try:
        at, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError(at)
        return moment, uuid.UUID(row_id)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise invalid("cursor_invalid", "翻页标记不对，请从第一页重新开始。") from None
