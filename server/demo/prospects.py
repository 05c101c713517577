"""The demo's leads on paper: companies that do not exist, how far each has come, and what waits for a decision."""

import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from server.demo.attempts import local
from server.demo.county import CountyPlan, Person, SquadPlan, known
from server.leads.chains import Target
from server.leads.companies import New
from server.leads.models import STAGES

# Two characters that no well-known company is called by, and what such a company makes.
_BRANDS = (
    *("澜汐", "禾砚", "朔光", "岚芯", "铂翎", "羽衡", "青筑", "溪砾", "蓝瓴", "垚晶", "沐垣", "瀚芃"),
    *("启钧", "木岑", "云枥", "砺石", "珩远", "桐屿", "霁野", "穗坊", "锦垣", "星壤", "北砚", "渝岚"),
)
_TRADES = (
    *(("新能源材料", "新能源"), ("精密制造", "装备制造"), ("食品科技", "食品加工"), ("生物医药", "生物医药")),
    *(("智能装备", "装备制造"), ("电子科技", "电子信息")),
)
# The county's chains: side and name of each node, and the companies to be won that nobody has approached yet.
CHAINS: dict[str, tuple[tuple[str, str], ...]] = {
    "新能源": (("upstream", "正极材料"), ("upstream", "隔膜"), ("core", "动力电池"), ("downstream", "电池回收")),
    "装备制造": (("upstream", "铸件"), ("core", "工业机器人"), ("core", "数控机床"), ("downstream", "成套设备")),
    "食品加工": (("upstream", "粮油初加工"), ("core", "预制菜"), ("downstream", "冷链物流")),
    "生物医药": (("upstream", "原料药"), ("core", "制剂"), ("downstream", "医疗器械")),
    "电子信息": (("upstream", "元器件"), ("core", "智能终端"), ("downstream", "软件服务")),
    "纺织服装": (("upstream", "化纤"), ("core", "家纺"), ("downstream", "品牌服装")),
}
_TO_BE_WON = ("皓垣", "屹川", "澄麓", "湛野", "昱岭", "岫云", "渊泽", "祁岚", "朗峤", "沛原", "骁途", "芷汀")
_CHANNELS = ("exhibition", "chamber", "referral", "cold_call", "inquiry")
_SAID = (
    "电话沟通，对方请我们发县里的产业政策。",
    "上门拜访，看了生产线，对方关心用地和电价。",
    "带企业负责人看了园区标准厂房。",
    "对方提出需要 60 亩用地和稳定蒸汽供应，已报县里。",
    "商会介绍见面，约好下周再谈。",
)
_NEXT = ("约负责人来县考察", "送用地方案", "答复电价政策", "陪同看厂房", "补环评资料清单")
_MAX_STEPS = 4
# Of seven squads one gives up, one is asked to share, and two ask a county leader along, one of them with an answer.
_EVERY, _CLOSES, _IS_JOINED, _ASKS_ALONG, _IS_ESCORTED = 7, 1, 4, 2, 5
_FACTS: tuple[Mapping[str, Any], ...] = (
    {"land_mu": 60.0, "energy_tce": 800.0, "eia": "form", "environment": "少量焊接废气，有收集处理"},
    {"land_mu": 30.0, "energy_tce": 300.0, "eia": "registration"},
    {"land_mu": 120.0, "energy_tce": 2600.0, "eia": "report", "environment": "有表面处理工序，废水接管"},
    {"land_mu": 0.0, "eia": "registration", "environment": "租用标准厂房"},
    {},
)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a lead: an update, a stage, a wish to close it, or another squad's wish to join."""

    at: datetime
    by: Person
    what: str  # update | stage | close | join | escort
    word: str = ""  # the text, or the stage
    on: date | None = None  # of an escort: when the leader is asked to come
    answered: bool = False  # … and whether the leader has said yes


