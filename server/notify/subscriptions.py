"""Which templates a member can be sent, what each is for in plain words, and whether to ask for another acceptance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.notify.messages import KINDS
from server.notify.models import SubscriptionCredit

_POSTED = ("member", "squad_leader")
_APPROVERS = ("squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader")
_HEADS = ("unit_supervisor",)
_BUREAU = ("bureau_supervisor",)
_FEW = 3  # a reminder is sent every working day, and each acceptance is good for one message
_REST = timedelta(days=7)  # who said no is not asked again at the next tap (运营规范 5.21: nobody is pressed)

# By kind of notice: who gets it, and what it tells them. The keys are those of messages.KINDS; a test holds them equal.
PURPOSES: dict[str, tuple[tuple[str, ...], str]] = {
    "reminder": (_POSTED, "打卡时间快结束时提醒您"),
    "checkin_pending": (_POSTED, "打卡转人工复核时告诉您"),
    "checkin_decided": (_POSTED, "打卡复核有结果时告诉您"),
    "flag_behind": (_POSTED, "驻点天数落后时告诉您还差几天"),
    "flag_at_risk": (_POSTED, "月度目标有风险时告诉您"),
    "flag_unreachable": (_POSTED, "月度目标已来不及时告诉您"),
    "flag_missed": (_POSTED, "月度结果未达标时请您核对"),
    "month_reached": (_POSTED, "月度结果达标时告诉您"),
    "leave_decided": (_POSTED, "请假审批有结果时告诉您"),
    "leave_ending": (_POSTED, "假期结束前一天提醒您"),
    "leave_asked": (_APPROVERS, "有请假要您审批时告诉您"),
    "leave_withdrawn": (_APPROVERS, "请假申请撤回时告诉您"),
    "leave_waiting": (_APPROVERS, "请假快到期还没审批时提醒您"),
    "flag_step": ((*_POSTED, *_HEADS), "预警有约谈、通报等处置时告诉您"),
    "flag_uncovered": (_HEADS, "本单位没有主要领导在外时提醒您"),
    "month_closed": (_BUREAU, "月度结账完成时告诉您"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One template to be accepted: its id at WeChat, its title, and what it is for, a short sentence each."""

    template_id: str
    title: str
    purposes: tuple[str, ...]


def template_id(kind: str, templates: Mapping[str, str]) -> str:
    """The template of a kind: the county's own (WECHAT_TEMPLATES), else the sandbox's."""
    return templates.get(kind, KINDS[kind].template)


def offers(roles: Iterable[str], templates: Mapping[str, str]) -> list[Offer]:
    """The templates by which somebody with these roles can get anything, the most useful first."""
    held, found = set(roles), dict[str, list[str]]()
    for kind, (to, _words) in PURPOSES.items():
        if held.intersection(to):
            found.setdefault(template_id(kind, templates), []).append(kind)
    return [
        Offer(template, KINDS[kinds[0]].title, tuple(PURPOSES[kind][1] for kind in kinds))
        for template, kinds in found.items()
    ]


def is_low(ledger: SubscriptionCredit | None, now: datetime) -> bool:
    """Whether to ask at the next tap: few or none are left, or nothing is known, and no refusal is fresh."""
    if ledger is None:
        return True
    rests = ledger.rejected_at is not None and now - ledger.rejected_at < _REST
    return ledger.credits < _FEW and not rests
