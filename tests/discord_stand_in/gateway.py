"""The gateway half of the stand-in: sessions, heartbeats, dispatches and resumes."""

import json
import time
import zlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.discord_stand_in import rules
from tests.discord_stand_in.rules import Rules
from tests.discord_stand_in.sight import Sight
from tests.discord_stand_in.world import APPLICATION_ID, Guild, User

DISPATCH, HEARTBEAT, IDENTIFY, RESUME = 0, 1, 2, 6
RECONNECT, INVALID_SESSION, HELLO, ACK = 7, 9, 10, 11

EVENT_INTENTS = {
    "MESSAGE_REACTION_ADD": 1 << 10,
    "MESSAGE_REACTION_REMOVE": 1 << 10,
    "MESSAGE_": 1 << 9,
    "GUILD_BAN_": 1 << 2,
    "GUILD_MEMBER_": 1 << 1,
    "GUILD_": 1 << 0,
    "CHANNEL_": 1 << 0,
    "THREAD_": 1 << 0,
}


@dataclass
class Session:
    """One identified session; it outlives its socket until it is invalidated."""

    id: str
    intents: int
    shard: tuple[int, int] = (0, 1)
    sent: list[str] = field(default_factory=list)
    """Every dispatch, as JSON; the sequence number is the position plus one."""
    socket: "Socket | None" = None

    def wants(
        self, event: str, guild_id: int | None, *, is_direct: bool = False
    ) -> bool:
        """Whether Discord would send this event to this session."""
        # "DMs will only be sent to shard 0", events/gateway#sharding.
        is_pressed = event == "INTERACTION_CREATE" and guild_id is None
        if (is_direct or is_pressed) and self.shard[0] != 0:
            return False
        if is_direct and event.startswith("MESSAGE_"):
            is_reaction = event.startswith("MESSAGE_REACTION_")
            return bool(self.intents & (1 << (13 if is_reaction else 12)))
        if guild_id is not None and (guild_id >> 22) % self.shard[1] != self.shard[0]:
            return False
        for prefix, intent in EVENT_INTENTS.items():
            if event.startswith(prefix):
                return bool(self.intents & intent)
        return True


class Socket:
    """A client's websocket with zlib-stream compression."""

    def __init__(self, response: web.WebSocketResponse) -> None:
        self.response = response
        self._compressor = zlib.compressobj()

    async def send(self, text: str) -> None:
        if self.response.closed:
            return
        data = self._compressor.compress(text.encode())
        data += self._compressor.flush(zlib.Z_SYNC_FLUSH)
        try:
            await self.response.send_bytes(data)
        except ConnectionError:
            # The client went away; the session keeps the event for a resume.
            return

    async def drop(self) -> None:
        """Cut the TCP connection, as a failing network does."""
        request = self.response._req
        if request is not None and request.transport is not None:
            request.transport.abort()


