"""规则: what holds and since when, what was changed by whom, and a form whose effect is shown before it is adopted."""

from collections.abc import Mapping
from typing import Any, cast

from flask import Response, request, url_for
from pydantic import ValidationError
from sqlalchemy import select

from server.api import policies as api
from server.api.problems import as_refusal
from server.api.services import reading
from server.api.session import caller
from server.console.face import done, face, page
from server.console.rule_words import CHOICES, SECTIONS, Asked, spoken
from server.leaves.models import KIND_WORDS
from server.org.models import ROLE_NAMES, Unit
from server.tally import policy
from server.tally.rules import NAMES, PolicyRules

_WINDOW_ROWS, _APPROVER_ROWS = 3, 3
_READERS = ("admin", "bureau_supervisor", "county_leader")


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
    """The form, filled with the rules that hold."""
    caller().require("admin")
    with reading() as session:
        rules = policy.in_force(session, caller().county_id, caller().today).rules
        units = session.execute(
            select(Unit.id, Unit.name).where(Unit.county_id == caller().county_id).order_by(Unit.name)
        ).all()
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
        target_roles={role: ROLE_NAMES[role] for role in ("member", "squad_leader", "unit_supervisor")},
        units=units,
        window_rows=_WINDOW_ROWS,
        approver_rows=_APPROVER_ROWS,
        starts_on=policy.following(caller().today),
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
    before = [row["rules"] for row in rows[1:]] + [PolicyRules().model_dump(mode="json")]
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
    """The posted form as rules. What it does not ask for stays as it holds. Raises 422 naming each field."""
    given = request.form
    with reading() as session:
        now = policy.in_force(session, caller().county_id, caller().today).rules.model_dump(mode="json")
    plain = {asked.name: _plain(asked, given) for _, section in SECTIONS for asked in section}
    changed = now | plain | _nested(given)
    changed["escalation"], changed["weekday_windows"] = now["escalation"], now["weekday_windows"]
    try:
        return api.PolicyBody.model_validate(
            {"starts_on": given.get("starts_on") or None, "rules": changed, "note": given.get("note", "")}
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
        {"start": given[f"start{n}"], "end": given.get(f"end{n}", ""), "halves": int(given.get(f"halves{n}", "2"))}
        for n in range(_WINDOW_ROWS)
        if given.get(f"start{n}")
    ]
    approvers = [
        {"up_to_days": given.get(f"up_to{n}") or None, "role": given[f"approver{n}"]}
        for n in range(_APPROVER_ROWS)
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
