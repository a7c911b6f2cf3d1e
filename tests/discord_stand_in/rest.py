"""The REST half of the stand-in: channels, messages, reactions, commands and files."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.discord_stand_in import rules
from tests.discord_stand_in.command_rules import as_kept, check_commands
from tests.discord_stand_in.faults import Fault, Faults
from tests.discord_stand_in.gateway import Gateway
from tests.discord_stand_in.hooks import Hook, HookRoutes
from tests.discord_stand_in.interactions import Interactions
from tests.discord_stand_in.limits import Limits, limited
from tests.discord_stand_in.message_routes import read_payload
from tests.discord_stand_in.outbox import Outbox
from tests.discord_stand_in.rights import BAN_MEMBERS
from tests.discord_stand_in.rules import RequestError
from tests.discord_stand_in.world import (
    APPLICATION_ID,
    OWNER_ID,
    Channel,
    User,
    snowflake,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FREE = ("/interactions/", "/webhooks/")
"""Paths that need no token and count to no global limit."""


class Rest(HookRoutes):
    """Discord's HTTP API over the channels of the stand-in."""

    def __init__(self, gateway: Gateway, channels: dict[int, Channel]) -> None:
        self.gateway = gateway
        self.channels = channels
        self.force = gateway.force
        self.limits = Limits(self.force)
        self.faults = Faults()
        self.outbox = Outbox()
        self.interactions = Interactions(
            gateway.bot, self.outbox, self.keep_message, self.force
        )
        self.commands: list[dict[str, Any]] = []
        self.command_writes = 0
        self.commands_created = 0
        self.is_public = False
        """Whether anybody may invite the bot."""
        self.identifies_left = 1000
        self.application_flags = 1 << 19
        """Message content is allowed to an application of a few servers."""
        self.files: dict[str, bytes] = {}
        self.hooks: dict[int, Hook] = {}
        self.requests: list[tuple[str, str]] = []

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
            web.get("/guilds/{guild}/bans", self.bans),
            web.get("/guilds/{guild}/members/{user}", self.member),
            web.delete("/users/@me/guilds/{guild}", self.leave),
            web.post("/interactions/{id}/{token}/callback", self.answer),
            web.post("/channels/{channel}/webhooks", self.make_hook),
            web.get("/webhooks/{hook:\\d+}", self.read_hook),
            web.delete("/webhooks/{hook:\\d+}", self.delete_hook),
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
        if self.limits.is_blocked():
            return web.Response(status=429, text="<html>banned</html>")
        response = await self._respond(request, handler, path)
        self.limits.note_status(response)
        if response.content_type == "application/json":
            # Discord sends no charset, and py-cord looks for these very letters.
            response.headers["Content-Type"] = "application/json"
        if not self.force.hold(rules.DATE):
            response.headers["Date"] = ""
        return response

    async def _respond(
        self, request: web.Request, handler: Handler, path: str
    ) -> web.StreamResponse:
        fault = self.faults.take(request.method, path)
        if fault is not None and not fault.kind.endswith("after accept"):
            return self._refuse(request, fault)
        try:
            response = await self._authorized(request, handler, path)
        except RequestError as error:
            body: dict[str, Any] = {"message": str(error), "code": error.code}
            if error.errors is not None:
                body["errors"] = error.errors
            response = web.json_response(body, status=error.status)
        if fault is not None:
            return self._refuse(request, fault)
        response.headers["Via"] = "1.1 stand-in"
        return response

    async def _authorized(
        self, request: web.Request, handler: Handler, path: str
    ) -> web.StreamResponse:
        # "This endpoint does not require authentication": events/gateway#get-gateway.
        is_managed = re.fullmatch(r"/webhooks/\d+", path)
        if path.startswith(FREE) and not is_managed or path == "/gateway":
            return await handler(request)
        expected = f"Bot {self.gateway.token}"
        if request.headers.get("Authorization") != expected:
            self.force.refuse(rules.TOKEN)
        wait = self.limits.wait_of_bot()
        if wait is not None:
            return limited(wait, everywhere=True)
        return await handler(request)

    def _refuse(self, request: web.Request, fault: Fault) -> web.Response:
        if fault.kind.startswith("drop"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if fault.kind == "cloudflare":
            return web.Response(status=429, text="<html>banned</html>")
        if fault.kind == "page":
            page = "<html>Sign in to this network</html>"
            return web.Response(text=page, content_type="text/html")
        if fault.kind.endswith("rate limit"):
            everywhere = fault.kind.startswith("global")
            return limited(fault.retry_after, everywhere=everywhere)
        body = {"message": "Bad Gateway", "code": fault.code}
        return web.json_response(body, status=fault.status)

    async def me(self, request: web.Request) -> web.Response:
        return web.json_response(self.gateway.bot.payload())

    async def application(self, request: web.Request) -> web.Response:
        owner = User("owner", OWNER_ID)
        body = {
            "id": str(APPLICATION_ID),
            "name": self.gateway.bot.name,
            "icon": None,
            "description": "",
            "bot_public": self.is_public,
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
        wanted = await request.json()
        known, created = self.commands, self.commands_created
        self.commands_created += check_commands(wanted, known, created, self.force)
        self.command_writes += 1
        self.commands = [
            as_kept(command, snowflake(), APPLICATION_ID) for command in wanted
        ]
        return web.json_response(self.commands)

    async def read_channel(self, request: web.Request) -> web.Response:
        return web.json_response(self._visible(request).payload())

    async def bans(self, request: web.Request) -> web.Response:
        """The bans of a guild, at most 1,000.

        resources/guild#get-guild-bans: "Requires the BAN_MEMBERS permission."
        """
        guild = self.gateway.guilds[int(request.match_info["guild"])]
        if not guild.permissions(self.gateway.bot) & BAN_MEMBERS:
            raise RequestError(403, 50013, "Missing Permissions")
        after = int(request.query.get("after", 0))
        found = sorted(guild.banned.values(), key=lambda user: user.id)
        bans = [
            {"reason": None, "user": user.payload()}
            for user in found
            if user.id > after
        ]
        return web.json_response(bans[: int(request.query.get("limit", 1000))])

    async def member(self, request: web.Request) -> web.Response:
        """One member of a guild; a bot that is in it needs no intent for that."""
        guild = self.gateway.guilds.get(int(request.match_info["guild"]))
        if guild is None:
            raise RequestError(404, 10004, "Unknown Guild")
        user = int(request.match_info["user"])
        if user not in guild.members:
            self.force.refuse(rules.MEMBER)
        account = guild.accounts.get(user) or User("stranger", user)
        body = guild.member_payload(account) | {"user": account.payload()}
        return web.json_response(body)

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
        if hook := self.hook_of(request.match_info["token"]):
            return await self.say_by_hook(hook, request)
        payload, files = await read_payload(request)
        token = request.match_info["token"]
        return await self.interactions.follow_up(token, payload, files)

    async def original(self, request: web.Request) -> web.Response:
        return self.interactions.original(request.match_info["token"])

    async def edit_answer(self, request: web.Request) -> web.Response:
        if hook := self.hook_of(request.match_info["token"]):
            return await self.edit_by_hook(hook, request)
        payload, files = await read_payload(request)
        token = request.match_info["token"]
        return await self.interactions.edit(token, payload, files)

    async def delete_answer(self, request: web.Request) -> web.Response:
        if hook := self.hook_of(request.match_info["token"]):
            return await self.delete_by_hook(hook, request)
        token, message = request.match_info["token"], request.match_info["message"]
        return self.interactions.delete(token, message)

    async def download(self, request: web.Request) -> web.Response:
        """The CDN: a file by name, only with a signature that still holds."""
        name = request.match_info["name"]
        if name not in self.files:
            return web.Response(status=404)
        if request.query.get("ex") == "expired":
            return web.Response(status=404)
        return web.Response(body=self.files[name])
