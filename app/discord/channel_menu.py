"""A menu of any number of channels, in pages of Discord's maximum size."""

from collections.abc import Sequence
from typing import Protocol

import discord

from app.core.labels import many
from app.discord import answers
from app.discord.messages import Listenable

PAGE = 25
"""Discord's limit of entries in one menu."""

OPEN_SECONDS = 600.0


class SetLearning(Protocol):
    """Switches the learning of one channel."""

    async def __call__(self, channel: Listenable, *, on: bool) -> None: ...


class ChannelMenu(discord.ui.View):
    """A menu that switches learning for the chosen channels, on or off."""

    def __init__(
        self,
        set_learning: SetLearning,
        channels: Sequence[Listenable],
        listened: set[int],
        title: str,
        removes: bool,
    ) -> None:
        super().__init__(timeout=OPEN_SECONDS)
        self._set_learning = set_learning
        self._channels = list(channels)
        self._listened = set(listened)
        self._title = title
        self._removes = removes
        self._page = 0
        self._fill()

    @property
    def text(self) -> str:
        """Return the text above the menu."""
        pages = -(-len(self._channels) // PAGE)
        where = f" (page {self._page + 1} of {pages})" if pages > 1 else ""
        listened = many(len(self._listened), "channel")
        return f"{self._title}{where}.\nI listen to {listened}."

    def _fill(self) -> None:
        """Add the page's menu, with buttons to the neighboring pages."""
        self.clear_items()
        shown = self._channels[self._page * PAGE : (self._page + 1) * PAGE]
        self.add_item(_Select(self, self._page, shown))
        last = (len(self._channels) - 1) // PAGE
        if last:
            self.add_item(_Turn(self, "◀", self._page - 1, last))
            self.add_item(_Turn(self, "▶", self._page + 1, last))

    def is_chosen(self, channel: Listenable) -> bool:
        """Return whether the menu shows the channel as selected."""
        return (channel.id in self._listened) != self._removes

    async def choose(self, shown: Sequence[Listenable], chosen: set[int]) -> None:
        """Apply the choice to the channels of a page."""
        for channel in shown:
            if (channel.id in chosen) != self.is_chosen(channel):
                on = channel.id not in self._listened
                await self._set_learning(channel, on=on)
                self._listened ^= {channel.id}
        self._fill()

    def turn(self, page: int) -> None:
        """Show another page."""
        self._page = page
        self._fill()


class _Select(discord.ui.Select[ChannelMenu]):
    """The channels of one page; each page has its own id."""

    def __init__(
        self, menu: ChannelMenu, page: int, shown: Sequence[Listenable]
    ) -> None:
        super().__init__(
            custom_id=f"listen-channels-{page}",
            placeholder="Nothing selected",
            min_values=0,
            max_values=len(shown),
            options=[
                discord.SelectOption(
                    label=f"#{one.name}"[:100],
                    value=str(one.id),
                    default=menu.is_chosen(one),
                )
                for one in shown
            ],
        )
        self._menu = menu
        self._shown = shown

    async def callback(self, interaction: discord.Interaction) -> None:
        chosen = {int(str(value)) for value in self.values or ()}
        await self._menu.choose(self._shown, chosen)
        text = self._menu.text
        await answers.replace(interaction, text, view=self._menu)


class _Turn(discord.ui.Button[ChannelMenu]):
    """A button to the previous or next page."""

    def __init__(self, menu: ChannelMenu, label: str, page: int, last: int) -> None:
        is_end = not 0 <= page <= last
        super().__init__(label=label, custom_id=f"listen-page-{page}", disabled=is_end)
        self._menu = menu
        self._page = page

    async def callback(self, interaction: discord.Interaction) -> None:
        self._menu.turn(self._page)
        text = self._menu.text
        await answers.replace(interaction, text, view=self._menu)
