"""Starts the web server: granian over the WSGI app, one app a process, respawned when a process is killed."""

import gc
import os
import signal
from functools import cache
from typing import Any

from flask_openapi import OpenAPI
from granian import Granian
from granian.constants import Interfaces

from server.app import create_app, make_routes
from server.config import Config
from server.logs import configure

# granian's own lines go the way of every other: `configure` has set the root logger before it starts.
LOGGING: dict[str, Any] = {"loggers": {"_granian": {"handlers": [], "propagate": True}}}


# Made once, before the first process forks: what each then makes is its own services, so no pool crosses a fork.
_routes = cache(make_routes)


def make_app():  # type: ignore[no-untyped-def]
    """The WSGI factory that each process calls after it has started."""
    config = Config.from_env()
    configure(config.log_level)
    return settled(create_app(config, routes=_routes(config.trusted_proxies)))


def settled(app: OpenAPI) -> OpenAPI:
    """The same, with all that was made at boot taken out of the garbage collector's rounds: a page that makes a few
    thousand objects paid for looking through it (a quarter of the overview's CPU; tests/bench/console.py)."""
    gc.collect()
    gc.freeze()
    return app


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight are finished."""
    _routes(config.trusted_proxies)
    os.register_at_fork(after_in_child=_end_when_asked)
    Granian(
        "server.web:make_app",
        factory=True,
        address=config.web_host,
        port=config.web_port,
        interface=Interfaces.WSGI,
        workers=config.web_processes,
        blocking_threads=config.web_threads,
        respawn_failed_workers=True,
        log_access=False,
        log_dictconfig=LOGGING,
        websockets=False,
        # A thread that is stuck (in a connection attempt, say) must not keep the process from ending.
        workers_kill_timeout=15,
    ).serve()


def _end_when_asked() -> None:
    """For a process just forked, until granian listens for signals in it.

    The handler it was forked with only tells the main process's copy that it should stop, so who was asked to stop
    while still starting was waited for in vain, 15 s long.
    """
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, signal.SIG_DFL)
