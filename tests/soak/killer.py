"""Kills what serves, at random moments: a web process, the whole web server, a worker, the database."""

import random
import threading
from collections import Counter
from contextlib import suppress

import psutil

from tests.soak.people import Promises
from tests.soak.site import WORKERS, Site

MOST_KILLS = 4  # a round: more would only be one long outage, and what matters happens around each single one
_SHORTEST_S, _LONGEST_S = 0.1, 0.6
_REVIVE_S = 0.2


class Killer(threading.Thread):
    """Kills a few times, and starts again what has ended until it is told to stop. `kills` counts victims by name."""

    def __init__(self, site: Site, promises: Promises, seed: str) -> None:
        super().__init__(name="killer")
        self.kills: Counter[str] = Counter()
        self.failed: Exception | None = None
        self._site = site
        self._promises = promises
        self._luck = random.Random(seed)
        self._told = threading.Event()

    def stop(self) -> None:
        self._told.set()
        self.join()
        if self.failed:
            raise self.failed

    def run(self) -> None:
        try:
            for _ in range(self._luck.randint(1, MOST_KILLS)):
                if self._told.wait(self._luck.uniform(_SHORTEST_S, _LONGEST_S)):
                    break
                self._site.revive()
                victim = self._luck.choices(("process", "web", "worker", "database"), (65, 5, 20, 10))[0]
                getattr(self, f"_kill_{victim}")()
            while not self._told.wait(_REVIVE_S):
                self._site.revive()
        except Exception as error:  # told to the round by stop()
            self.failed = error

    def _kill_process(self) -> None:
        """One of the processes that serve; granian starts another."""
        serving = self._site.web_processes()
        if serving:
            with suppress(psutil.NoSuchProcess):
                self._luck.choice(serving).kill()
                self.kills["process"] += 1

    def _kill_web(self) -> None:
        """The whole web server, started again at once as systemd would."""
        self._again("web")

    def _kill_worker(self) -> None:
        self._again(self._luck.choice(WORKERS))

    def _again(self, name: str) -> None:
        self._site.system.kill(name)
        self.kills[name.partition("-")[0]] += 1
        self._site.system.launch(name)

    def _kill_database(self) -> None:
        """Once a round, on the engine that has a server."""
        if self._site.postgres is None or self._promises.database_restarts:
            return
        self._promises.database_restarts += 1  # before: a phone may meet the outage at any moment from here on
        self._site.postgres.restart(self._luck.choice(("fast", "immediate")))
        self.kills["database"] += 1
