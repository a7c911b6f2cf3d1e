"""Sends log lines to a file and to the screens, without secrets."""

import asyncio
import json
import logging
import re
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler

from app.core import secret_patterns
from app.core.paths import Home
from app.core.safe_text import safe_line
from app.ipc import control
from app.service.events import Events

_ADDRESSED = (
    re.compile(
        r"(?i)(?<=authorization)['\"]?\s*[:=]\s*['\"]?(?:bot |bearer )?[^\s'\",]+"
    ),
    re.compile(r"(?<=[?&])(?:ex|is|hm)=[0-9a-f]+"),
    re.compile(r"(?<=[?&])search=[^\s&'\"]+"),
)
"""Headers, signed addresses and searched words, which only a log holds."""

QUIET = (
    "discord", "httpx", "httpx2", "httpcore", "httpcore2", "openai", "filelock",
    "asyncio", "peewee", "urllib3", "aiohttp",
)  # fmt: skip
"""Libraries whose lines hold message texts, request bodies and searched words."""


def redact(text: str) -> str:
    """Return `text` without anything like a token, a key or a signed address."""
    for pattern in _ADDRESSED:
        text = pattern.sub("[secret]", text)
    return secret_patterns.redact(text)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact("\n".join(map(safe_line, super().format(record).split("\n"))))


class _JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object, whose letters are plain ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            told["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(told)


class NewsHandler(logging.Handler):
    """Turns records into notifications; any thread may call it."""

    def __init__(self, news: Events) -> None:
        super().__init__(logging.INFO)
        self._news = news
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on."""
        if self._loop.is_closed():
            return
        text = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            text += f" ({type(error).__name__}: {error})"
        line = control.Log(
            record.levelname.lower(), record.name, redact(text), record.created
        )
        self._loop.call_soon_threadsafe(self._news.tell, line)


def to_file(home: Home, *, is_json: bool = False) -> logging.Handler:
    """Return a handler that writes the home's log file: at most 3 files of 2 MB."""
    home.log_file.parent.mkdir(mode=0o700, exist_ok=True)
    handler = RotatingFileHandler(
        home.log_file, maxBytes=2_000_000, backupCount=2, encoding="utf-8"
    )
    handler.setFormatter(
        _form("%(asctime)s %(levelname)s %(name)s: %(message)s", is_json)
    )
    return handler


def to_stderr(*, is_json: bool = False) -> logging.Handler:
    """Return a handler for a terminal or a service manager."""
    handler = logging.StreamHandler()
    handler.setFormatter(_form("%(levelname)s %(name)s: %(message)s", is_json))
    return handler


def _form(text: str, is_json: bool) -> logging.Formatter:
    return _JsonFormatter() if is_json else _Formatter(text)


def set_up(*handlers: logging.Handler) -> None:
    """Log to these handlers only."""
    root = logging.getLogger()
    root.handlers[:] = list(handlers)
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
