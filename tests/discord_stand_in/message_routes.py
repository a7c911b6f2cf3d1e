"""The routes of Discord's messages, and the payloads of requests."""

import json
from typing import Any

from aiohttp import BodyPartReader, web

from tests.discord_stand_in import rights, rules
from tests.discord_stand_in.checks import (
    check_delete,
    check_edit,
    check_history,
    check_reaction,
    check_send,
    check_view,
)
from tests.discord_stand_in.gateway import Gateway
from tests.discord_stand_in.limits import Limits, limited
from tests.discord_stand_in.outbox import Outbox, Outgoing
from tests.discord_stand_in.payloads import message_payload
from tests.discord_stand_in.rules import RequestError, Rules
from tests.discord_stand_in.world import Channel, created_at, snowflake


class MessageRoutes:
    """History, messages and reactions."""

    gateway: Gateway
    channels: dict[int, Channel]
    force: Rules
    limits: Limits
    outbox: Outbox

    async def archived(self, request: web.Request) -> web.Response:
        parent = self._visible(request)
        if not self._may(parent, rights.READ_HISTORY):
            self.force.refuse(rules.ARCHIVES)
        guild = parent.guild
        threads = [
            one.payload()
            for one in (guild.channels.values() if guild else ())
            if one.parent is parent and one.archived
        ]
        body = {"threads": threads, "members": [], "has_more": False}
        return web.json_response(body)

    async def thread_member(self, request: web.Request) -> web.Response:
        """Tell if a user is in a thread.

        "Get Thread Member … Returns a thread member object for the specified user if
        they are a member of the thread, returns a 404 response otherwise."
        """
        channel = self._visible(request)
        user = int(request.match_info["user"])
        if user not in channel.thread_members:
            raise RequestError(404, 10007, "Unknown Member")
        return web.json_response({"id": str(channel.id), "user_id": str(user)})

    async def history(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        reads = check_history(channel, self.gateway.bot, self.force)
        limit = int(request.query.get("limit", "50"))
        if not 1 <= limit <= 100:
            self.force.refuse(rules.HISTORY_PAGE)
        ids = sorted(channel.messages) if reads else []
        if "after" in request.query:
            ids = [one for one in ids if one > int(request.query["after"])][:limit]
        else:
            before = int(request.query.get("before", str(1 << 63)))
            ids = [one for one in ids if one < before][-limit:]
        return web.json_response([channel.messages[one] for one in reversed(ids)])

    async def send(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        payload, files = await read_payload(request)
        check_send(channel, self.gateway.bot, payload, files, self.force)
        wait = self.limits.wait_of_channel(channel.id)
        if wait is not None:
            answer = limited(wait)
            answer.headers.update(self.limits.headers(channel.id))
            return answer
        nonce = str(payload.get("nonce") or "")
        if nonce and payload.get("enforce_nonce"):
            known = self.limits.sent_before(channel.id, nonce)
            if known is not None:
                return web.json_response(known)
        self.outbox.check("send", payload)
        # Sending in an archived thread opens it again.
        channel.archived = False
        body = await self.keep_message(channel, payload)
        if nonce:
            body["nonce"] = nonce
        self.limits.note_nonce(channel.id, nonce, body)
        sent = Outgoing("send", channel.id, payload, int(body["id"]))
        sent.files = [name for name, _ in files]
        sent.file_bodies = [data for _, data in files]
        self.outbox.add(sent)
        return web.json_response(body, headers=self.limits.headers(channel.id))

    async def keep_message(
        self, channel: Channel, payload: dict[str, Any]
    ) -> dict[str, Any]:
        """Store a message of the bot and dispatch it, as Discord does."""
        reference = (payload.get("message_reference") or {}).get("message_id")
        reply_to = channel.messages.get(int(reference)) if reference else None
        body = message_payload(
            channel,
            self.gateway.bot,
            str(payload.get("content") or ""),
            message_id=snowflake(),
            reply_to=reply_to,
        )
        body["embeds"] = payload.get("embeds") or []
        body["flags"] = int(payload.get("flags") or 0)
        body["components"] = payload.get("components") or []
        if "interaction_metadata" in payload:
            body["interaction_metadata"] = payload["interaction_metadata"]
        channel.messages[int(body["id"])] = body
        guild_id = channel.guild.id if channel.guild else None
        told = body
        if "nonce" in payload and self.force.hold(rules.NONCE_TOLD):
            told = body | {"nonce": payload["nonce"]}
        await self.gateway.dispatch("MESSAGE_CREATE", told, guild_id)
        return body

    async def typing(self, request: web.Request) -> web.Response:
        channel = self._visible(request)
        if not self._may(channel, rights.SEND_MESSAGES) and channel.parent is None:
            self.force.refuse(rules.SEND)
        self.outbox.typing.append(channel.id)
        return web.Response(status=204)

    async def read_message(self, request: web.Request) -> web.Response:
        channel = self._visible(request)
        if not self._may(channel, rights.READ_HISTORY):
            self.force.refuse(rules.READ_MESSAGE)
        return web.json_response(channel.messages[self._message_id(request, channel)])

    async def edit(self, request: web.Request) -> web.Response:
        channel = self._visible(request)
        message_id = self._message_id(request, channel)
        payload, _ = await read_payload(request)
        body = channel.messages[message_id]
        check_edit(channel, self.gateway.bot, body, payload, self.force)
        self.outbox.check("edit", payload)
        body |= {
            key: payload[key] for key in ("content", "components") if key in payload
        }
        body["edited_timestamp"] = created_at(snowflake())
        self.outbox.add(Outgoing("edit", channel.id, payload, message_id))
        guild_id = channel.guild.id if channel.guild else None
        await self.gateway.dispatch("MESSAGE_UPDATE", body, guild_id)
        return web.json_response(body)

    async def delete(self, request: web.Request) -> web.Response:
        channel = self._visible(request)
        message_id = self._message_id(request, channel)
        body = channel.messages[message_id]
        check_delete(channel, self.gateway.bot, body, self.force)
        del channel.messages[message_id]
        body = {"id": str(message_id), "channel_id": str(channel.id)}
        if channel.guild is not None:
            body["guild_id"] = str(channel.guild.id)
        await self.gateway.dispatch("MESSAGE_DELETE", body)
        return web.Response(status=204)

    async def react(self, request: web.Request) -> web.Response:
        channel = self._visible(request)
        message_id = self._message_id(request, channel)
        emoji = request.match_info["emoji"]
        known = channel.messages[message_id].setdefault("reactions", [])
        is_there = emoji in [one["emoji"]["name"] for one in known]
        check_reaction(channel, self.gateway.bot, emoji, is_there, self.force)
        self.outbox.reactions.append((message_id, emoji))
        return web.Response(status=204)

    def _channel(self, request: web.Request) -> Channel:
        channel = self.channels.get(int(request.match_info["channel"]))
        if channel is None:
            raise RequestError(404, 10003, "Unknown Channel")
        return channel

    def _visible(self, request: web.Request) -> Channel:
        channel = self._channel(request)
        check_view(channel, self.gateway.bot, self.force)
        return channel

    def _may(self, channel: Channel, bits: int) -> bool:
        return rights.may(channel, self.gateway.bot, bits, self.force)

    def _message_id(self, request: web.Request, channel: Channel) -> int:
        message_id = int(request.match_info["message"])
        if message_id not in channel.messages:
            raise RequestError(404, 10008, "Unknown Message")
        return message_id


async def read_payload(
    request: web.Request,
) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """The JSON body, or payload_json and the files of a multipart body."""
    if request.content_type == "application/x-www-form-urlencoded":
        # A form without files, which is how py-cord answers interactions.
        form = await request.post()
        return json.loads(str(form["payload_json"])), []
    if not request.content_type.startswith("multipart/"):
        return await request.json(), []
    payload: dict[str, Any] = {}
    files: list[tuple[str, bytes]] = []
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        data = bytes(await part.read())
        if part.name == "payload_json":
            payload = json.loads(data)
        else:
            files.append((part.filename or "", data))
    return payload, files
