"""`python -m server COMMAND`: every process and every tool of the project, one line each."""

import argparse
import gc
import json
import sys
import uuid
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from server.config import Config, ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from server.db import Database
    from server.org.models import County


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is 0 when it did what it says."""
    # What a start makes stays, and at Python's own 700 objects a fifth of its CPU went into looking for garbage in it.
    gc.set_threshold(50_000)
    parser = argparse.ArgumentParser(prog="python -m server", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_run, about, options) in _COMMANDS.items():
        sub = commands.add_parser(name, help=about, description=about)
        for flag, keywords in options:
            sub.add_argument(flag, **keywords)
    arguments = parser.parse_args(argv)
    try:
        config = Config.from_env()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    from server.logs import configure

    configure(config.log_level)
    try:
        return _COMMANDS[arguments.command][0](config, arguments)
    except OperationalError as error:
        print(_database_away(config, error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before a command listens for Ctrl-C itself
        return 0 if arguments.command == "run" else 130


def _database_away(config: Config, error: OperationalError) -> str:
    """One sentence: which database, and what the driver says. The password is in neither."""
    url = make_url(config.database_url)
    where = url.host or url.query.get("host") or url.database
    reason = (str(error.orig).strip().splitlines() or ["no reason given"])[0]
    if url.password:
        reason = reason.replace(str(url.password), "***")
    return f"The database of DATABASE_URL ({where}{f':{url.port}' if url.port else ''}) does not serve: {reason}"


def _web(config: Config, _arguments: argparse.Namespace) -> int:
    from server.web import serve

    serve(config)
    return 0


def _worker(config: Config, _arguments: argparse.Namespace) -> int:
    from server import worker

    worker.run(worker.Worker(config))
    return 0


def _sandbox(config: Config, _arguments: argparse.Namespace) -> int:
    from server.wechat.sandbox.app import serve

    serve(config)
    return 0


def _run(config: Config, _arguments: argparse.Namespace) -> int:
    from server.demo.run import run

    return run(config)


def _migrate(config: Config, arguments: argparse.Namespace) -> int:
    from server import migrate
    from server.db import Database

    db = Database(config.database_url)
    if arguments.down:
        migrate.downgrade(db, arguments.down)
    else:
        migrate.upgrade(db)
    print("The database schema is up to date." if not arguments.down else f"Taken down to {arguments.down}.")
    return 0


def _revision(_config: Config, arguments: argparse.Namespace) -> int:
    from server import migrate

    migrate.revise(arguments.message)
    return 0


def _seed(config: Config, _arguments: argparse.Namespace) -> int:
    from server.demo.seed import seed

    print(seed(config))
    return 0


def _flags(config: Config, _arguments: argparse.Namespace) -> int:
    from server.flags.models import Flag
    from server.org.models import County
    from server.worker import Worker

    worker = Worker(config)
    worker.flags_now()
    is_open = (Flag.county_id == County.id) & Flag.closed_at.is_(None)
    with worker.db.reading() as session:
        for name, found in session.execute(
            select(County.name, func.count(Flag.id)).outerjoin(Flag, is_open).group_by(County.id).order_by(County.id)
        ):
            print(f"{name}: {found} flags open")
    return 0


def _audit(config: Config, arguments: argparse.Namespace) -> int:
    from server.audit.verify import verify
    from server.db import Database
    from server.org.models import County

    db = Database(config.database_url)
    tampered = 0
    with db.snapshot() as session:
        for county in session.scalars(select(County).order_by(County.id)):
            report = verify(session, county.id)
            print(
                f"{county.name}: {report.intact} intact, {report.erased} erased, {report.tampered} tampered, "
                f"{report.unlinked} not linked yet; head {report.head}"
            )
            for problem in report.problems[: arguments.most]:
                print(f"  tampered: seq {problem.seq} {problem.action} {problem.event_id}: {problem.why}")
            tampered += report.tampered
    return 1 if tampered else 0


def _spotchecks(config: Config, arguments: argparse.Namespace) -> int:
    from server.db import Database
    from server.spotchecks.asking import is_hidden
    from server.spotchecks.models import Draw
    from server.spotchecks.verify import verify

    with Database(config.database_url).snapshot() as session:
        draw = session.scalar(select(Draw).where(Draw.id == arguments.draw))
        if draw is None:
            print(f"There is no draw {arguments.draw}.", file=sys.stderr)
            return 1
        if is_hidden(session, draw):
            print("Not all of it is out yet; until then nobody sees whom it draws.", file=sys.stderr)
            return 1
        proofs = verify(session, draw)
        print(f"{draw.kind}, {draw.count} of {len(draw.pool.get('in', []))}, seed {draw.seed}, secret {draw.secret}")
        if draw.aimed_at is not None:
            print(f"  aimed at one, because: {draw.reason}")
    for proof in proofs:
        print(f"  {'holds' if proof.holds else 'FAILS'}: {proof.text}")
    return 0 if all(proof.holds for proof in proofs) else 1


def _replay(config: Config, arguments: argparse.Namespace) -> int:
    from server.checkins import replay
    from server.db import Database
    from server.evidence.ruleset import RULESET
    from server.tally import policy

    try:
        ruleset = replay.read_ruleset(arguments.ruleset) if arguments.ruleset else RULESET
    except (OSError, ValueError, TypeError, AttributeError) as error:
        print(f"The ruleset cannot be used: {error}", file=sys.stderr)
        return 2
    with Database(config.database_url).snapshot() as session:
        seen = replay.replay(session, ruleset, arguments.since, partial(policy.evidence_terms, session))
        for line in replay.told(seen, ruleset, arguments.most):
            print(line)
    return 0


def _sample(config: Config, arguments: argparse.Namespace) -> int:
    from server.checkins import sample, second_opinion
    from server.db import Database

    with Database(config.database_url).snapshot() as session:
        for line in (*sample.told(session, arguments.since), *second_opinion.told(session, arguments.since)):
            print(line)
    return 0


def _policy(config: Config, arguments: argparse.Namespace) -> int:
    from server.clock import system_clock
    from server.console.rule_words import spoken
    from server.db import Database
    from server.errors import AppError
    from server.tally import drafts, preview

    with Database(config.database_url).snapshot() as session:
        try:
            county = _county(session, arguments.county)
            today = system_clock().astimezone(ZoneInfo(county.tz)).date()
            if arguments.action == "show":
                print(json.dumps(drafts.as_file(session, county.id, today), ensure_ascii=False, indent=1))
                return 0
            if arguments.file is None:
                raise SystemExit("policy preview needs a FILE")
            draft = drafts.read_draft(session, county.id, arguments.file)
            for line in preview.told(preview.preview(session, county.id, draft, today), spoken):
                print(line)
        except (AppError, OSError) as error:
            print(getattr(error, "detail", error), file=sys.stderr)
            return 2
    return 0


def _month(config: Config, arguments: argparse.Namespace) -> int:
    from server.clock import system_clock
    from server.db import Database
    from server.errors import AppError
    from server.tally import close, verify

    db, now = Database(config.database_url), system_clock()
    try:
        if arguments.action == "close":
            with db.transaction() as session:
                county = _county(session, arguments.county)
                today = now.astimezone(ZoneInfo(county.tz)).date()
                row = close.close(session, county.id, arguments.month, None, today, now)
            print(f"{county.name}：{row.table['summary']}\n  {row.inputs_sha256}")
            return 0
        with db.snapshot() as session:
            county = _county(session, arguments.county)
            found = verify.verify(session, county.id, arguments.month)
    except AppError as error:
        print("\n".join([error.detail, *(f"  {one}" for one in error.facts.get("waiting", []))]), file=sys.stderr)
        return 1
    said = "与结账时一致" if found.matches else "与结账时不一致"
    print(f"{county.name} {arguments.month:%Y-%m}：{said}，{found.members} 人，补充说明 {found.addenda} 条。")
    print("\n".join([f"  {found.closed_sha256}", *(f"  {line}" for line in found.differences)]))
    return 0 if found.matches else 1


def _county(session: "Session", name: str | None) -> "County":
    """The county of this name; without one the only county, or the first of the demo's two."""
    from server.org.models import County

    found = session.scalars(select(County).order_by(County.id)).all()
    chosen = [county for county in found if name in (None, county.name)]
    if not chosen:
        raise SystemExit(f"没有这个县。Counties: {'、'.join(c.name for c in found) or 'none yet'}")
    return chosen[0]


