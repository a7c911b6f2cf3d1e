"""A Discord of our own on loopback: the real py-cord client connects to it."""

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from tests.discord_stand_in.gateway import Gateway
from tests.discord_stand_in.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    FORM_SUBMIT,
    Interaction,
)
from tests.discord_stand_in.outbox import Outbox
from tests.discord_stand_in.people import People
from tests.discord_stand_in.rest import Rest
from tests.discord_stand_in.rights import rights_in
from tests.discord_stand_in.rules import Rules
from tests.discord_stand_in.world import BOT_ID, Channel, Guild, User, snowflake

TOKEN = "stand-in-token"
WAIT_SECONDS = 60.0 if os.name == "nt" else 15.0
"""Long enough for wine, where a process starts within seconds."""


class Channels(dict[int, Channel]):
    """Every channel by id, looked up through the guilds and direct messages."""

    def __init__(self, guilds: dict[int, Guild]) -> None:
        super().__init__()
        self._guilds = guilds

    def get(self, key: int, default: Any = None) -> Any:
        for guild in self._guilds.values():
            if key in guild.channels:
                return guild.channels[key]
        return super().get(key, default)


class DiscordStandIn(People):
    """REST, gateway and CDN on one port, with what people do as methods."""

    def __init__(self) -> None:
        self.bot = User("Mynah", BOT_ID, bot=True)
        self.guilds: dict[int, Guild] = {}
        self.force = Rules()
        self.direct = Channels(self.guilds)
        self.gateway = Gateway(self.bot, TOKEN, self.guilds, self.force)
        self.rest = Rest(self.gateway, self.direct)
        self.base_url = ""
        self._runner: web.AppRunner | None = None

    @property
    def outbox(self) -> Outbox:
        return self.rest.outbox

    async def start(self) -> None:
        """Listen on a free port of the loopback interface."""
        app = web.Application(middlewares=[self.rest.middleware])
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_get("/resume", self.gateway.handle)
        app.router.add_get("/cdn/{name}", self.rest.download)
        for route in self.rest.routes():
            app.router.add_route(route.method, "/api/v10" + route.path, route.handler)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{port}"
        self.gateway.url = f"ws://127.0.0.1:{port}/gateway"
        self.gateway.resume_url = f"ws://127.0.0.1:{port}/resume"

    async def stop(self) -> None:
        """Drop every connection and close the port."""
        await self.gateway.drop_sockets()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """What `Route.API_BASE_URL` has to be."""
        return self.base_url + "/api/v{API_VERSION}"

    async def wait_for(
        self, condition: Callable[[], bool], seconds: float = WAIT_SECONDS
    ) -> None:
        """Wait until something is so.

        Raises:
            TimeoutError: If it is not so in time.
        """
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - any state may be asked for
                await asyncio.sleep(0.01)

    async def add_guild(self, guild: Guild) -> Guild:
        """Create a guild the bot is in; a connected bot joins it now."""
        self.guilds[guild.id] = guild
        body = guild.payload(self.bot)
        body.pop("unavailable")
        await self.gateway.dispatch("GUILD_CREATE", body, guild.id)
        return guild

    async def return_guild(self, guild: Guild) -> None:
        """A guild that was unavailable is there again."""
        guild.available = True
        body = guild.payload(self.bot)
        await self.gateway.dispatch("GUILD_CREATE", body, guild.id)

    async def remove_guild(self, guild: Guild, *, unavailable: bool = False) -> None:
        """The bot is removed from the guild, or Discord has an outage there."""
        body: dict[str, Any] = {"id": str(guild.id)}
        if unavailable:
            body["unavailable"] = True
            guild.available = False
        else:
            del self.guilds[guild.id]
        await self.gateway.dispatch("GUILD_DELETE", body, guild.id)

    async def command(
        self, channel: Channel, user: User, path: str, /, **options: Any
    ) -> Interaction:
        """A user runs a slash command (`listen add`) and waits for its answer."""
        name, *inner = path.split()
        # People are offered only what is registered, which follows READY.
        await self.wait_for(lambda: self._has_command(name))
        self._check_channels(name, inner, options)
        leaf: list[dict[str, Any]] = [
            _option(key, value) for key, value in options.items()
        ]
        for sub in reversed(inner):
            leaf = [{"type": 1, "name": sub, "options": leaf}]
        data = {"id": str(self._command_id(name)), "name": name, "type": 1}
        body: dict[str, Any] = data | {"options": leaf}
        resolved = self._resolved(options)
        if resolved:
            body["resolved"] = resolved
        return await self._interact(COMMAND, channel, user, body)

    def _has_command(self, name: str) -> bool:
        return any(one["name"] == name for one in self.rest.commands)

    def _check_channels(
        self, name: str, inner: Sequence[str], options: dict[str, Any]
    ) -> None:
        """Discord only offers channels "restricted to these types", channel_types."""
        known = next(one for one in self.rest.commands if one["name"] == name)
        for sub in inner:
            known = next(one for one in known["options"] if one["name"] == sub)
        every = known.get("options", [])
        kinds = {one["name"]: one.get("channel_types") for one in every}
        for key, value in options.items():
            if isinstance(value, Channel) and kinds[key]:
                assert value.type in kinds[key], f"Discord offers no {value.name}"

    def _resolved(self, options: dict[str, Any]) -> dict[str, Any]:
        resolved: dict[str, Any] = {}
        for value in options.values():
            if isinstance(value, Channel):
                may = str(rights_in(value, self.bot, self.force))
                found = value.payload() | {"permissions": may, "app_permissions": may}
                resolved.setdefault("channels", {})[str(value.id)] = found
            elif isinstance(value, User):
                resolved.setdefault("users", {})[str(value.id)] = value.payload()
            elif isinstance(value, File):
                found = self._attachment(value.name) | {"id": str(value.id)}
                resolved.setdefault("attachments", {})[str(value.id)] = found
        return resolved

    async def message_command(
        self, channel: Channel, user: User, name: str, message_id: int
    ) -> Interaction:
        """A user picks an entry of a message's context menu."""
        body = {
            "id": str(self._command_id(name)),
            "name": name,
            "type": 3,
            "target_id": str(message_id),
            "resolved": {"messages": {str(message_id): channel.messages[message_id]}},
        }
        return await self._interact(COMMAND, channel, user, body)

    async def press(
        self,
        shown: Interaction,
        user: User,
        custom_id: str,
        values: Sequence[str] = (),
    ) -> Interaction:
        """A user presses a button or picks from a menu of an earlier answer."""
        component_type = next(
            part["type"] for part in shown.components if part["custom_id"] == custom_id
        )
        data: dict[str, Any] = {
            "custom_id": custom_id,
            "component_type": component_type,
            "values": list(values),
        }
        # The bot knows a menu's new pages only after Discord has taken them.
        await asyncio.sleep(0.05)
        extra = {"message": shown.message}
        return await self._interact(COMPONENT, shown.channel, user, data, **extra)

    async def press_on(
        self, channel: Channel, user: User, message_id: int, label: str
    ) -> Interaction:
        """A user presses a button under a message of the channel, by its label."""
        message = channel.messages[message_id]
        button = next(
            one
            for row in message["components"]
            for one in row["components"]
            if one["label"] == label
        )
        data = {"custom_id": button["custom_id"], "component_type": button["type"]}
        return await self._interact(COMPONENT, channel, user, data, message=message)

    async def submit(
        self, shown: Interaction, user: User, **fields: str
    ) -> Interaction:
        """A user sends the form that an interaction opened."""
        assert shown.form is not None
        rows = [
            {"type": 1, "components": [{"type": 4, "custom_id": k, "value": v}]}
            for k, v in fields.items()
        ]
        data = {"custom_id": shown.form["custom_id"], "components": rows}
        return await self._interact(FORM_SUBMIT, shown.channel, user, data)

    async def complete(
        self, channel: Channel, user: User, path: str, option: str, typed: str
    ) -> list[str]:
        """What the bot offers while a user types an option."""
        name, *inner = path.split()
        leaf: list[dict[str, Any]] = [
            {"type": 3, "name": option, "value": typed, "focused": True}
        ]
        for sub in reversed(inner):
            leaf = [{"type": 1, "name": sub, "options": leaf}]
        data = {"id": str(self._command_id(name)), "name": name, "options": leaf}
        found = await self._interact(AUTOCOMPLETE, channel, user, data | {"type": 1})
        return [choice["value"] for choice in found.choices]

    async def _interact(
        self,
        kind: int,
        channel: Channel,
        user: User,
        data: dict[str, Any],
        **extra: Any,
    ) -> Interaction:
        one = self.rest.interactions.open(kind, channel, user, data)
        one.body |= extra
        guild_id = channel.guild.id if channel.guild else None
        await self.gateway.dispatch("INTERACTION_CREATE", one.body, guild_id)
        async with asyncio.timeout(WAIT_SECONDS):
            # A deferred answer is not one yet.
            while one.kind is None or (one.kind == 5 and not one.parts):
                one.changed.clear()
                await one.changed.wait()
        return one

    def _command_id(self, name: str) -> int:
        for command in self.rest.commands:
            if command["name"] == name:
                return int(command["id"])
        raise LookupError(f"the bot registered no command {name}")


class File:
    """A file a user attaches to a command."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.id = snowflake()


def _option(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"name": name, "type": 5, "value": value}
    if isinstance(value, int):
        return {"name": name, "type": 4, "value": value}
    if isinstance(value, float):
        return {"name": name, "type": 10, "value": value}
    if isinstance(value, Channel):
        return {"name": name, "type": 7, "value": str(value.id)}
    if isinstance(value, User):
        return {"name": name, "type": 6, "value": str(value.id)}
    if isinstance(value, File):
        return {"name": name, "type": 11, "value": str(value.id)}
    return {"name": name, "type": 3, "value": value}
