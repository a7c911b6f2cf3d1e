"""Runs `mynah serve`: the lock, the door, the service and Discord, until it stops."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING

from app.core.errors import AppError, ConfigError
from app.core.names import GuildId
from app.core.paths import Home
from app.core.system import standstill
from app.core.system.requests_to_end import hear
from app.ipc import control
from app.ipc.endpoint import Door
from app.ipc.peer import Handler, Peer, handlers_of
from app.ipc.stdio import StdinReader, StdoutWriter
from app.ipc.wire import Catalogue, Request
from app.service import logs
from app.service.app_context import AppContext
from app.service.events import Asker
from app.service.home_lock import hold
from app.service.hosts.host_warmer import HostWarmer
from app.service.requantise import Requantise
from app.service.search_keeper import SearchKeeper
from app.service.service import Service, open_service
from app.service.shared.change_follower import ChangeFollower
from app.service.updates import UpdateWatcher
from app.service.words.people_keeper import PeopleKeeper
from app.settings.config_file import load
from app.store.engines.address import StoreAddress, TakenError, UnreachableError
from app.store.engines.shards import ALL, Shards

if TYPE_CHECKING:
    from app.discord.controller import DiscordController

log = logging.getLogger(__name__)

CATALOGUE = Catalogue(control.REQUESTS, control.NOTIFICATIONS)

HEAD_START_SECONDS = 1.0
"""The longest time for the first state, before everything else loads."""

FIRST_PAUSE, LONGEST_PAUSE = 2, 60
"""Seconds between tries to reach the database."""

TURN_SECONDS = 5.0
"""The longest time until a bot notices that another home uses its database."""

STATE_SECONDS = 1.0
"""The interval of state checks; only changes are reported."""


def serve(home: Home, stdout: int | None, shards: Shards = ALL) -> None:
    """Run the bot until it is stopped.

    Args:
        stdout: Private copy of fd 1, when a parent process speaks over stdio.
        shards: Those that this process holds, if others hold the rest.

    Raises:
        AppError: If it cannot run, with the remedy.
    """
    with hold(home):
        asyncio.run(_serve(home, stdout, shards))


async def _serve(home: Home, stdout: int | None, shards: Shards = ALL) -> None:
    is_json = _logs_json(home)
    logs.set_up(logs.to_file(home, is_json=is_json), logs.to_stderr(is_json=is_json))
    async with AsyncExitStack() as stack:
        watching = asyncio.ensure_future(standstill.watch())
        stack.push_async_callback(_cancel, watching)
        service = await _opened(home, stack, shards, is_alone=stdout is None)
        # Whoever finds the door may ask it to stop.
        stop = service.app.asked_to_stop
        lost = asyncio.get_running_loop().create_future()
        hear(lambda number: stop.set(), "SIGINT", "SIGTERM")
        news = service.context.events
        logging.getLogger().addHandler(logs.NewsHandler(news))
        discord = LateDiscord(service)
        service.handlers = {**service.handlers, **discord.handlers}
        door = Door(home.endpoint_file, CATALOGUE, service.handlers, on_gone=news.leave)
        await door.open()
        stack.push_async_callback(door.close)
        supervisor = service.context.supervisor
        asyncio.get_running_loop().set_exception_handler(supervisor.on_lost_error)
        told = asyncio.Event()
        telling = supervisor.keep(
            "Reporting the state", partial(_tell_state, service, told)
        )
        stack.push_async_callback(_cancel, asyncio.ensure_future(telling))
        # Whoever waits for the bot is answered before it loads more.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), HEAD_START_SECONDS)
        work = _work_of(service, lost) | {"Discord": discord.run}
        kept = [supervisor.keep(what, job) for what, job in work.items()]
        if stdout is not None:
            kept.append(_serve_parent(service, stdout))
        for job in kept:
            stack.push_async_callback(_cancel, asyncio.ensure_future(job))
        service.context.local.start()
        log.info("Mynah is up in %s", home.root)
        await stop.wait()
        log.info("Mynah stops")
        if lost.done():
            raise lost.result()


def _work_of(
    service: Service, lost: "asyncio.Future[TakenError]"
) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return the work in the background that never ends, by its name for people."""
    context = service.context
    return {
        "Learning files": context.uploads.go_on,
        "The turn with the database": partial(_keep_turn, service, lost),
        "Changes by other processes": ChangeFollower(context).keep_up,
        "Memory": context.memory.keep_up,
        "Facts of members": PeopleKeeper(context).keep_up,
        "The index of the search": SearchKeeper(context).keep_up,
        "Loading models at hosts": HostWarmer(context).keep_up,
        "The figures of the last hour": service.last_hour.keep_up,
        "The meter": service.metering.keep_up,
        "Telling the figures": partial(_tell_figures, service),
        "Looking for updates": UpdateWatcher(context).keep_up,
        "Tuning the starter model": Requantise(context).keep_starter_tuned,
    }


