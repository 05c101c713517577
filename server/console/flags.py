"""预警: who falls short while it can still be mended, and what was done about it, by whom, after hearing them."""

import uuid
from typing import Any, cast

from flask import Response, url_for

from server.api import flags as api
from server.api.services import reading
from server.api.session import caller
from server.console.face import done, face, form, page, query
from server.flags.steps import STEP_WORDS
from server.tally import policy

_STATES = (("open", "未解除"), ("closed", "已解除"), ("all", "全部"))
_KINDS = (
    ("unreachable", "已无法达标"),
    ("at_risk", "有风险"),
    ("behind", "落后"),
    ("missed", "未达标"),
    ("uncovered", "无人在外"),
)


@face.get("/flags")
def flags() -> Response:
    asked = query(api.FlagQuery)
    with reading() as session:
        ladder = policy.in_force(session, caller().county_id, caller().today).rules.escalation
    mine = [(rung.step, STEP_WORDS[rung.step]) for rung in ladder if caller().has(*rung.decided_by)]
    return page(
        "flags.html",
        found=cast(dict[str, Any], api.list_flags(asked)),
        asked=asked,
        states=_STATES,
        kinds=_KINDS,
        steps=mine,
        step_words=STEP_WORDS,
    )


@face.post("/flags/<uuid:flag_id>/steps")
def flags_step(flag_id: uuid.UUID) -> Response:
    """Decide the next step, after the member was heard."""
    body = form(api.StepBody)
    api.take_step(api.FlagPath(flag_id=flag_id), body)
    return done(f"已记录“{STEP_WORDS[body.step]}”，有关的人会收到消息。", url_for("desk.flags"))
