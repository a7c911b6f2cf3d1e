"""Connects a command to a running bot, or opens the bot in this process."""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

from app.cli.output import say
from app.core.errors import AppError
from app.core.paths import Home
from app.ipc import control, endpoint
from app.ipc.peer import Peer, RemoteError
from app.ipc.wire import Catalogue, OnNotification, Params, Request
from app.service.home_lock import HomeBusyError, hold
from app.service.service import Service, open_service
from app.settings.consent import is_question

CATALOGUE = Catalogue(control.REQUESTS, control.NOTIFICATIONS)

WAIT_SECONDS = 30.0
"""The wait for another command's lock."""

R = TypeVar("R")


class Bot(Protocol):
    """The part of the bot that a command needs."""

    is_running: bool
    """True for a bot in another process, which runs on after the command."""

    async def call(self, request: Request[R]) -> R:
        """Send a request and return its reply.

        Raises:
            AppError: If the request fails; the message is for a person.
        """
        ...


async def agree(error: AppError, arguments: argparse.Namespace) -> None:
    """Ask the question of an error at the terminal.

    Raises:
        AppError: If it asks nothing, nobody can answer, or the owner does not agree.
    """
    if not is_question(error) or arguments.json or not sys.stdin.isatty():
        raise error
    say(error.message)
    answer = await asyncio.to_thread(input, "Do you agree? [y/N] ")
    if answer.strip().lower() not in ("y", "yes"):
        raise AppError("Nothing was changed.") from error


class _Running:
    is_running = True

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def call(self, request: Request[R]) -> R:
        try:
            return await self._peer.call(request)
        except RemoteError as error:
            hint = "See its log; restart it if it is another version."
            raise AppError(f"The running bot failed: {error}.", hint) from error


class _Here:
    is_running = False

    def __init__(self, service: Service, on_notification: OnNotification) -> None:
        self._service = service
        self._on_notification = on_notification

    async def call(self, request: Request[R]) -> R:
        if isinstance(request, control.Say):
            # A running bot already has its model; this one loads it for one reply.
            await self._service.prepare(request)
        return await self._service.call(self, request)

    async def notify(self, notification: Params) -> None:
        self._on_notification(notification)


@asynccontextmanager
async def connect(
    home: Home,
    on_notification: OnNotification = lambda notification: None,
    *,
    is_forgiving: bool = False,
) -> AsyncIterator[Bot]:
    """Yield the bot of a home, running or opened for this block.

    An endpoint left by a killed bot is detected: nobody there knows its key, and the
    system has freed the lock.

    Args:
        is_forgiving: Go on with the defaults when the settings cannot be used.

    Raises:
        HomeBusyError: If a process that takes no commands holds the lock for long.
    """
    until = time.monotonic() + WAIT_SECONDS
    while True:
        peer = await endpoint.attach(home.endpoint_file, CATALOGUE, on_notification)
        if peer:
            async with _run(peer):
                yield _Running(peer)
            return
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(hold(home))
            except HomeBusyError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.1)
                continue
            async with open_service(home, is_forgiving=is_forgiving) as service:
                yield _Here(service, on_notification)
            return


@asynccontextmanager
async def _run(peer: Peer) -> AsyncIterator[None]:
    reading = asyncio.create_task(peer.run())
    try:
        yield
    finally:
        peer.close()
        await reading
