"""Discord's time, whatever this computer's clock says."""

import logging
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import aiohttp
import discord
from discord.http import Route

from app.core.supervisor import Troubles

log = logging.getLogger(__name__)

UNNOTICED_SECONDS = 3.0
"""A difference that the way of the answer explains."""

STRANGE_SECONDS = 30.0
"""The age of a message that just came, or its lead, which asks for a look."""

WRONG_SECONDS = 60.0
"""The difference that the owner is told of."""

BETWEEN_SECONDS = 60.0
TIMEOUT = aiohttp.ClientTimeout(total=10)

HINT = "Set it, or switch on network time. Until then Mynah uses Discord's time."


class DiscordClock:
    """The local clock, corrected by the `Date` of Discord's answers."""

    def __init__(
        self,
        local: Callable[[], float],
        troubles: Troubles,
        proxy: str | None = None,
    ) -> None:
        self._local = local
        self._proxy = proxy
        self._troubles = troubles
        self._correction = 0.0
        self._looked: float | None = None

    def __call__(self) -> float:
        """Return seconds since the epoch."""
        return self._local() + self._correction

    async def check(self, message: int) -> None:
        """Look at the time again if a message that just came seems old, or early."""
        age = self() - discord.utils.snowflake_time(message).timestamp()
        rested = self._looked is None or (
            time.monotonic() - self._looked > BETWEEN_SECONDS
        )
        if abs(age) > STRANGE_SECONDS and rested:
            await self.set()

    async def set(self) -> None:
        """Ask Discord for the time; without an answer everything stays."""
        self._looked = time.monotonic()
        try:
            async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
                url = Route("GET", "/gateway").url
                asking = session.get(url, proxy=self._proxy)
                async with asking as answer:
                    told = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except (aiohttp.ClientError, OSError, KeyError, ValueError) as error:
            log.info("Discord gives no time: %s", error)
            return
        wrong = self._local() - told
        self._correction = -wrong if abs(wrong) > UNNOTICED_SECONDS else 0.0
        if abs(wrong) <= WRONG_SECONDS:
            self._troubles.end("clock")
            return
        way = "fast" if wrong > 0 else "slow"
        detail = f"This computer's clock is {_span(abs(wrong))} {way}."
        self._troubles.begin("clock", detail, HINT)


def _span(seconds: float) -> str:
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
