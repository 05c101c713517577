"""The left rail: which pages there are, and for whom."""

from dataclasses import dataclass

from flask import request, url_for

from server.org.scope import Caller

BUREAU, ADMIN = "bureau_supervisor", "admin"
_WATCHING = ("squad_leader", "unit_supervisor", BUREAU, "county_leader")


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the rail. `endpoint` without its blueprint; those below it are `endpoint_…`."""

    endpoint: str
    word: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    word: str
    url: str
    is_here: bool


ENTRIES = (
    Entry("overview", "总览", (*_WATCHING, ADMIN)),
    Entry("review", "复核", _WATCHING),
    Entry("people", "人员", _WATCHING),
    Entry("months", "月度", _WATCHING),
    Entry("leads", "线索", _WATCHING),
    Entry("spots", "抽查", ("unit_supervisor", BUREAU, "county_leader")),
    Entry("leaves", "请假", _WATCHING),
    Entry("flags", "预警", _WATCHING),
    Entry("notices", "消息", (BUREAU, ADMIN)),
    Entry("complaints", "意见", (BUREAU, ADMIN)),
    Entry("register", "登记", (ADMIN, BUREAU, "unit_supervisor")),
    Entry("policies", "规则", (*_WATCHING, ADMIN)),
    Entry("audit", "审计", (BUREAU, ADMIN)),
    Entry("system", "系统", (BUREAU, ADMIN)),
)


def rail_of(caller: Caller) -> list[Shown]:
    """The pages this caller may open, in their order."""
    here = (request.endpoint or "").removeprefix("desk.")
    return [
        Shown(
            entry.word,
            url_for(f"desk.{entry.endpoint}"),
            here == entry.endpoint or here.startswith(f"{entry.endpoint}_"),
        )
        for entry in ENTRIES
        if caller.has(*entry.roles)
    ]
