"""A draft of rules as a file: whole `rules`, or only the `changes` to those that hold on its first day."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from server.errors import invalid
from server.tally import policy
from server.tally.adopt import Draft, read_rules


def read_draft(session: Session, county_id: int, path: Path) -> Draft:
    """{"starts_on": "2026-12-01", "note": "", "rules": {…}} or {"starts_on": …, "changes": {…}}. Raises OSError, or 422
    with a Chinese sentence."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        starts_on = date.fromisoformat(given["starts_on"])
        rules, changes = given.get("rules"), given.get("changes")
        if not isinstance(rules if changes is None else changes, dict):
            raise TypeError(given)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise invalid("draft_invalid", "文件须是 JSON，含 starts_on，以及 rules 或 changes。") from None
    if rules is None:
        held = policy.in_force(session, county_id, starts_on).rules
        rules = held.model_dump(mode="json") | changes
    return Draft(starts_on, read_rules(rules), str(given.get("note", "")))


def as_file(session: Session, county_id: int, today: date) -> dict[str, Any]:
    """The rules that hold today, in the form that `read_draft` takes: to begin a draft with."""
    held = policy.in_force(session, county_id, today)
    rules = held.rules.model_dump(mode="json")
    return {"starts_on": today.isoformat(), "note": f"以第 {held.version} 版为底稿", "rules": rules}
