"""Runs `mynah serve`: the lock, the door, the service and Discord, until it stops."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from random import SystemRandom

from app.core.paths import Home
from app.core.system.requests_to_end import hear
from app.discord.controller import DiscordController
from app.ipc import control
from app.ipc.endpoint import Door
from app.ipc.peer import Peer, handlers_of
from app.ipc.stdio import StdinReader, StdoutWriter
from app.ipc.wire import Catalogue
from app.service import logs
from app.service.home_lock import hold
from app.service.hosts.host_warmer import HostWarmer
from app.service.requantise import Requantise
from app.service.search_keeper import SearchKeeper
from app.service.service import Service, open_service
from app.service.updates import UpdateWatcher

log = logging.getLogger(__name__)

CATALOGUE = Catalogue(control.REQUESTS, control.NOTIFICATIONS)

STATE_SECONDS = 1.0
"""The interval of state checks; only changes are reported."""


def serve(home: Home, stdout: int | None) -> None:
    """Run the bot until it is stopped.

    Args:
        stdout: Private copy of fd 1, when a parent process speaks over stdio.

    Raises:
        AppError: If it cannot run, with the remedy.
    """
    with hold(home):
        asyncio.run(_serve(home, stdout))


async def _serve(home: Home, stdout: int | None) -> None:
    logs.set_up(logs.to_file(home), logs.to_stderr())
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(open_service(home))
        news = service.context.events
        logging.getLogger().addHandler(logs.NewsHandler(news))
        calls = DiscordController(service.context, SystemRandom())
        service.app.discord = calls.state
        own = handlers_of(calls, control.DISCORD_REQUESTS)
        service.handlers = {**service.handlers, **own}
        door = Door(home.endpoint_file, CATALOGUE, service.handlers, on_gone=news.leave)
        await door.open()
        stack.push_async_callback(door.close)
        supervisor = service.context.supervisor
        asyncio.get_running_loop().set_exception_handler(supervisor.on_lost_error)
        work: dict[str, Callable[[], Awaitable[None]]] = {
            "Reporting the state": partial(_tell_state, service),
            "Learning files": service.context.uploads.go_on,
            "Memory": service.context.memory.keep_up,
            "The index of the search": SearchKeeper(service.context).keep_up,
            "Loading models at hosts": HostWarmer(service.context).keep_up,
            "The meter": service.metering.keep_up,
            "Looking for updates": UpdateWatcher(service.context).keep_up,
            "Tuning the starter model": Requantise(service.context).keep_starter_tuned,
            "Discord": calls.run,
        }
        kept = [supervisor.keep(what, job) for what, job in work.items()]
        if stdout is not None:
            kept.append(_serve_parent(service, stdout))
        for job in kept:
            stack.push_async_callback(_cancel, asyncio.ensure_future(job))
        service.context.local.start()
        stop = service.app.asked_to_stop
        hear(lambda number: stop.set(), "SIGINT", "SIGTERM")
        log.info("Mynah is up in %s", home.root)
        await stop.wait()
        log.info("Mynah stops")


async def _serve_parent(service: Service, stdout: int) -> None:
    """Serve the parent process, and end with it."""
    peer = Peer(StdinReader(), StdoutWriter(stdout), CATALOGUE, service.handlers)
    try:
        await peer.run()
    finally:
        service.context.events.leave(peer)
        service.app.asked_to_stop.set()


async def _tell_state(service: Service) -> None:
    """Send the state to the watchers whenever it changes."""
    known: control.StatusReply | None = None
    here = _Nobody()
    while True:
        status = await service.app.status(here, control.Status())
        told = replace(status, uptime_seconds=0.0)
        if told != known:
            known = told
            service.context.events.tell(control.StateChanged(status))
        await asyncio.sleep(STATE_SECONDS)


class _Nobody:
    async def notify(self, notification: object) -> None:
        """Do nothing, since nobody listens."""


async def _cancel(task: "asyncio.Future[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
