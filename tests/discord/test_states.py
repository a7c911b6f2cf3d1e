"""Whatever happens to the connection, the status, screens, doctor and log agree."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from app.core.paths import Home
from app.discord.client import IdentifyRefusedError, NotABotError
from app.discord.connection import DiscordLink, NeedsShardsError
from app.discord.controller import DiscordController
from app.discord.library_rules import NotDiscordError
from app.discord.liveness import DeafError
from app.discord.surroundings import ConnectionState
from app.ipc import control
from app.service.service import Service, open_service
from app.tui.bot_ports import LinkState
from app.tui.health import health
from tests.asking import Nobody
from tests.discord_stand_in.server import TOKEN

PAGE = Path(__file__).parents[2] / "app" / "README.md"
ROW = re.compile(r"^\| ([^|]+?) \| `(\w+)` \| ([^|]+?) \|$", re.MULTILINE)


def answered(status: int) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="")
    return discord.HTTPException(response, "no")


def closed(code: int) -> discord.ConnectionClosed:
    socket: Any = SimpleNamespace(close_code=code)
    return discord.ConnectionClosed(socket, shard_id=None, code=code)


ENDINGS: dict[str, Callable[[Random], Exception]] = {
    "a refused token": lambda rng: discord.LoginFailure("no"),
    "a person's token": lambda rng: NotABotError(),
    "a revoked token (4004)": lambda rng: closed(4004),
    "a close for good (4010, 4012, 4013)": lambda rng: closed(
        rng.choice((4010, 4012, 4013))
    ),
    "too few sessions left": lambda rng: IdentifyRefusedError(1234.0),
    "a blocked address (429)": lambda rng: answered(429),
    "no intent for words": lambda rng: discord.PrivilegedIntentsRequired(None),
    "a wish for shards": lambda rng: rng.choice((NeedsShardsError(), closed(4011))),
    "no way to Discord": lambda rng: rng.choice(
        (OSError("no route"), aiohttp.ClientError("cut"), discord.GatewayNotFound())
    ),
    "something else in its place": lambda rng: NotDiscordError("a page"),
    "a proxy that fails": lambda rng: answered(407),
    "trouble at Discord (5xx)": lambda rng: answered(rng.choice((500, 502, 503))),
    "silence": lambda rng: DeafError("no heartbeat was answered for 60 s"),
    "another close": lambda rng: closed(rng.choice((1000, 1006, 4000, 4009))),
    "a bug": lambda rng: RuntimeError("planted"),
}
ONLINE = ConnectionState("online")


def written() -> dict[str, tuple[str, str]]:
    """Return the rows of the page: the state of each ending, and its next try."""
    part = (
        PAGE.read_text(encoding="utf-8").partition("## States")[2].partition("\n## ")[0]
    )
    return {what: (state, then) for what, state, then in ROW.findall(part)}


class Driven(DiscordLink):
    """A link whose clients come online and then end as they are told."""

    def __init__(self, calls: DiscordController, rng: Random, turns: int) -> None:
        super().__init__(TOKEN, calls._surroundings, calls._tell, self._pause)
        self.rng, self.turns = rng, turns
        self.what, self.pauses = "", list[float]()
        self.check: Callable[[], None] = lambda: None

    async def _run_client(self) -> None:
        if len(self.pauses) == self.turns:
            raise discord.LoginFailure("the end")
        if self.rng.random() < 0.5:
            self._tell(ONLINE)
        self.what = self.rng.choice([*ENDINGS])
        raise ENDINGS[self.what](self.rng)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.check()


@pytest.fixture
async def service(home: Home) -> AsyncIterator[Service]:
    async with open_service(home, Random(7)) as opened:
        yield opened


def test_every_ending_is_on_the_page() -> None:
    assert [*written()] == ["no token, or a stop by the owner", *ENDINGS]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_ends_a_connection_everybody_says_the_same(
    service: Service, seed: int
) -> None:
    calls = DiscordController(service.context, Random(seed))
    service.app.discord = calls.state
    link = calls._link = Driven(calls, Random(seed), 40)
    rows, pace = written(), calls._surroundings.pace
    status = await service.app.status(Nobody(), control.Status())
    assert status.discord.state == rows["no token, or a stop by the owner"][0]

    def check() -> None:
        wanted, then = rows[link.what]
        assert then != "when the owner asks", f"{link.what}, and it tries again"
        told = calls.state()
        assert told.state == wanted, link.what
        (found,) = [one for one in service.app._running() if one.name == "discord"]
        assert not found.ok and (not told.reason or found.detail == told.reason)
        shown = health(LinkState("running"), control.StatusReply(**{
            **vars(status), "discord": told,
        }))  # fmt: skip
        assert shown.sign != "●" and shown.word != "online"
        assert told.reason in shown.reason
        if told.reason and told.reason == link._told.detail:
            assert told.reason in service.context.events.events[-1].text
        if link.pauses and then == "at once":
            assert link.pauses[-1] == 0.0

    link.check = check
    while not link.pauses or len(link.pauses) < link.turns:
        before = len(link.pauses)
        await link.run()
        if len(link.pauses) == link.turns:
            break
        # It ended for good; only the owner starts it again.
        wanted, then = rows[link.what]
        assert (wanted, then) == ("refused", "when the owner asks"), link.what
        assert calls.state().state == "refused"
        link.pauses.append(0.0)
        link.what = ""
        assert len(link.pauses) > before
    assert max(link.pauses) <= max(pace.longest_retry, 1234.0)