def _first_of_month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def _found_county(config: Config, arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from server.db import Database
    from server.errors import AppError
    from server.org.founding import found

    try:
        ZoneInfo(arguments.tz)
        with Database(config.database_url).transaction() as session:
            code, ends_at = found(
                session, arguments.name, arguments.admin, arguments.unit, arguments.tz, datetime.now(UTC)
            )
    except (AppError, KeyError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments.name}: {arguments.admin} is its admin. Invite code {code}, good until {ends_at:%Y-%m-%d}:")
    print("entered in the mini-program it binds the WeChat; everybody else is registered at the console.")
    return 0


def _backup(config: Config, _arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from server import leases
    from server.audit.journal import record
    from server.audit.verify import verify
    from server.db import Database
    from server.org.models import County

    db, at = Database(config.database_url), datetime.now(UTC)
    with db.transaction() as session:
        leases.note_backup(session, at)
        for county in session.scalars(select(County).order_by(County.id)):
            report = verify(session, county.id)
            facts = {"intact": report.intact, "head": report.head}
            record(session, county.id, None, "backup.noted", None, facts, at)
            print(f"{county.name}: {report.intact} intact events, head {report.head}")
    return 0


def _wechat(config: Config, arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from server.clock import system_clock
    from server.db import Database
    from server.notify import templates
    from server.notify.tokens import DatabaseTokens
    from server.wechat.client import WechatClient
    from server.wechat.errors import WechatError

    db = Database(config.database_url)
    if arguments.action == "lift":
        return _lift(db, datetime.now(UTC))
    try:
        told = WechatClient(config, DatabaseTokens(db, system_clock)).templates()
    except WechatError as error:
        print(f"微信没有告诉有哪些模板：{error}", file=sys.stderr)
        return 1
    with db.transaction() as session:
        templates.keep(session, told, datetime.now(UTC))
        faults = templates.faults(config.wechat_templates, templates.known(session))
    print(
        "\n".join([f"账号里有 {len(told)} 个模板，{len(faults)} 处配置有误。", *(f"  {one.words}" for one in faults)])
    )
    return 1 if faults else 0


def _lift(db: "Database", at: "datetime") -> int:
    from server.audit.journal import record
    from server.notify import pauses
    from server.org.models import County

    with db.transaction() as session:
        ended, notices = pauses.lift(session, None, at)
        for county_id in session.scalars(select(County.id).order_by(County.id)) if ended else ():
            facts = {"pauses": ended, "notices": notices}
            record(session, county_id, None, "notice.pause_lifted", None, facts, at)
    print("\n".join([f"解除了 {len(ended)} 个暂停，{notices} 条等着的消息马上发出。", *(f"  {one}" for one in ended)]))
    return 0


def _reseal(config: Config, _arguments: argparse.Namespace) -> int:
    from server.db import Database
    from server.privacy import reseal
    from server.sealing import Sealer

    done = reseal.reseal(Database(config.database_url), Sealer(config.sealing_keys))
    for column, of in done.unopened:
        print(f"none of SEALING_KEYS opens {column} of {of}", file=sys.stderr)
    print(f"{done.resealed} sealed anew, {done.current} already under the first key, {len(done.unopened)} not opened")
    return 1 if done.unopened else 0


_Option = tuple[str, dict[str, Any]]
_COUNTY_OPTION: _Option = ("--county", {"metavar": "NAME", "help": "by default the first one"})
_COMMANDS: dict[str, tuple[Callable[[Config, argparse.Namespace], int], str, list[_Option]]] = {
    "run": (_run, "migrate, seed the demo county, start web, worker and sandbox; Ctrl-C stops all", []),
    "web": (_web, "the web server", []),
    "worker": (_worker, "the scheduler; any number may run", []),
    "sandbox": (_sandbox, "a local WeChat, on loopback only", []),
    "migrate": (_migrate, "bring the database to the newest schema", [("--down", {"metavar": "REVISION"})]),
    "revision": (_revision, "write the migration that the changed models need", [("message", {})]),
    "seed": (_seed, "the demo county, once", []),
    "flags": (_flags, "compare every month with what is still possible, now instead of tonight", []),
    "replay": (
        _replay,
        "what another ruleset would have said of stored evidence; changes nothing",
        [
            ("--since", {"type": date.fromisoformat, "required": True, "metavar": "YYYY-MM-DD"}),
            ("--ruleset", {"type": Path, "metavar": "FILE.json", "help": "what differs from the code's ruleset"}),
            ("--most", {"type": int, "default": 20}),
        ],
    ),
    "sample": (
        _sample,
        "how often people disagree with the machine, by the blind sample, and with each other",
        [("--since", {"type": date.fromisoformat, "required": True, "metavar": "YYYY-MM-DD"})],
    ),
    "spotchecks": (
        _spotchecks,
        "verify DRAW: whether a draw of spot checks was aimed, found again from the audit chain",
        [("step", {"choices": ["verify"]}), ("draw", {"type": uuid.UUID, "metavar": "DRAW"})],
    ),
    "policy": (
        _policy,
        "show: the rules in force, as a file to edit; preview FILE: what a change would do to the open month",
        [("action", {"choices": ["show", "preview"]}), ("file", {"type": Path, "nargs": "?"}), _COUNTY_OPTION],
    ),
    "month": (
        _month,
        "close or verify a month: freeze its result, or count it anew and compare",
        [
            ("action", {"choices": ["close", "verify"]}),
            ("month", {"type": _first_of_month, "metavar": "YYYY-MM"}),
            _COUNTY_OPTION,
        ],
    ),
    "county": (
        _found_county,
        "add NAME --admin PERSON: a new county, with an invite for its first admin",
        [
            ("action", {"choices": ["add"]}),
            ("name", {"metavar": "NAME"}),
            ("--admin", {"required": True, "metavar": "PERSON"}),
            ("--unit", {"default": "招商局", "help": "the admin's own"}),
            ("--tz", {"default": "Asia/Shanghai"}),
        ],
    ),
    "backup": (
        _backup,
        "noted: a backup is complete; prints what a restore is to be compared with, and the console shows when it was",
        [("action", {"choices": ["noted"]})],
    ),
    "wechat": (
        _wechat,
        "check: hold WECHAT_TEMPLATES against what the account has; lift: its quota was cleared, send again at once",
        [("action", {"choices": ["check", "lift"]})],
    ),
    "reseal": (_reseal, "bring what is sealed under the first of SEALING_KEYS, so that the others may go", []),
    "audit": (
        _audit,
        "verify: walk every county's audit chain",
        [("action", {"choices": ["verify"]}), ("--most", {"type": int, "default": 20})],
    ),
}

if __name__ == "__main__":
    sys.exit(main())