@dataclass(frozen=True, slots=True)
class Prospect:
    """One lead as its squad reported it, and what became of it so far."""

    id: uuid.UUID
    person: Person
    at: datetime
    company: New
    node: tuple[str, str]  # industry and name
    channel: str
    intent: str
    investment_wan: int
    facts: Mapping[str, Any]  # what else is known: land, energy, environment; of some nothing
    next_action: str
    next_on: date
    steps: tuple[Step, ...]


def directory() -> list[Target]:
    """About every other node has a company to be won."""
    nodes = [(industry, name) for industry, named in CHAINS.items() for _, name in named]
    chosen = zip(nodes[::2], _TO_BE_WON, strict=False)
    return [
        Target(New(f"{brand}{node}股份有限公司", industry=industry, size="large"), industry, node, "全国100强名录")
        for (industry, node), brand in chosen
    ]


def prospects(plan: CountyPlan, today: date) -> list[Prospect]:
    """About one a squad, up to as many as there are names for."""
    pairs = zip(plan.squads, _BRANDS, strict=False)
    return [made for squad, brand in pairs if (made := _prospect(plan, squad, brand, today)) is not None]


def _prospect(plan: CountyPlan, squad: SquadPlan, brand: str, today: date) -> Prospect | None:
    rng = random.Random(f"prospect {squad.id}")
    mates = [p for p in plan.posted if (stay := p.stay_on(today)) and stay.squad == squad]
    ago = rng.randint(3, min(26, max(4, (today - plan.starts_on).days - 2)))
    began = today - timedelta(days=ago)
    here = [p for p in mates if (stay := p.stay_on(began)) and stay.squad == squad]
    if not here:
        return None
    person = rng.choice(here)
    product, industry = rng.choice(_TRADES)
    at = local(began, rng.randint(9 * 60, 17 * 60))
    return Prospect(
        id=known("lead", squad.id),
        person=person,
        at=at,
        company=New(
            name=f"{squad.station.city}{brand}{product}有限公司",
            industry=industry,
            size=rng.choice(("large", "medium", "small")),
            home_city=squad.station.city,
        ),
        node=(industry, rng.choice(CHAINS[industry])[1]),
        channel=rng.choice(_CHANNELS),
        intent=f"拟投资{product}项目，正在比选落户地点。",
        investment_wan=rng.choice((3000, 5000, 8000, 12_000, 20_000, 50_000)),
        facts=rng.choice(_FACTS),
        next_action=rng.choice(_NEXT),
        next_on=today + timedelta(days=rng.randint(1, 9)),
        steps=tuple(_steps(plan, rng, person, squad, began, today)),
    )


def _steps(
    plan: CountyPlan, rng: random.Random, person: Person, squad: SquadPlan, began: date, today: date
) -> Iterator[Step]:
    """Every few days a word, and now and then a stage further; at the end some wait for somebody's decision."""
    stages, on = list(STAGES)[1:5], began
    for _ in range(rng.randint(0, _MAX_STEPS)):
        on += timedelta(days=rng.randint(1, 6))
        if on > today:
            break
        at = local(on, rng.randint(9 * 60, 17 * 60))
        yield Step(at, person, "update", rng.choice(_SAID))
        if stages and rng.random() < 0.7:
            yield Step(at + timedelta(minutes=5), person, "stage", stages.pop(0))
    turn = plan.squads.index(squad) % _EVERY
    if turn == _CLOSES:
        yield Step(local(today, 0), person, "close")
    elif turn in (_ASKS_ALONG, _IS_ESCORTED):
        ahead = today + timedelta(days=2 + 2 * (plan.squads.index(squad) // _EVERY))  # the leader is at one place a day
        yield Step(local(today, 0), person, "escort", on=ahead, answered=turn == _IS_ESCORTED)
    elif turn == _IS_JOINED and len(plan.squads) > 1:
        yield Step(local(today, 1), plan.leader_of(plan.squads[plan.squads.index(squad) - 1]), "join")
