"""Webhooks that the bot makes: resources/webhook."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.discord_stand_in import rights, rules
from tests.discord_stand_in.checks import check_components, check_content, check_view
from tests.discord_stand_in.message_routes import MessageRoutes, read_payload
from tests.discord_stand_in.outbox import Outgoing
from tests.discord_stand_in.payloads import message_payload, webhook_author
from tests.discord_stand_in.rules import RequestError
from tests.discord_stand_in.world import (
    APPLICATION_ID,
    Channel,
    User,
    created_at,
    snowflake,
)

MOST_HOOKS = 15
PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,(.+)", re.DOTALL)


@dataclass
class Hook:
    """One webhook."""

    channel: Channel
    name: str
    picture: bytes | None
    id: int = field(default_factory=snowflake)

    @property
    def token(self) -> str:
        return f"hook-token-{self.id}"

    def payload(self) -> dict[str, Any]:
        """Its body: resources/webhook#webhook-object."""
        guild = self.channel.guild
        return {
            "id": str(self.id),
            "type": 1,
            "guild_id": str(guild.id if guild else 0),
            "channel_id": str(self.channel.id),
            "name": self.name,
            "avatar": "a" * 32 if self.picture else None,
            "token": self.token,
            "application_id": str(APPLICATION_ID),
        }


class HookRoutes(MessageRoutes):
    """Making, using and deleting webhooks."""

    hooks: dict[int, Hook]

    def hook_of(self, token: str) -> Hook | None:
        """The webhook of a token; None for tokens of interactions."""
        if not token.startswith("hook-token-"):
            return None
        found = self.hooks.get(int(token.removeprefix("hook-token-")))
        if found is None:
            raise RequestError(404, 10015, "Unknown Webhook")
        return found

    async def make_hook(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        check_view(channel, self.gateway.bot, self.force)
        self._require(channel)
        wanted = await request.json()
        name = str(wanted["name"]).strip()
        bad = any(word in name.casefold() for word in ("clyde", "discord"))
        if bad or not 1 <= len(name) <= 80:
            self.force.refuse(rules.WEBHOOK_NAME)
        here = [one for one in self.hooks.values() if one.channel is channel]
        if len(here) >= MOST_HOOKS:
            self.force.refuse(rules.WEBHOOKS_FULL)
        picture = None
        if wanted.get("avatar") is not None:
            found = PICTURE.fullmatch(wanted["avatar"])
            if found is None:
                self.force.refuse(rules.WEBHOOK_PICTURE)
            picture = base64.b64decode(found[2]) if found else b""
        made = Hook(channel, name, picture)
        self.hooks[made.id] = made
        return web.json_response(made.payload())

    async def read_hook(self, request: web.Request) -> web.Response:
        return web.json_response(self._managed(request).payload())

    async def delete_hook(self, request: web.Request) -> web.Response:
        del self.hooks[self._managed(request).id]
        return web.Response(status=204)

    def _managed(self, request: web.Request) -> Hook:
        hook = self.hooks.get(int(request.match_info["hook"]))
        if hook is None:
            raise RequestError(404, 10015, "Unknown Webhook")
        self._require(hook.channel)
        return hook

    def _require(self, channel: Channel) -> None:
        if not self._may(channel, rights.MANAGE_WEBHOOKS):
            self.force.refuse(rules.WEBHOOK_RIGHT)

    async def say_by_hook(self, hook: Hook, request: web.Request) -> web.Response:
        payload, files = await read_payload(request)
        channel = self._spoken_in(hook, request)
        check_content(channel, payload, files, self.force)
        if not self.force.hold(rules.WEBHOOK_NONCE) and payload.get("nonce"):
            known = self.limits.sent_before(channel.id, str(payload["nonce"]))
            if known is not None:
                return web.json_response(known)
        self.outbox.check("send", payload)
        author = User(hook.name, hook.id, bot=True)
        text, made = str(payload.get("content") or ""), snowflake()
        body = message_payload(channel, author, text, message_id=made)
        body |= {
            "author": webhook_author(author),
            "webhook_id": str(hook.id),
            "application_id": str(APPLICATION_ID),
            "components": payload.get("components") or [],
        }
        body.pop("member", None)
        channel.messages[made] = body
        self.limits.note_nonce(channel.id, str(payload.get("nonce") or ""), body)
        sent = Outgoing("send", channel.id, payload, made, speaker=hook)
        sent.files = [name for name, _ in files]
        self.outbox.add(sent)
        guild_id = channel.guild.id if channel.guild else None
        await self.gateway.dispatch("MESSAGE_CREATE", body, guild_id)
        return web.json_response(body)

    async def edit_by_hook(self, hook: Hook, request: web.Request) -> web.Response:
        payload, _ = await read_payload(request)
        channel, body = self._own_message(hook, request)
        check_components(payload, self.force)
        self.outbox.check("edit", payload)
        body |= {k: payload[k] for k in ("content", "components") if k in payload}
        body["edited_timestamp"] = created_at(snowflake())
        self.outbox.add(Outgoing("edit", channel.id, payload, int(body["id"])))
        guild_id = channel.guild.id if channel.guild else None
        await self.gateway.dispatch("MESSAGE_UPDATE", body, guild_id)
        return web.json_response(body)

    async def delete_by_hook(self, hook: Hook, request: web.Request) -> web.Response:
        channel, body = self._own_message(hook, request)
        del channel.messages[int(body["id"])]
        told = {"id": body["id"], "channel_id": str(channel.id)}
        guild = channel.guild
        more = {"guild_id": str(guild.id)} if guild else {}
        await self.gateway.dispatch("MESSAGE_DELETE", told | more)
        return web.Response(status=204)

    def _spoken_in(self, hook: Hook, request: web.Request) -> Channel:
        thread = request.query.get("thread_id")
        if thread is None:
            return hook.channel
        found = self.channels.get(int(thread))
        if found is None or found.parent is not hook.channel:
            raise RequestError(404, 10003, "Unknown Channel")
        return found

    def _own_message(
        self, hook: Hook, request: web.Request
    ) -> tuple[Channel, dict[str, Any]]:
        channel = self._spoken_in(hook, request)
        body = channel.messages.get(int(request.match_info["message"]))
        if body is None:
            raise RequestError(404, 10008, "Unknown Message")
        if body.get("webhook_id") != str(hook.id):
            self.force.refuse(rules.WEBHOOK_OWN)
        return channel, body
