"""`python -m tests.soak.notices --notices N [--seed S]`: many notices under a script of faults, workers killed; at the
end each lies in its inbox once, and what became of it outside is what the phones say."""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from server.db import Database
from server.notify import messages
from server.notify.deliver import HANDS
from server.notify.models import Notice, WechatToken
from server.wechat.sandbox import subscribe
from server.wechat.sandbox.app import RunningSandbox, create_sandbox
from tests.processes import ROOT, until
from tests.soak.answers import Answers
from tests.soak.faults import Injector, script
from tests.soak.judge import Broken, judge
from tests.soak.letters import BEGAN, found, introduce
from tests.soak.sender import TIMEOUT_S
from tests.soak.simulated import ClockFile
from tests.soak.site import Postgres

ENGINES = ("postgresql", "sqlite")
STAFF_KINDS = ("checkin_decided", "flag_step")
SENDERS = 2
_STEP = timedelta(seconds=60)
_LOST_S = 1500
_LONGEST_FETCH_S = 4 * TIMEOUT_S


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.notices", description=__doc__)
    parser.add_argument("--notices", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=None, help="of workers; by default one for 250 notices")
    parser.add_argument("--seed", type=int, default=None, help="drawn when it is not given")
    parser.add_argument("--on", choices=ENGINES, default=None, help="one database only; by default both")
    given = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    kills = max(2, given.notices // 250) if given.kills is None else given.kills
    print(f"{given.notices} notices, {kills} kills, seed {seed}", flush=True)
    for engine in [given.on] if given.on else ENGINES:
        began = time.monotonic()
        fire = Fire(engine, given.notices, kills, f"{seed}:{engine}")
        try:
            fire.burn()
            print(f"{engine} PASSED: {fire.judge()}; {time.monotonic() - began:.0f} s", flush=True)
        except Exception as error:
            print(f"{fire.logs()}\nseed {seed}; what it left: {fire.folder}\n{engine} FAILED: {error!r}", flush=True)
            print("FAILED", flush=True)
            return 1
        finally:
            fire.close()
        shutil.rmtree(fire.folder)
    print("PASSED", flush=True)
    return 0


@dataclass
class Fire:
    """One engine's run: a county full of notices, the sandbox that plays the faults, two senders and their killer."""

    engine: str
    notices: int
    kills: int
    seed: str
    senders: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    overlaps: int = 0
    killed: int = 0

    def __post_init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="zhudian-notices-"))
        self.postgres = Postgres() if self.engine == "postgresql" else None
        self.url = self.postgres.url if self.postgres else f"sqlite:///{self.folder}/zhudian.db"
        self.luck = random.Random(self.seed)
        self.clock = ClockFile(self.folder / "clock")
        self.clock.set(BEGAN)
        self.wechat = create_sandbox("wxsoak", "soak-secret", send_takes_s=0.004)
        self.sandbox = RunningSandbox(self.wechat)
        self.db = Database(self.url)
        self.injector = Injector(self.sandbox.state, script(self.luck, self.notices / 400), self.luck)
        self.answers = Answers(self.wechat)
        self._lock_seen: tuple[str, float] = ("", 0.0)
        self._count_overlaps()

    def burn(self) -> None:
        """Until nothing is left to be sent: faults and kills while there is work, the clock moved on when all rest."""
        introduce(self.wechat, found(self.db, self.notices, self.luck))
        self._die_fetching()
        self.injector.start()
        for number in range(SENDERS):
            self._start(f"sender-{number}")
        kill_at = sorted(self.luck.uniform(0.05, 0.9) for _ in range(self.kills))
        deadline = time.monotonic() + _LOST_S
        while (left := self._left()) is not None:
            if time.monotonic() > deadline:
                raise Broken(f"after {_LOST_S} s {left} are still on their way")
            if kill_at and 1 - left / self.notices >= kill_at[0]:
                kill_at.pop(0)
                self._kill()
            elif self._all_rest():
                self._move_on()
            elif (ends_at := self._dead_ones_lock()) is not None:
                self._set_clock(ends_at)
            else:
                time.sleep(0.01)
        self.injector.stop()
        time.sleep(1)  # what hung in the sandbox when its caller gave up may still be carried out

    def judge(self) -> str:
        """Hold the database against the phones. Raises Broken."""
        with self.db.reading() as session:
            found = judge(session, list(self.sandbox.state.messages), self.answers, self.notices, self.clock())
        if found.cut_off > self.killed * HANDS:
            raise Broken(f"{found.cut_off} are told to be cut off, by {self.killed} kills of {HANDS} hands each")
        cuts = self.injector.cuts() + found.cut_off
        if found.twice > cuts:
            raise Broken(f"{found.twice} duplicates, but only {cuts} answers were lost")
        hangs = sum(fault.hang_s > 0 for fault in self.injector.met)
        if self.overlaps > hangs:
            raise Broken(f"{self.overlaps} sends met another one to the same person, {hangs} hung")
        met = self.injector.counts()
        return (
            f"{self.notices} in their inboxes once; outside {dict(found.states)}; the reasons of {found.dead}"
            f" dead letters are true; duplicates {found.twice} of {cuts} lost answers"
            f" ({found.cut_off} by {self.killed} kills); {met.total()} faults of {len(met)} kinds met;"
            f" tokens lost {self.injector.tokens_lost} times; {self.overlaps} met another to the same person;"
            f" {(self.clock() - BEGAN).total_seconds() / 86400:.1f} days"
        )

    def close(self) -> None:
        for sender in self.senders.values():
            sender.kill()
            sender.wait()
        self.sandbox.stop()
        self.db.dispose()
        subscribe.alone = self._alone
        if self.postgres:
            self.postgres.close()

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in self.folder.glob("*.log"))

    # The fire

    def _start(self, name: str) -> None:
        templates = {kind: messages.KINDS[kind].template.replace("sandbox-", "sandbox-staff-") for kind in STAFF_KINDS}
        status = self.folder / f"{name}.status"
        status.write_text("busy")
        environment = {
            "DATABASE_URL": self.url,
            "SANDBOX_PORT": str(self.sandbox.port),
            "WECHAT_APPID": "wxsoak",
            "WECHAT_SECRET": "soak-secret",
            "WECHAT_EMPLOYEE_TEMPLATES": json.dumps(templates),
            "PYTHONPATH": str(ROOT),
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            command = (sys.executable, "-m", "tests.soak.sender", str(self.clock.path), str(status))
            self.senders[name] = subprocess.Popen(command, env=environment, cwd=self.folder, stdout=log, stderr=log)

    def _kill(self) -> None:
        """One of those that work, in the act where possible; another takes its place at once."""
        name = self.luck.choice(sorted(self.senders))
        if self.senders[name].poll() is not None:
            raise Broken(f"{name} ended by itself")
        time.sleep(self.luck.uniform(0, 0.02))
        self.senders[name].kill()
        self.senders[name].wait()
        self.killed += 1
        if self.postgres and self.luck.random() < 0.1:
            self.postgres.restart("immediate")
        self._start(name)

    def _left(self) -> int | None:
        """How many are not at their end; None when all are."""
        open_ = select(func.count()).select_from(Notice).where(Notice.state.in_(("pending", "sending")))

        def counted() -> list[int]:
            try:
                with self.db.reading() as session:
                    return [session.scalars(open_).one()]
            except DBAPIError:  # it is being restarted
                return []

        return int(until(counted, "the database answers")[0]) or None

    def _all_rest(self) -> bool:
        """Whether every sender has found nothing to do at this instant, and none has begun anew since."""

        def said() -> list[str]:
            return [(self.folder / f"{name}.status").read_text() for name in self.senders]

        first, second = said(), said()
        at = repr(self.clock().timestamp())
        return first == second and all(one.partition(" ")[2] == at for one in first)

    def _move_on(self) -> None:
        """To the next instant at which something falls due. What is `sending` while all rest was a killed one's."""
        with self.db.reading() as session:
            rows = session.execute(
                select(Notice.state, Notice.due_at, Notice.claimed_until).where(
                    Notice.state.in_(("pending", "sending"))
                )
            ).all()
        now = self.clock()
        moments = [row.claimed_until if row.state == "sending" else row.due_at for row in rows]
        self._set_clock(min((at for at in moments if at and at > now), default=now) + _STEP)

    def _set_clock(self, at: datetime) -> None:
        self.sandbox.state.advance(at - self.clock())
        self.clock.set(at)

    def _die_fetching(self) -> None:
        """As if one had been killed, before all others, while it fetched the token: its lock is left."""
        with self.db.transaction() as session:
            ends_at = self.clock() + timedelta(seconds=12)
            session.add(WechatToken(name="wxsoak_access_token/fetching", value="a dead one's", expires_at=ends_at))

    def _dead_ones_lock(self) -> datetime | None:
        """When the lock of one that was killed as it fetched the token ends. Everybody waits for it by the real clock,
        so nobody rests; where time passes it ends by itself. A living one's is gone sooner than a fetch may take."""
        try:
            with self.db.reading() as session:
                of_all = select(WechatToken).where(WechatToken.name.endswith("/fetching"))
                lock = session.scalar(of_all.where(WechatToken.expires_at > self.clock()))
        except DBAPIError:  # it is being restarted
            return None
        if lock is None:
            return None
        if lock.value != self._lock_seen[0]:
            self._lock_seen = (lock.value, time.monotonic())
        return lock.expires_at if time.monotonic() - self._lock_seen[1] > _LONGEST_FETCH_S else None

    def _count_overlaps(self) -> None:
        self._alone = real = subscribe.alone

        def counted(known: Any, openid: str) -> Any:
            with known.lock:
                self.overlaps += openid in known.sending
            return real(known, openid)

        subscribe.alone = counted


if __name__ == "__main__":
    sys.exit(main())
