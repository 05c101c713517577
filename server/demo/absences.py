"""Leave and vouched-for days on paper: when somebody was not photographed at the station, and why."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.demo.attempts import local
from server.demo.county import CountyPlan, Person
from server.demo.habits import present_days


@dataclass(frozen=True, slots=True)
class Absence:
    """A leave as asked for and decided; `halves` 1 covers half of each day."""

    person: Person
    kind: str
    starts_on: date
    ends_on: date
    halves: int
    reason: str
    state: str
    decided_by: Person
    answer: str
    asked_at: datetime
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Vouching:
    """Somebody vouches for a member's day."""

    person: Person
    attester: Person
    on: date
    halves: int
    reason: str
    at: datetime


# which honest member, kind, days before today it starts, days, halves, state, reason
_LEAVES = (
    (1, "training", 12, 3, 2, "approved", "参加市里组织的招商业务培训班"),
    (2, "training", 12, 3, 2, "approved", "参加市里组织的招商业务培训班"),
    (3, "sick", 8, 2, 2, "approved", "发热就医，附医院证明"),
    (4, "official_trip", 16, 2, 2, "approved", "陪同县领导赴外省考察"),
    (5, "annual", 24, 4, 2, "approved", "年休假"),
    (6, "personal", 6, 1, 2, "approved", "家中老人住院"),
    (7, "personal", 10, 2, 2, "rejected", "回县办理私事"),
    (8, "training", 7, 1, 1, "approved", "上午参加线上政策培训"),
    (9, "personal", 5, 1, 1, "approved", "上午到派出所办理居住证"),
    (10, "recall", 18, 2, 2, "approved", "县里召开季度招商调度会"),
    (11, "sick", 0, 2, 2, "pending", "牙痛，预约了拔牙"),
    (12, "annual", -3, 3, 2, "pending", "年休假"),
    (13, "training", -2, 2, 2, "approved", "参加产业链招商专题培训"),
    (14, "sick", 3, 12, 2, "approved", "脚踝骨折，遵医嘱休养"),
)
# which honest member, days before today, halves, what the colleague wrote
_VOUCHED = (
    (8, 7, 1, "下午一起在驻点接待客商，手机送修没有打卡。"),
    (9, 5, 1, "下午回到驻点一起整理项目资料。"),
    (3, 15, 2, "手机进水，当天全天在驻点值班。"),
    (5, 11, 2, "微信登录异常，当天同去园区对接。"),
    (12, 21, 1, "上午在驻点，下午乘车返县。"),
    (6, 26, 2, "手机没电，晚上一起开了碰头会。"),
)
_ANSWERS = {"approved": "同意。", "rejected": "近期招商任务较重，请调整时间后再申请。", "pending": ""}
_REFUSED = "与我同住驻点，当天一起走访企业。"


def absences(plan: CountyPlan, today: date) -> list[Absence]:
    """The county's leaves; up to three days the unit's supervisor decides, longer the bureau."""
    made = []
    for index, kind, days_ago, days, halves, state, reason in _LEAVES:
        starts_on = today - timedelta(days=days_ago)
        for person in _honest(plan, index):
            if person.stay_on(starts_on):
                made.append(_absence(plan, person, starts_on, kind, days, halves, state, reason))
    return made


def vouchings(plan: CountyPlan, today: date) -> list[Vouching]:
    """Days that a colleague vouches for: a few of everybody's, and all of the member's who refused photos."""
    made = []
    for index, days_ago, halves, reason in _VOUCHED:
        on = today - timedelta(days=days_ago)
        made += [_vouching(plan, person, on, halves, reason) for person in _honest(plan, index)]
    for person in plan.of_story("refused"):
        made += [_vouching(plan, person, on, 2, _REFUSED) for on in present_days(person, plan.starts_on, today)]
    return [v for v in made if v.person.stay_on(v.on)]


def days_away(leaves: list[Absence], vouched: list[Vouching]) -> set[tuple[uuid.UUID, date]]:
    """(member id, date) on which no check-in is made: approved leave, or a phone that did not work."""
    away = {(v.person.id, v.on) for v in vouched}
    for leave in leaves:
        if leave.state == "approved":
            length = (leave.ends_on - leave.starts_on).days + 1
            away |= {(leave.person.id, leave.starts_on + timedelta(days=i)) for i in range(length)}
    return away


def _absence(
    plan: CountyPlan, person: Person, starts_on: date, kind: str, days: int, halves: int, state: str, reason: str
) -> Absence:
    asked_at = local(starts_on - timedelta(days=4), 10 * 60 + 5 * (person.number % 9))
    return Absence(
        person=person,
        kind=kind,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=days - 1),
        halves=halves,
        reason=reason,
        state=state,
        decided_by=_decider(plan, person, days),
        answer=_ANSWERS[state],
        asked_at=asked_at,
        decided_at=asked_at + timedelta(hours=5),
    )


def _decider(plan: CountyPlan, person: Person, days: int) -> Person:
    own = [p for p in plan.with_duty("unit_supervisor") if p.unit == person.unit and p != person]
    return own[0] if own and days <= 3 else plan.with_duty("bureau_supervisor")[0]


def _vouching(plan: CountyPlan, person: Person, on: date, halves: int, reason: str) -> Vouching:
    """By the squad's leader; for a leader, by a colleague of the squad."""
    stay = person.stay_on(on)
    mates = [p for p in plan.posted if p != person and stay and _squad_on(p, on) == stay.squad.id]
    leaders = [p for p in mates if p.stays[0].role == "squad_leader"]
    attester = (leaders or mates or plan.with_duty("bureau_supervisor"))[0]
    return Vouching(person, attester, on, halves, reason, local(on, 18 * 60 + 10 + person.number % 40))


def _squad_on(person: Person, on: date) -> uuid.UUID | None:
    stay = person.stay_on(on)
    return stay.squad.id if stay else None


def _honest(plan: CountyPlan, index: int) -> Iterator[Person]:
    """The honest member of this index, if the county is large enough to have one."""
    yield from [p for p in plan.posted if p.story == "honest"][index : index + 1]