class Gateway:
    """Sessions of the bot, and the faults a test asks for."""

    def __init__(
        self, bot: User, token: str, guilds: dict[int, Guild], force: Rules
    ) -> None:
        self.bot = bot
        self.force = force
        self.sight = Sight(bot, guilds, force)
        self.token = token
        self.guilds = guilds
        self.url = ""
        self.resume_url = ""
        self.paths: list[str] = []
        """Where each socket was opened."""
        self.sessions: dict[str, Session] = {}
        self.identifies: list[dict[str, Any]] = []
        self.identified_at: list[float] = []
        self.resumes: list[dict[str, Any]] = []
        self.heartbeats = 0
        self.frames_a_minute = 120
        self.broken_readies = 0
        """How many READY events come without what a client needs."""
        self.heartbeat_interval_ms = 41_250
        self.acknowledges = True
        """`False` makes the gateway deaf: no acknowledgement, no dispatch."""
        self.refused_intents = 0
        """Privileged intents that are not enabled in the portal: close code 4014."""
        self.required_shards = 1
        self.replay_overlap = 0
        """How many already received events a resume sends once more."""
        self.refuses_resumes = False
        self.refuses_sockets = False

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one websocket until either side closes it."""
        self.paths.append(request.path)
        if self.refuses_sockets:
            raise web.HTTPServiceUnavailable
        response = web.WebSocketResponse(max_msg_size=0)
        await response.prepare(request)
        socket = Socket(response)
        hello = {"heartbeat_interval": self.heartbeat_interval_ms}
        await socket.send(json.dumps({"op": HELLO, "d": hello}))
        session: Session | None = None
        times: list[float] = []
        async for message in response:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            code = self._fault_of(frame["op"], session, times)
            if code is not None:
                await response.close(code=code)
            elif frame["op"] == HEARTBEAT:
                self.heartbeats += 1
                if self.acknowledges:
                    await socket.send(json.dumps({"op": ACK}))
            elif frame["op"] == IDENTIFY:
                session = await self._identify(frame["d"], socket)
            elif frame["op"] == RESUME:
                session = await self._resume(frame["d"], socket)
        if session is not None and session.socket is socket:
            session.socket = None
            # 1000 and 1001 from the client end the session for good.
            if response.close_code in (1000, 1001):
                self.sessions.pop(session.id, None)
        return response

    def _fault_of(
        self, operation: int, session: Session | None, times: list[float]
    ) -> int | None:
        """The close code for a frame that comes too early, too late or too often."""
        now = time.monotonic()
        times[:] = [then for then in times if now - then < 60.0] + [now]
        if len(times) > self.frames_a_minute and self.force.hold(rules.FRAMES):
            return 4008
        begins = operation in (HEARTBEAT, IDENTIFY, RESUME)
        if session is None and not begins and self.force.hold(rules.IDENTIFY_FIRST):
            return 4003
        again = session is not None and operation == IDENTIFY
        return 4005 if again and self.force.hold(rules.IDENTIFY_ONCE) else None

    async def dispatch(
        self, event: str, data: dict[str, Any], guild_id: int | None = None
    ) -> None:
        """Send an event to every session that asked for it and may see it."""
        seen = self.sight.event(event, data, guild_id)
        if seen is None:
            return
        data = seen
        is_direct = "guild_id" not in data and self.force.hold(rules.DIRECT_INTENT)
        is_own = (
            event == "GUILD_MEMBER_UPDATE"
            and data["user"]["id"] == str(self.bot.id)
            and self.force.hold(rules.OWN_MEMBER)
        )
        for session in list(self.sessions.values()):
            if is_own or session.wants(event, guild_id, is_direct=is_direct):
                await self._send(
                    session, event, self.sight.words(session.intents, event, data)
                )

    async def drop_sockets(self, shard: int | None = None) -> None:
        """Cut connections without a close frame; sessions stay resumable."""
        for socket in self._take_sockets(shard):
            await socket.drop()

    async def close_sockets(self, code: int) -> None:
        """Close every connection with a code; sessions stay resumable."""
        for socket in self._take_sockets():
            await socket.response.close(code=code)

    async def ask_reconnect(self) -> None:
        """Send opcode 7 to every connection."""
        for session in self.sessions.values():
            if session.socket is not None:
                await session.socket.send(json.dumps({"op": RECONNECT, "d": None}))

    async def invalidate(self, shard: int | None = None) -> None:
        """End sessions, of a shard or all: opcode 9 without the right to resume."""
        for session in list(self.sessions.values()):
            if shard not in (None, session.shard[0]):
                continue
            del self.sessions[session.id]
            if session.socket is not None:
                frame = {"op": INVALID_SESSION, "d": False}
                await session.socket.send(json.dumps(frame))

    def connected(self) -> bool:
        """Whether a client is identified and has an open socket."""
        return any(session.socket is not None for session in self.sessions.values())

    def _take_sockets(self, shard: int | None = None) -> list[Socket]:
        sockets = []
        for session in self.sessions.values():
            if session.socket is not None and shard in (None, session.shard[0]):
                sockets.append(session.socket)
                session.socket = None
        return sockets

    async def _identify(self, data: dict[str, Any], socket: Socket) -> Session | None:
        self.identifies.append(data)
        self.identified_at.append(time.monotonic())
        shard = tuple(data.get("shard", (0, 1)))
        refusal = self._refusal(data, shard[1])
        if refusal is not None:
            await socket.response.close(code=refusal)
            return None
        session = Session(
            f"session-{len(self.identifies)}", data["intents"], (shard[0], shard[1])
        )
        stale = [key for key, old in self.sessions.items() if old.shard == shard]
        for key in stale:
            del self.sessions[key]
        guilds = [
            g for g in self.guilds.values() if session.wants("GUILD_CREATE", g.id)
        ]
        await self._send(session, "READY", self._ready(session, guilds))
        for guild in guilds:
            if guild.available or not self.force.hold(rules.UNAVAILABLE_READY):
                body = self.sight.guild(guild, guild.payload(self.bot))
                await self._send(session, "GUILD_CREATE", body)
        self.sessions[session.id] = session
        await self._replay(session, socket, 0)
        return session

    def _refusal(self, data: dict[str, Any], shards: int) -> int | None:
        if data["token"] != self.token:
            return 4004
        if data["intents"] & self.refused_intents:
            return 4014
        if shards < self.required_shards:
            return 4011
        return None

    def _ready(self, session: Session, guilds: list[Guild]) -> dict[str, Any]:
        if self.broken_readies:
            self.broken_readies -= 1
            return {"session_id": session.id, "resume_gateway_url": self.resume_url}
        return {
            "v": 10,
            "user": self.bot.payload(),
            "guilds": [{"id": str(g.id), "unavailable": True} for g in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.resume_url,
            "application": {"id": str(APPLICATION_ID), "flags": 0},
        }

    async def _resume(self, data: dict[str, Any], socket: Socket) -> Session | None:
        self.resumes.append(data)
        session = self.sessions.get(data["session_id"] or "")
        if session is None or self.refuses_resumes:
            await socket.send(json.dumps({"op": INVALID_SESSION, "d": False}))
            return None
        session.socket = None
        # READY is not repeated to a client that has it.
        first = max(1, (data["seq"] or 0) - self.replay_overlap)
        await self._replay(session, socket, first)
        await self._send(session, "RESUMED", {})
        return session

    async def _replay(self, session: Session, socket: Socket, first: int) -> None:
        """Send what a session missed, with all that comes in meanwhile, in order."""
        at = first
        while at < len(session.sent):
            await socket.send(session.sent[at])
            at += 1
        # No await since the last look: nothing can have come in between.
        session.socket = socket

    async def _send(self, session: Session, event: str, data: dict[str, Any]) -> None:
        sequence = len(session.sent) + 1
        frame = {"op": DISPATCH, "t": event, "s": sequence, "d": data}
        text = json.dumps(frame)
        session.sent.append(text)
        if session.socket is not None and self.acknowledges:
            await session.socket.send(text)
