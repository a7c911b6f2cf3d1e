"""Everything the bot sent, and what was wrong with it."""

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.discord_stand_in.hooks import Hook

MAX_CONTENT = 2000

FORBIDDEN = {
    "an invite": r"discord\.gg/\w|discord(app)?\.com/invite/\w",
    "a bot token": r"\b[\w-]{24,28}\.[\w-]{6}\.[\w-]{27,}",
    "an API key": r"\bsk-[\w-]{16,}",
    "a webhook": r"discord(app)?\.com/api/webhooks/\d",
    "a ping": r"@everyone|@here|<@[!&]?\d",
}
"""What nothing that the bot sends may contain, wherever it comes from."""


@dataclass
class Outgoing:
    """One message, edit or interaction answer that left the bot."""

    kind: str
    channel_id: int
    payload: dict[str, Any]
    message_id: int
    files: list[str] = field(default_factory=list)
    file_bodies: list[bytes] = field(default_factory=list)
    speaker: "Hook | None" = None
    """The webhook that says it; None for the bot itself."""

    @property
    def text(self) -> str:
        return str(self.payload.get("content") or "")

    @property
    def reply_to(self) -> int | None:
        reference = self.payload.get("message_reference") or {}
        found = reference.get("message_id")
        return int(found) if found else None

    @property
    def ephemeral(self) -> bool:
        return bool(int(self.payload.get("flags") or 0) & 64)


class Outbox:
    """The record of outgoing messages; `violations` must stay empty."""

    def __init__(self) -> None:
        self.messages: list[Outgoing] = []
        self.typing: list[int] = []
        self.reactions: list[tuple[int, str]] = []
        self.violations: list[str] = []

    def add(self, outgoing: Outgoing) -> None:
        self.messages.append(outgoing)

    def check(self, kind: str, payload: dict[str, Any]) -> None:
        """Record what Discord or a member would object to in a payload."""
        mentions = payload.get("allowed_mentions")
        pings = not isinstance(mentions, dict) or mentions.get("parse") != []
        if not pings and isinstance(mentions, dict):
            pings = any(mentions.get(key) for key in ("users", "roles", "replied_user"))
        if pings:
            self.violations.append(f"{kind} could ping: {payload}")
        if len(payload.get("content") or "") > MAX_CONTENT:
            self.violations.append(f"{kind} is longer than {MAX_CONTENT}")
        written = json.dumps(payload, ensure_ascii=False)
        for what, pattern in FORBIDDEN.items():
            if re.search(pattern, written, re.IGNORECASE):
                self.violations.append(f"{kind} contains {what}: {payload}")

    def sent(self, channel_id: int | None = None) -> list[Outgoing]:
        """Channel messages in order, without edits and interaction answers."""
        return [
            one
            for one in self.messages
            if one.kind == "send" and channel_id in (None, one.channel_id)
        ]

    def answers(self) -> list[Outgoing]:
        """Interaction answers, their edits and follow-ups, in order."""
        kinds = ("answer", "edit answer", "follow-up", "update")
        return [one for one in self.messages if one.kind in kinds]
