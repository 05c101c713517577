"""One pushed event in hand: what a handler is given, and the parts of it that several read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.notify.credits import Holder
from server.org.models import Member
from server.pushes.models import PushedEvent

_LONGEST_TEMPLATE = 64


class NotYet(Exception):
    """What the event is about is under way; it can be told in a minute."""


@dataclass(frozen=True, slots=True)
class Matter:
    """The event, the member it is about, and the transaction in which it is handled."""

    session: Session
    event: PushedEvent
    member: Member
    templates: Mapping[str, str]  # WECHAT_TEMPLATES
    now: datetime

    def holder(self, template_id: str) -> Holder:
        return Holder(self.member.county_id, self.member.id, template_id)

    def entries(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(template id, entry) of a subscribe event's List. In XML it stands in an element of its own; it is an object
        when there is one entry and an array when there are several (facts section 3)."""
        said: Any = self.event.said
        nested = [value for value in said.values() if isinstance(value, dict) and "List" in value]
        listed = said.get("List") or (nested[0]["List"] if nested else None)
        for entry in listed if isinstance(listed, list) else [listed]:
            if not isinstance(entry, dict):
                continue
            template = entry.get("TemplateId")
            if isinstance(template, str) and 0 < len(template) <= _LONGEST_TEMPLATE:
                yield template, entry
