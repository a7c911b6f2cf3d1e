"""Interactions: commands, buttons, menus and forms, with Discord's time limits."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.discord_stand_in import rules
from tests.discord_stand_in.checks import (
    check_components,
    check_moderation,
    check_view,
)
from tests.discord_stand_in.outbox import Outbox, Outgoing
from tests.discord_stand_in.payloads import message_payload
from tests.discord_stand_in.rights import rights_in
from tests.discord_stand_in.rules import RequestError, Rules
from tests.discord_stand_in.world import APPLICATION_ID, Channel, User, snowflake

ANSWER_SECONDS = 3.0

MESSAGE, DEFER_MESSAGE, DEFER_UPDATE, UPDATE, COMPLETE, FORM = 4, 5, 6, 7, 8, 9
"""How an interaction may be answered."""

COMMAND, COMPONENT, AUTOCOMPLETE, FORM_SUBMIT = 2, 3, 4, 5
"""What an interaction may be."""
EPHEMERAL = 64

Keep = Callable[[Channel, dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass
class Interaction:
    """One interaction and what the bot answered to it."""

    token: str
    channel: Channel
    body: dict[str, Any]
    born: float = field(default_factory=time.monotonic)
    kind: int | None = None
    """The type of the first answer, None while there is none."""
    ephemeral: bool = False
    is_withdrawn: bool = False
    """Whether the deferred answer was deleted; what follows is a new message."""
    message: dict[str, Any] | None = None
    parts: list[Outgoing] = field(default_factory=list)
    form: dict[str, Any] | None = None
    choices: list[dict[str, Any]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def texts(self) -> list[str]:
        """Every text the person saw, in order."""
        return [part.text for part in self.parts]

    @property
    def text(self) -> str:
        """The last text the person saw."""
        return self.texts[-1] if self.parts else ""

    @property
    def components(self) -> list[dict[str, Any]]:
        """Buttons and menus of the answer, in order."""
        found: list[dict[str, Any]] = []
        for part in self.parts:
            for row in part.payload.get("components") or []:
                found += row.get("components", [])
        return found


class Interactions:
    """Open interactions by token."""

    def __init__(self, bot: User, outbox: Outbox, keep: Keep, force: Rules) -> None:
        self._bot = bot
        self._rules = force
        self.by_token: dict[str, Interaction] = {}
        self.answer_seconds = ANSWER_SECONDS
        self.may_be_late = False
        """Whether a test makes the bot answer too late on purpose."""
        self._outbox = outbox
        self._keep = keep

    def open(
        self, kind: int, channel: Channel, user: User, data: dict[str, Any]
    ) -> Interaction:
        """A new interaction; its body is that of INTERACTION_CREATE."""
        guild = channel.guild
        token = f"interaction-token-{snowflake()}"
        body: dict[str, Any] = {
            "id": str(snowflake()),
            "application_id": str(APPLICATION_ID),
            "type": kind,
            "token": token,
            "version": 1,
            "data": data,
            "channel_id": str(channel.id),
            "channel": channel.payload(),
            "locale": "en-US",
            "entitlements": [],
            "app_permissions": str(rights_in(channel, self._bot, self._rules)),
            "authorizing_integration_owners": {"0": str(guild.id if guild else 0)},
            "context": 0 if guild else 1,
            "attachment_size_limit": 10 << 20,
        }
        if guild is None:
            body["user"] = user.payload()
        else:
            body["guild_id"] = str(guild.id)
            member = guild.member_payload(user) | {"user": user.payload()}
            body["member"] = member | {"permissions": str(guild.permissions(user))}
        opened = Interaction(token, channel, body)
        self.by_token[token] = opened
        return opened

    async def answer(
        self, token: str, payload: dict[str, Any], files: list[tuple[str, bytes]]
    ) -> web.Response:
        """The first answer, within three seconds and once only."""
        one = self.by_token.get(token)
        if one is None:
            raise RequestError(404, 10062, "Unknown interaction")
        if time.monotonic() - one.born > self.answer_seconds:
            if not self.may_be_late:
                self._outbox.violations.append("an interaction was answered too late")
            self._rules.refuse(rules.ANSWER_TIME)
        if one.kind is not None and self._rules.hold(rules.ANSWER_TIME):
            raise RequestError(400, 40060, "Already acknowledged")
        data = payload.get("data") or {}
        one.ephemeral = bool(int(data.get("flags") or 0) & EPHEMERAL)
        self._check(one, data)
        is_update = payload["type"] in (DEFER_UPDATE, UPDATE)
        if is_update and one.body["type"] != COMPONENT:
            self._rules.refuse(rules.UPDATES)
        one.kind = payload["type"]
        if is_update:
            # What was pressed changes; no new message appears.
            one.message = one.body.get("message")
        if one.kind in (MESSAGE, UPDATE):
            kind = "answer" if one.kind == MESSAGE else "update"
            await self._show(one, kind, data, files)
        one.form = data if one.kind == FORM else None
        one.choices = data.get("choices", []) if one.kind == COMPLETE else []
        one.changed.set()
        return web.json_response(self._callback(one))

    async def follow_up(
        self, token: str, payload: dict[str, Any], files: list[tuple[str, bytes]]
    ) -> web.Response:
        one = self.by_token[token]
        kind = "answer" if one.kind == DEFER_MESSAGE and not one.parts else "follow-up"
        if kind == "answer" and not one.is_withdrawn and self._rules.hold(rules.SILENT):
            payload.pop("tts", None)
        body = await self._show(one, kind, payload, files)
        one.changed.set()
        return web.json_response(body)

    async def edit(
        self, token: str, payload: dict[str, Any], files: list[tuple[str, bytes]]
    ) -> web.Response:
        one = self.by_token[token]
        kind = "edit answer" if one.parts else "answer"
        body = await self._show(one, kind, payload, files)
        one.changed.set()
        return web.json_response(body)

    def delete(self, token: str, message: str) -> web.Response:
        """Delete the answer, also one that is still awaited."""
        one = self.by_token[token]
        if message == "@original":
            if one.kind is None or one.is_withdrawn:
                raise RequestError(404, 10008, "Unknown Message")
            one.is_withdrawn = True
        return web.Response(status=204)

    def original(self, token: str) -> web.Response:
        message = self.by_token[token].message
        if message is None:
            return web.json_response({"message": "", "code": 10008}, status=404)
        return web.json_response(message)

    async def _show(
        self,
        one: Interaction,
        kind: str,
        payload: dict[str, Any],
        files: list[tuple[str, bytes]],
    ) -> dict[str, Any]:
        self._check(one, payload)
        self._outbox.check(kind, payload)
        if one.message is None or kind == "follow-up":
            # Only the first answer is as visible as it was announced.
            flags = int(payload.get("flags") or 0)
            is_first = kind == "answer" and not one.is_withdrawn
            hidden = one.ephemeral if is_first else bool(flags & EPHEMERAL)
            body = await self._store(one, payload, hidden=hidden)
        else:
            body = one.message
            body |= {k: payload[k] for k in ("content", "components") if k in payload}
        one.message = one.message or body
        shown = Outgoing(kind, one.channel.id, payload, int(body["id"]))
        shown.files = [name for name, _ in files]
        shown.file_bodies = [data for _, data in files]
        one.parts.append(shown)
        self._outbox.add(shown)
        return body

    def _check(self, one: Interaction, payload: dict[str, Any]) -> None:
        check_components(payload, self._rules)
        if not self._rules.hold(rules.ANSWERS):
            check_view(one.channel, self._bot, Rules())
        if not one.ephemeral:
            text = str(payload.get("content") or "")
            check_moderation(one.channel, text, self._rules)

    async def _store(
        self, one: Interaction, payload: dict[str, Any], *, hidden: bool
    ) -> dict[str, Any]:
        if not hidden:
            if self._rules.hold(rules.COMMAND_USER):
                payload = payload | {"interaction_metadata": _metadata(one)}
            return await self._keep(one.channel, payload)
        # An ephemeral message is seen by one person and is in no channel.
        text = str(payload.get("content") or "")
        body = message_payload(one.channel, self._bot, text, message_id=snowflake())
        body["flags"] = EPHEMERAL
        body["components"] = payload.get("components") or []
        return body

    def _callback(self, one: Interaction) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": one.body["id"],
            "type": one.body["type"],
            "response_message_loading": one.kind == DEFER_MESSAGE,
            "response_message_ephemeral": one.ephemeral,
        }
        body: dict[str, Any] = {"interaction": told}
        if one.kind == MESSAGE and one.message is not None:
            body["resource"] = {"type": one.kind, "message": one.message}
        return body


def _metadata(one: Interaction) -> dict[str, Any]:
    """Who used a command: resources/message#message-interaction-metadata-object."""
    body = one.body
    user = body["member"]["user"] if "member" in body else body["user"]
    told = {"id": body["id"], "type": body["type"], "user": user}
    return told | {"authorizing_integration_owners": {}}
