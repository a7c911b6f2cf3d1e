"""Discord's limits: buckets, requests a second, invalid requests, and nonces."""

import time
from collections import defaultdict, deque
from typing import Any

from aiohttp import web

from tests.discord_stand_in import rules
from tests.discord_stand_in.rules import Rules

NONCE_SECONDS = 300
INVALID = (401, 403, 429)


class Limits:
    """What was asked lately, and what is refused for it."""

    def __init__(self, in_force: Rules) -> None:
        self._rules = in_force
        self.messages_per_window = 5
        self.window_seconds = 0.05
        """Discord names no figures; tests need not wait long."""
        self.requests_per_second = 50
        self.most_invalid = 10_000
        self.invalid_seconds = 600.0
        self._messages: dict[int, deque[float]] = defaultdict(deque)
        self._requests: deque[float] = deque()
        self._invalid: deque[float] = deque()
        self._nonces: dict[tuple[int, str], tuple[float, dict[str, Any]]] = {}

    def is_blocked(self) -> bool:
        """Whether the address sent too many invalid requests."""
        _forget_before(self._invalid, self.invalid_seconds)
        is_over = len(self._invalid) >= self.most_invalid
        return is_over and self._rules.hold(rules.INVALID_REQUESTS)

    def note_status(self, response: web.StreamResponse) -> None:
        """Count an answer; a 429 of a shared limit is nobody's fault."""
        shared = response.headers.get("X-RateLimit-Scope") == "shared"
        if response.status in INVALID and not shared:
            self._invalid.append(time.monotonic())

    def wait_of_bot(self) -> float | None:
        """Count one request; seconds to wait when there were too many."""
        if not self._rules.hold(rules.GLOBAL):
            return None
        return _wait(self._requests, self.requests_per_second, 1.0)

    def wait_of_channel(self, channel: int) -> float | None:
        """Count one message; seconds to wait when the channel's bucket is empty."""
        if not self._rules.hold(rules.BUCKET):
            return None
        recent = self._messages[channel]
        return _wait(recent, self.messages_per_window, self.window_seconds)

    def headers(self, channel: int) -> dict[str, str]:
        """The headers that tell of a channel's bucket."""
        left = self.messages_per_window - len(self._messages[channel])
        return {
            "X-RateLimit-Limit": str(self.messages_per_window),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(time.time() + self.window_seconds),
            "X-RateLimit-Reset-After": str(self.window_seconds),
            "X-RateLimit-Bucket": "messages",
        }

    def sent_before(self, channel: int, nonce: str) -> dict[str, Any] | None:
        """The message that a nonce already made."""
        then, body = self._nonces.get((channel, nonce), (0.0, {}))
        if not body or time.monotonic() - then >= NONCE_SECONDS:
            return None
        return body if self._rules.hold(rules.NONCE_ONCE) else None

    def note_nonce(self, channel: int, nonce: str, body: dict[str, Any]) -> None:
        if nonce:
            self._nonces[(channel, nonce)] = (time.monotonic(), body)


def limited(seconds: float, *, everywhere: bool = False) -> web.Response:
    """The answer to a request too many."""
    body = {
        "message": "You are being rate limited.",
        "retry_after": seconds,
        "global": everywhere,
    }
    headers = {
        "Via": "1.1 stand-in",
        "Retry-After": str(seconds),
        "X-RateLimit-Scope": "global" if everywhere else "user",
    }
    if everywhere:
        headers["X-RateLimit-Global"] = "true"
    return web.json_response(body, status=429, headers=headers)


def _forget_before(times: deque[float], seconds: float) -> None:
    now = time.monotonic()
    while times and now - times[0] >= seconds:
        times.popleft()


def _wait(times: deque[float], most: int, seconds: float) -> float | None:
    _forget_before(times, seconds)
    if len(times) >= most:
        return seconds - (time.monotonic() - times[0])
    times.append(time.monotonic())
    return None
