"""Collects messages that one person writes in a row, to answer them together."""

import asyncio

from app.discord.ports import Incoming


class Burst:
    """An author's messages from the call to the bot until they pause."""

    def __init__(self, said: Incoming) -> None:
        self.key = (said.place.channel, said.person)
        self.text = said.text
        self._more = asyncio.Event()

    def add(self, text: str) -> None:
        """Note that the author wrote on."""
        self.text += "\n" + text
        self._more.set()

    async def wait_until_over(self, seconds: float) -> None:
        """Return when nothing has been added for that long."""
        while True:
            self._more.clear()
            try:
                await asyncio.wait_for(self._more.wait(), seconds)
            except TimeoutError:
                return
