"""Which templates a member can be sent, what each is for in plain words, and whether to ask for another acceptance."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.notify.messages import KINDS, SUBSCRIBED
from server.notify.models import SubscriptionCredit

_FEW = 3  # a reminder is sent every working day, and each acceptance is good for one message
_REST = timedelta(days=7)  # who said no is not asked again at the next tap (运营规范 5.21: nobody is pressed)
# The keys of the five templates that the kinds are written for, in the order in which words.py gives their values.
FIELDS = {
    "sandbox-reminder": ("thing1", "date2", "thing3"),
    "sandbox-decided": ("thing1", "phrase2", "thing3"),
    "sandbox-leave": ("thing1", "thing2", "phrase3", "thing4"),
    "sandbox-flag": ("thing1", "phrase2", "thing3", "thing4"),
    "sandbox-task": ("thing1", "date2", "thing3"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One template to be accepted: its id at WeChat, its title, and what it is for, a short sentence each."""

    template_id: str
    title: str
    purposes: tuple[str, ...]


def template_id(kind: str, templates: Mapping[str, str]) -> str:
    """The template of a kind: the county's own (WECHAT_TEMPLATES), else the sandbox's."""
    return templates.get(kind, KINDS[kind].template).partition("|")[0]


def template_keys(kind: str, templates: Mapping[str, str]) -> tuple[str, ...]:
    """The keys that this template's values go under, in the kind's order (`id|thing4,date1,thing7`); none: the kind's
    own. A template of the library has keys of its own (facts section 3)."""
    keys = templates.get(kind, "").partition("|")[2]
    return tuple(key.strip() for key in keys.split(",") if key.strip())


def expected_keys(kind: str, templates: Mapping[str, str]) -> tuple[str, ...]:
    """The keys that a message of this kind fills in."""
    return template_keys(kind, templates) or FIELDS[KINDS[kind].template]


def offers(roles: Iterable[str], templates: Mapping[str, str], kinds: Collection[str] = SUBSCRIBED) -> list[Offer]:
    """The templates by which somebody with these roles can get any of these kinds, the most useful first."""
    held, found = set(roles), dict[str, list[str]]()
    for kind in (kind for kind in SUBSCRIBED if kind in kinds):
        if held.intersection(KINDS[kind].to):
            found.setdefault(template_id(kind, templates), []).append(kind)
    return [
        Offer(template, KINDS[of_it[0]].title, tuple(KINDS[kind].purpose for kind in of_it))
        for template, of_it in found.items()
    ]


def is_low(ledger: SubscriptionCredit | None, lasting: bool, now: datetime) -> bool:
    """Whether to ask at the next tap: few or none are left, or nothing is known, and no refusal is fresh. Of a template
    that lasts one acceptance is enough."""
    if ledger is None:
        return True
    rests = ledger.rejected_at is not None and now - ledger.rejected_at < _REST
    return ledger.credits < (1 if lasting else _FEW) and not rests
