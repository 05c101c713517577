"""规则: what holds and since when, what was changed by whom, and a form whose effect is shown before it is adopted."""

from collections.abc import Mapping
from typing import Any, cast

from flask import Response, request, url_for
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import select

from server.api import policies as api
from server.api.fields import Day
from server.api.problems import as_refusal
from server.api.services import reading
from server.api.session import caller
from server.console.face import done, face, form, page, query
from server.console.rule_words import CHOICES, SECTIONS, Asked, spoken
from server.errors import conflict
from server.leaves.models import KIND_WORDS
from server.org.models import ROLE_NAMES, Unit
from server.tally import policy
from server.tally.rules import NAMES, PolicyRules

_FEWEST_ROWS, _MOST_ROWS = 3, 6
_TARGET_ROLES = ("member", "squad_leader", "unit_supervisor")
_READERS = ("admin", "bureau_supervisor", "county_leader")


class StartQuery(BaseModel):
    starts_on: Day | None = None


class StartForm(BaseModel):
    """From when the rules shall hold, and which version the form was filled with."""

    starts_on: Day
    base: int = Field(ge=0, le=1_000_000)


@face.get("/policies")
def policies() -> Response:
    """The rules that hold today; every version with what it changed."""
    who = caller()
    with reading() as session:
        holding = policy.in_force(session, who.county_id, who.today)
    rules = holding.rules.model_dump(mode="json")
    history = _history() if who.has(*_READERS) else []
    return page(
        "policies.html",
        version=holding.version,
        rules=[(NAMES[name], spoken(name, value)) for name, value in rules.items()],
        history=history,
        may_change=who.has("admin"),
    )


@face.get("/policies/new")
def policies_new() -> Response:
    """The form, filled with the rules that hold on the date from which others shall."""
    caller().require("admin")
    starts_on = query(StartQuery).starts_on or policy.following(caller().today)
    with reading() as session:
        holding = policy.in_force(session, caller().county_id, starts_on)
        units = session.execute(
            select(Unit.id, Unit.name).where(Unit.county_id == caller().county_id).order_by(Unit.name)
        ).all()
    rules = holding.rules
    return page(
        "policy_form.html",
        rules=rules.model_dump(mode="json"),
        sections=SECTIONS,
        names=NAMES,
        choices=CHOICES,
        kinds=KIND_WORDS,
        roles={
            role: ROLE_NAMES[role] for role in ("squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader")
        },
        target_roles={role: ROLE_NAMES[role] for role in _TARGET_ROLES},
        units=units,
        window_rows=max(_FEWEST_ROWS, min(_MOST_ROWS, len(rules.windows) + 1)),
        approver_rows=max(_FEWEST_ROWS, min(_MOST_ROWS, len(rules.approvers) + 1)),
        starts_on=starts_on,
        base=holding.version,
    )


@face.post("/policies/preview")
def policies_preview() -> Response:
    """What the form's rules would do to the open months; nothing is saved."""
    seen = cast(dict[str, Any], api.preview_policy(_body()))
    changes = [
        (NAMES[one["rule"]], spoken(one["rule"], one["then"]), spoken(one["rule"], one["now"])) for one in seen["rules"]
    ]
    return page("_policy_preview.html", seen=seen, changes=changes)


@face.post("/policies")
def policies_adopt() -> Response:
    """Adopt the form's rules from its date on."""
    body = _body()
    api.adopt_policy(body)
    on = body.starts_on
    return done(f"已采用，{on.year}年{on.month}月{on.day}日起生效。", url_for("desk.policies"))


def _history() -> list[dict[str, Any]]:
    """Each version with what it changed from the one before."""
    rows = cast(dict[str, Any], api.list_policies())["items"]
    before = [*(row["rules"] for row in rows[1:]), PolicyRules().model_dump(mode="json")][: len(rows)]
    return [
        row
        | {
            "changes": [
                (NAMES[name], spoken(name, old.get(name)), spoken(name, value))
                for name, value in row["rules"].items()
                if value != old.get(name)
            ]
        }
        for row, old in zip(rows, before, strict=True)
    ]


def _body() -> api.PolicyBody:
    """The posted form as rules. What it does not ask for stays as it holds on the date from which these shall. Raises
    422 naming each field, and 409 when the form was filled with the rules of another date."""
    given = request.form
    start = form(StartForm)
    with reading() as session:
        holding = policy.in_force(session, caller().county_id, start.starts_on)
    if holding.version != start.base:
        on = f"{start.starts_on.month}月{start.starts_on.day}日"
        said = f"{on}有效的是第 {holding.version} 版规则，这张表是按第 {start.base} 版填的；"
        said += f"请先在上面按{on}的规则填表，再改。"
        raise conflict("rules_of_another_date", said)
    now = holding.rules.model_dump(mode="json")
    plain = {asked.name: _plain(asked, given) for _, section in SECTIONS for asked in section}
    changed = now | plain | _nested(given)
    unasked = {role: days for role, days in now["role_targets"].items() if role not in _TARGET_ROLES}
    changed["role_targets"] = unasked | changed["role_targets"]
    try:
        return api.PolicyBody.model_validate(
            {"starts_on": start.starts_on, "rules": changed, "note": given.get("note", "")}
        )
    except ValidationError as error:
        raise as_refusal(error) from None


def _plain(asked: Asked, given: Mapping[str, str]) -> Any:
    value = given.get(asked.name, "").strip()
    if asked.kind == "yes":
        return value == "true"
    if asked.kind == "text":
        return value
    return value or None


def _nested(given: Mapping[str, str]) -> dict[str, Any]:
    windows = [
        {"start": given[f"start{n}"], "end": given.get(f"end{n}", ""), "halves": given.get(f"halves{n}", "2")}
        for n in range(_MOST_ROWS)
        if given.get(f"start{n}")
    ]
    approvers = [
        {"up_to_days": given.get(f"up_to{n}") or None, "role": given[f"approver{n}"]}
        for n in range(_MOST_ROWS)
        if given.get(f"approver{n}")
    ]
    return {
        "windows": windows,
        "full_day": {"checkins": given.get("checkins") or 1, "min_gap_min": given.get("min_gap_min") or 0},
        "counted_kinds": [kind for kind in CHOICES["kind"] if given.get(f"kind_{kind}")],
        "proration": {
            "by_posting": given.get("by_posting") == "true",
            "absence": given.get("absence", "day_for_day"),
            "rounding": given.get("rounding", "down"),
        },
        "leave_effects": {kind: given.get(f"leave_{kind}") for kind in KIND_WORDS if given.get(f"leave_{kind}")},
        "approvers": approvers,
        "role_targets": _prefixed(given, "role_target_"),
        "unit_targets": _prefixed(given, "unit_target_"),
    }


def _prefixed(given: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix) and value}