def _logs_json(home: Home) -> bool:
    """Tell if the log is for programs; settings that cannot be read come up later."""
    try:
        return load(home.config_file).log.format == "json"
    except ConfigError:
        return False


async def _opened(
    home: Home, stack: AsyncExitStack, shards: Shards, *, is_alone: bool
) -> Service:
    """Open the home; wait for a database that does not answer, or that another uses.

    A parent starts the bot again by itself, and tells why.
    """
    pause, is_told = FIRST_PAUSE, False
    while True:
        try:
            return await stack.enter_async_context(open_service(home, shards=shards))
        except UnreachableError as error:
            if not is_alone:
                raise
            log.warning("%s Mynah tries again in %d seconds.", error, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        except TakenError as error:
            if not is_alone:
                raise
            if not is_told:
                log.warning("%s Mynah waits until that one ends.", error)
            is_told = True
            await asyncio.sleep(FIRST_PAUSE)


async def _keep_turn(service: Service, lost: "asyncio.Future[TakenError]") -> None:
    """Stop the bot once another home uses its database."""
    database = service.context.database
    while isinstance(database.place, StoreAddress):
        await asyncio.sleep(TURN_SECONDS)
        try:
            await asyncio.to_thread(database.is_sound)
        except TakenError as error:
            lost.set_result(error)
            service.app.asked_to_stop.set()
            return
        except AppError as error:
            log.warning("%s", error)


class LateDiscord:
    """Discord's part of the bot, which loads for a second while the rest answers."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._loading: asyncio.Task[DiscordController] | None = None
        self._own: Mapping[str, Handler] = {}
        service.context.forgetter.on_withdrawn = self._withdraw
        self.handlers: dict[str, Handler] = {
            kind.method: partial(self._answer, kind.method)
            for kind in control.DISCORD_REQUESTS
        }

    async def run(self) -> None:
        """Stay connected whenever that is wanted and possible."""
        await (await self._loaded()).run()

    async def _loaded(self) -> "DiscordController":
        self._loading = self._loading or asyncio.create_task(self._load())
        # Whoever stops waiting leaves it to those who need it next.
        return await asyncio.shield(self._loading)

    async def _load(self) -> "DiscordController":
        make = await asyncio.to_thread(_controller)
        # What is loaded by now stays, and a look through it would hold the loop.
        gc.freeze()
        calls = make(self._service.context, SystemRandom())
        self._service.app.discord = calls.state
        self._own = handlers_of(calls, control.DISCORD_REQUESTS)
        return calls

    async def _answer(
        self, method: str, asker: Asker, request: Request[object]
    ) -> object:
        await self._loaded()
        return await self._own[method](asker, request)  # type: ignore[arg-type]

    async def _withdraw(self, guild: GuildId, sent: Sequence[tuple[str, str]]) -> None:
        await (await self._loaded()).withdraw(guild, sent)


def _controller() -> "Callable[[AppContext, SystemRandom], DiscordController]":
    from app.discord.controller import DiscordController

    return DiscordController


async def _serve_parent(service: Service, stdout: int) -> None:
    """Serve the parent process, and end with it."""
    peer = Peer(StdinReader(), StdoutWriter(stdout), CATALOGUE, service.handlers)
    try:
        await peer.run()
    finally:
        service.context.events.leave(peer)
        service.app.asked_to_stop.set()


async def _tell_figures(service: Service) -> None:
    """Tell the figures at the port that the owner chose, if any."""
    context = service.context
    if not (port := context.settings.home.metrics.port):
        return
    from app.service.metrics import metrics_port
    from app.service.metrics.figures import Metrics

    figures = Metrics(context, lambda: service.app.discord(), service.last_hour.latest)
    context.replier.on_end = figures.note
    try:
        await metrics_port.serve(context.home, port, figures)
    except OSError as error:
        detail = f"The figures cannot be told at port {port}: {error.strerror}."
        hint = "Set metrics.port to a free one, and start Mynah again."
        context.troubles.begin("metrics", detail, hint)
    except ConfigError as error:
        context.troubles.begin("metrics", error.message, error.hint)


async def _tell_state(service: Service, first: asyncio.Event) -> None:
    """Send the state to the watchers whenever it changes; note the first time."""
    known: control.StatusReply | None = None
    here = _Nobody()
    while True:
        status = await service.app.status(here, control.Status())
        told = replace(status, uptime_seconds=0.0)
        if told != known:
            known = told
            service.context.events.tell(control.StateChanged(status))
            first.set()
        await asyncio.sleep(STATE_SECONDS)


class _Nobody:
    async def notify(self, notification: object) -> None:
        """Do nothing, since nobody listens."""


async def _cancel(task: "asyncio.Future[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
