"""预警: who falls short while it can still be mended, and what was done about it, by whom, after hearing them."""

import uuid
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import Response, url_for

from server.api import flags as api
from server.api.session import caller
from server.console.alike import alike, said_of
from server.console.exports import export, of_api
from server.console.face import done, face, form, page, query
from server.console.words import moment
from server.console.workbook import Column
from server.flags.steps import STEP_WORDS

_STATES = (("open", "未解除"), ("closed", "已解除"), ("all", "全部"))
_KINDS = (
    ("unreachable", "已无法达标"),
    ("at_risk", "有风险"),
    ("behind", "落后"),
    ("missed", "未达标"),
    ("uncovered", "无人在外"),
)

_COLUMNS = (
    *(Column("类型", 12), Column("队员或单位", 16), Column("月份", 10), Column("说明", 50)),
    *(Column("提出时间", 18, "moment"), Column("解除时间", 18, "moment"), Column("处置", 60)),
)


@dataclass(frozen=True, slots=True)
class _Group:
    """Flags that are one line: of a member one, of units all that say the same and about which nobody has decided."""

    flags: Sequence[dict[str, Any]]

    @property
    def names(self) -> Sequence[str]:
        return [one["member_name"] or one["unit_name"] for one in self.flags]

    @property
    def message(self) -> str:
        first = self.flags[0]
        return first["message"] if len(self.flags) == 1 else said_of(first["unit_name"], first["message"])


def _sameness(one: dict[str, Any]) -> Hashable:
    if one["member_id"] or any(step["decided_by"] for step in one["steps"]):
        return one["id"]
    reminded = tuple(moment(step["at"], caller().tz) for step in one["steps"])
    at = (moment(one["raised_at"], caller().tz), one["closed_at"] and moment(one["closed_at"], caller().tz), reminded)
    return (one["kind"], one["month"], said_of(one["unit_name"], one["message"]), *at)


@face.get("/flags")
def flags() -> Response:
    asked = query(api.FlagQuery)
    found = cast(dict[str, Any], api.list_flags(asked))
    return page(
        "flags.html",
        found=found,
        groups=[_Group(rows) for rows in alike(found["items"], _sameness)],
        asked=asked,
        states=_STATES,
        kinds=_KINDS,
        steps=[(rung["step"], rung["word"]) for rung in found["may_decide"]],
        step_words=STEP_WORDS,
    )


@face.get("/flags/list.xlsx")
def flags_sheet() -> Response:
    """What the page lists with these filters."""
    asked = query(api.FlagQuery)
    filters = {
        "状态": dict(_STATES)[asked.state],
        "类型": dict(_KINDS)[asked.kind] if asked.kind else "",
        "队员编号": str(asked.member or ""),
    }
    return export("预警", "flags", _COLUMNS, filters, of_api(api.list_flags, asked, _cells))


def _cells(one: dict[str, Any]) -> tuple[Any, ...]:
    steps = "\n".join(_step_said(step) for step in one["steps"])
    about = one["member_name"] or one["unit_name"]
    return (
        dict(_KINDS)[one["kind"]],
        *(about, one["month"], one["message"], one["raised_at"], one["closed_at"], steps),
    )


def _step_said(step: dict[str, Any]) -> str:
    by = step["decided_by"]["name"] if step["decided_by"] else "系统"
    at = moment(step["at"], caller().tz)
    heard = f"；本人说明：{step['heard']}" if step["heard"] else ""
    reason = f"；理由：{step['reason']}" if step["reason"] else ""
    return f"{STEP_WORDS[step['step']]}（{by}，{at}）{heard}{reason}"


@face.post("/flags/<uuid:flag_id>/steps")
def flags_step(flag_id: uuid.UUID) -> Response:
    """Decide the next step, after the member was heard."""
    body = form(api.StepBody)
    api.take_step(api.FlagPath(flag_id=flag_id), body)
    return done(f"已记录“{STEP_WORDS[body.step]}”，有关的人会收到消息。", url_for("desk.flags"))
