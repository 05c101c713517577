"""What a handler may reach for: the one database, clock, photo store and WeChat client of this process."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import current_app
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from server.clock import Clock
from server.config import Config
from server.db import Database
from server.photos.store import FolderStore
from server.sealing import Sealer
from server.wechat.client import WechatClient
from server.wechat.push import PushReader

# What a route returns: JSON-ready, with the status when it is not 200. Spelled out, since flask-openapi evaluates it.
Reply = dict[str, Any] | tuple[dict[str, Any] | str, int] | Response


@dataclass(frozen=True, slots=True)
class Services:
    """Made once at boot; nothing else is global."""

    config: Config
    db: Database
    clock: Clock
    store: FolderStore
    wechat: WechatClient
    pushes: PushReader
    sealer: Sealer


def services() -> Services:
    """The services of the running app."""
    return cast(Services, current_app.extensions["zhudian"])


def transaction() -> AbstractContextManager[Session]:
    """The request's one transaction."""
    return services().db.transaction()


def reading() -> AbstractContextManager[Session]:
    """Statements that only read."""
    return services().db.reading()


def now() -> datetime:
    return services().clock()
