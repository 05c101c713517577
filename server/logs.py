"""Logs: one JSON object a line, with secrets scrubbed in one place."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# What must never reach a log, wherever a text mentions it: WeChat's secret and token in a URL, our own bearer tokens.
_SECRET = re.compile(
    r"(?i)((?:secret|access_token|js_code|session_key|token|key|password)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',)}]+"
    r"|(bearer\s+)\S+"
)


def scrub(text: str) -> str:
    """The text with the values of secret-looking parameters replaced by ***."""
    return _SECRET.sub(lambda m: f"{m.group(1) or m.group(2)}***", text)


def _scrub_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: scrub(value) if isinstance(value, str) else value for key, value in event.items()}


def configure(level: str) -> None:
    """Send structlog and the standard library's logs of this process to stderr as JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _scrub_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(ensure_ascii=False), foreign_pre_chain=shared
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("PIL", "exifread", "urllib3", "apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
