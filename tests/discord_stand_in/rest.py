"""The REST half of the stand-in: channels, messages, reactions, commands and files."""

import json
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import BodyPartReader, web

from tests.discord_stand_in.faults import Fault, Faults
from tests.discord_stand_in.gateway import Gateway
from tests.discord_stand_in.interactions import Interactions
from tests.discord_stand_in.outbox import MAX_CONTENT, Outbox, Outgoing
from tests.discord_stand_in.world import (
    APPLICATION_ID,
    OWNER_ID,
    Channel,
    User,
    created_at,
    message_payload,
    snowflake,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NONCE_SECONDS = 300


class RequestError(Exception):
    """An answer other than success, with Discord's own error code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Rest:
    """Discord's HTTP API over the channels of the stand-in."""

    def __init__(self, gateway: Gateway, channels: dict[int, Channel]) -> None:
        self.gateway = gateway
        self.channels = channels
        self.faults = Faults()
        self.outbox = Outbox()
        self.interactions = Interactions(gateway.bot, self.outbox, self.keep_message)
        self.commands: list[dict[str, Any]] = []
        self.command_writes = 0
        self.identifies_left = 1000
        self.application_flags = 1 << 19
        """Message content is allowed to an application of a few servers."""
        self.files: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.messages_per_window = 5
        self.window_seconds = 0.05
        self._buckets: dict[int, list[float]] = defaultdict(list)
        self._nonces: dict[tuple[int, str], tuple[float, dict[str, Any]]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Every route; the order matters where one path could match two."""
        message = "/channels/{channel}/messages/{message:\\d+}"
        mine = "/reactions/{emoji}/@me"
        hook = "/webhooks/{application}/{token}"
        return [
            web.get("/users/@me", self.me),
            web.get("/oauth2/applications/@me", self.application),
            web.get("/gateway", self.gateway_url),
            web.get("/gateway/bot", self.gateway_bot),
            web.get("/applications/{application}/commands", self.read_commands),
            web.put("/applications/{application}/commands", self.write_commands),
            web.get("/channels/{channel}", self.read_channel),
            web.get("/channels/{channel}/messages", self.history),
            web.post("/channels/{channel}/messages", self.send),
            web.post("/channels/{channel}/typing", self.typing),
            web.get("/channels/{channel}/threads/archived/public", self.archived),
            web.get("/channels/{channel}/thread-members/{user}", self.thread_member),
            web.get(message, self.read_message),
            web.patch(message, self.edit),
            web.delete(message, self.delete),
            web.put(message + mine, self.react),
            web.delete("/users/@me/guilds/{guild}", self.leave),
            web.post("/interactions/{id}/{token}/callback", self.answer),
            web.post(hook, self.follow_up),
            web.get(hook + "/messages/@original", self.original),
            web.patch(hook + "/messages/{message}", self.edit_answer),
            web.delete(hook + "/messages/{message}", self.delete_answer),
        ]

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Check the token, apply the ordered faults, answer with Discord's headers."""
        path = request.path.removeprefix("/api/v10")
        if path == request.path:
            return await handler(request)
        self.requests.append((request.method, path))
        response = await self._respond(request, handler, path)
        if response.content_type == "application/json":
            # Discord sends no charset, and py-cord looks for these very letters.
            response.headers["Content-Type"] = "application/json"
        return response

    async def _respond(
        self, request: web.Request, handler: Handler, path: str
    ) -> web.StreamResponse:
        fault = self.faults.take(request.method, path)
        if fault is not None and not fault.kind.endswith("after accept"):
            return self._refuse(request, fault)
        try:
            response = await self._authorized(request, handler)
        except RequestError as error:
            body = {"message": str(error), "code": error.code}
            response = web.json_response(body, status=error.status)
        if fault is not None:
            return self._refuse(request, fault)
        response.headers["Via"] = "1.1 stand-in"
        return response

    async def _authorized(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        open_paths = ("/interactions/", "/webhooks/")
        needs_token = not any(part in request.path for part in open_paths)
        expected = f"Bot {self.gateway.token}"
        if needs_token and request.headers.get("Authorization") != expected:
            raise RequestError(401, 0, "401: Unauthorized")
        return await handler(request)

    def _refuse(self, request: web.Request, fault: Fault) -> web.Response:
        if fault.kind.startswith("drop"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if fault.kind == "cloudflare":
            return web.Response(status=429, text="<html>banned</html>")
        if fault.kind.endswith("rate limit"):
            everywhere = fault.kind.startswith("global")
            return self._limited(fault.retry_after, everywhere=everywhere)
        return web.json_response({"message": "Bad Gateway"}, status=fault.status)

    def _limited(self, seconds: float, *, everywhere: bool = False) -> web.Response:
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
        return web.json_response(body, status=429, headers=headers)

    async def me(self, request: web.Request) -> web.Response:
        return web.json_response(self.gateway.bot.payload())

    async def application(self, request: web.Request) -> web.Response:
        owner = User("owner", OWNER_ID)
        body = {
            "id": str(APPLICATION_ID),
            "name": self.gateway.bot.name,
            "icon": None,
            "description": "",
            "bot_public": False,
            "bot_require_code_grant": False,
            "verify_key": "0",
            "flags": self.application_flags,
            "owner": owner.payload(),
            "team": None,
        }
        return web.json_response(body)

    async def gateway_url(self, request: web.Request) -> web.Response:
        return web.json_response({"url": self.gateway.url})

    async def gateway_bot(self, request: web.Request) -> web.Response:
        limit = {
            "total": 1000,
            "remaining": self.identifies_left,
            "reset_after": 3_600_000,
            "max_concurrency": 1,
        }
        shards = self.gateway.required_shards
        body = {"url": self.gateway.url, "shards": shards, "session_start_limit": limit}
        return web.json_response(body)

    async def read_commands(self, request: web.Request) -> web.Response:
        return web.json_response(self.commands)

    async def write_commands(self, request: web.Request) -> web.Response:
        self.command_writes += 1
        self.commands = [
            {"type": 1} | command | {"id": str(snowflake()), "version": "1"}
            for command in await request.json()
        ]
        return web.json_response(self.commands)

    async def read_channel(self, request: web.Request) -> web.Response:
        return web.json_response(self._channel(request).payload())

    async def archived(self, request: web.Request) -> web.Response:
        parent = self._readable(request)
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
        channel = self._readable(request)
        user = int(request.match_info["user"])
        if user not in channel.thread_members:
            raise RequestError(404, 10007, "Unknown Member")
        return web.json_response({"id": str(channel.id), "user_id": str(user)})

    async def history(self, request: web.Request) -> web.Response:
        channel = self._readable(request)
        limit = int(request.query.get("limit", "50"))
        if not 1 <= limit <= 100:
            raise RequestError(400, 50035, "Invalid Form Body")
        ids = sorted(channel.messages)
        if "after" in request.query:
            ids = [one for one in ids if one > int(request.query["after"])][:limit]
        else:
            before = int(request.query.get("before", str(1 << 63)))
            ids = [one for one in ids if one < before][-limit:]
        return web.json_response([channel.messages[one] for one in reversed(ids)])

    async def send(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        payload, files = await read_payload(request)
        self._check_sendable(payload, files)
        wait = self._wait_of_bucket(channel)
        if wait is not None:
            return self._limited(wait)
        nonce = str(payload.get("nonce") or "")
        known = self._nonces.get((channel.id, nonce))
        if nonce and payload.get("enforce_nonce") and known is not None:
            if time.monotonic() - known[0] < NONCE_SECONDS:
                return web.json_response(known[1])
        self.outbox.check("send", payload)
        body = await self.keep_message(channel, payload)
        if nonce:
            body["nonce"] = nonce
            self._nonces[(channel.id, nonce)] = (time.monotonic(), body)
        sent = Outgoing("send", channel.id, payload, int(body["id"]))
        sent.files = [name for name, _ in files]
        sent.file_bodies = [data for _, data in files]
        self.outbox.add(sent)
        return web.json_response(body, headers=self._bucket_headers(channel))

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
        body["components"] = payload.get("components") or []
        channel.messages[int(body["id"])] = body
        guild_id = channel.guild.id if channel.guild else None
        await self.gateway.dispatch("MESSAGE_CREATE", body, guild_id)
        return body

    def _check_sendable(
        self, payload: dict[str, Any], files: list[tuple[str, bytes]]
    ) -> None:
        content = payload.get("content") or ""
        if not (content or files or payload.get("embeds")):
            raise RequestError(400, 50006, "Cannot send an empty message")
        if len(content) > MAX_CONTENT or len(str(payload.get("nonce") or "")) > 25:
            raise RequestError(400, 50035, "Invalid Form Body")

    def _wait_of_bucket(self, channel: Channel) -> float | None:
        """Count one message; seconds to wait when the channel's bucket is empty."""
        now = time.monotonic()
        recent = self._buckets[channel.id]
        recent[:] = [then for then in recent if now - then < self.window_seconds]
        if len(recent) >= self.messages_per_window:
            return self.window_seconds - (now - recent[0])
        recent.append(now)
        return None

    def _bucket_headers(self, channel: Channel) -> dict[str, str]:
        recent = self._buckets[channel.id]
        return {
            "X-RateLimit-Limit": str(self.messages_per_window),
            "X-RateLimit-Remaining": str(self.messages_per_window - len(recent)),
            "X-RateLimit-Reset": str(time.time() + self.window_seconds),
            "X-RateLimit-Reset-After": str(self.window_seconds),
            "X-RateLimit-Bucket": f"messages-{channel.id}",
        }

    async def typing(self, request: web.Request) -> web.Response:
        self.outbox.typing.append(self._channel(request).id)
        return web.Response(status=204)

    async def read_message(self, request: web.Request) -> web.Response:
        channel = self._readable(request)
        return web.json_response(channel.messages[self._message_id(request, channel)])

    async def edit(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        message_id = self._message_id(request, channel)
        payload, _ = await read_payload(request)
        self.outbox.check("edit", payload)
        body = channel.messages[message_id]
        body |= {
            key: payload[key] for key in ("content", "components") if key in payload
        }
        body["edited_timestamp"] = created_at(snowflake())
        self.outbox.add(Outgoing("edit", channel.id, payload, message_id))
        guild_id = channel.guild.id if channel.guild else None
        await self.gateway.dispatch("MESSAGE_UPDATE", body, guild_id)
        return web.json_response(body)

    async def delete(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        message_id = self._message_id(request, channel)
        del channel.messages[message_id]
        body = {"id": str(message_id), "channel_id": str(channel.id)}
        if channel.guild is not None:
            body["guild_id"] = str(channel.guild.id)
        await self.gateway.dispatch("MESSAGE_DELETE", body)
        return web.Response(status=204)

    async def react(self, request: web.Request) -> web.Response:
        message_id = self._message_id(request, self._channel(request))
        self.outbox.reactions.append((message_id, request.match_info["emoji"]))
        return web.Response(status=204)

    async def leave(self, request: web.Request) -> web.Response:
        guild_id = int(request.match_info["guild"])
        self.gateway.guilds.pop(guild_id, None)
        await self.gateway.dispatch("GUILD_DELETE", {"id": str(guild_id)}, guild_id)
        return web.Response(status=204)

    async def answer(self, request: web.Request) -> web.Response:
        payload, files = await read_payload(request)
        token = request.match_info["token"]
        return await self.interactions.answer(token, payload, files)

    async def follow_up(self, request: web.Request) -> web.Response:
        payload, files = await read_payload(request)
        token = request.match_info["token"]
        return await self.interactions.follow_up(token, payload, files)

    async def original(self, request: web.Request) -> web.Response:
        return self.interactions.original(request.match_info["token"])

    async def edit_answer(self, request: web.Request) -> web.Response:
        payload, files = await read_payload(request)
        token = request.match_info["token"]
        return await self.interactions.edit(token, payload, files)

    async def delete_answer(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def download(self, request: web.Request) -> web.Response:
        """The CDN: a file by name, only with a signature that still holds."""
        name = request.match_info["name"]
        if name not in self.files:
            return web.Response(status=404)
        if request.query.get("ex") == "expired":
            return web.Response(status=404)
        return web.Response(body=self.files[name])

    def _channel(self, request: web.Request) -> Channel:
        channel = self.channels.get(int(request.match_info["channel"]))
        if channel is None:
            raise RequestError(404, 10003, "Unknown Channel")
        return channel

    def _readable(self, request: web.Request) -> Channel:
        channel = self._channel(request)
        if not channel.readable:
            raise RequestError(403, 50001, "Missing Access")
        return channel

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
