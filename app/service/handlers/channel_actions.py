"""Channels, as Discord, the screens and the command line steer them."""

import re
import time
from collections import Counter
from collections.abc import Callable
from random import Random

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.state_file import StateFile
from app.service.app_context import AppContext
from app.store import audience, guilds, messages
from app.store.rows import StoredChannel

EMOJI_MESSAGES = 400
_EMOJI = re.compile(r"<a?:\w{2,32}:\d+>|[\U0001F300-\U0001FAFF☀-➿]")
_QUIET = "quiet"


def whole(guild: str) -> str:
    """Return the name of a whole server (Discord's id) among the silences."""
    return f"server {guild}"


class Silences:
    """Channels where the bot keeps quiet for a while, also over a restart."""

    def __init__(
        self, state: StateFile, clock: Callable[[], float] = time.time
    ) -> None:
        self._state = state
        self._clock = clock

    def begin(self, channel: str, seconds: float) -> float:
        """Keep quiet in a channel (Discord's id); 0 ends the silence.

        Returns:
            The end of the silence, in seconds since the epoch.
        """
        now = self._clock()
        kept = self._state.get(_QUIET, {}).items()
        quiet = {one: until for one, until in kept if until > now and one != channel}
        if seconds:
            quiet[channel] = now + seconds
        self._state.put(_QUIET, quiet)
        return now + seconds

    def until(self, channel: str) -> float:
        """Return the end of a channel's silence, in seconds since the epoch."""
        return float(self._state.get(_QUIET, {}).get(channel, 0.0))


async def set_learning(context: AppContext, channel: int, on: bool) -> None:
    """Start or stop learning from a channel (its row)."""
    await context.database.run(guilds.set_learning, channel, on)


async def keep_quiet(
    context: AppContext, channel: StoredChannel, seconds: float
) -> float:
    """Keep quiet in a channel; a thread follows its parent.

    Returns:
        The end of the silence, in seconds since the epoch.

    Raises:
        UsageError: If the channel is not on Discord.
    """
    root: StoredChannel | None = channel
    if channel.parent_id is not None:
        root = await context.database.run(guilds.get_channel, channel.parent_id)
    if root is None or root.discord_id is None:
        raise UsageError(f"#{channel.name} is not on Discord.")
    return context.silences.begin(root.discord_id, seconds)


async def likely_emoji(
    context: AppContext, guild: GuildId, channel: int, rng: Random
) -> str | None:
    """Draw an emoji of people whose words may be said there, by frequency."""
    read = context.reader.run
    page = await read(messages.page, guild, limit=EMOJI_MESSAGES)
    speakable = await read(audience.speakable_channels, guild, channel)
    counts: Counter[str] = Counter(
        emoji
        for message in page
        if not message.is_bot
        if speakable is None or message.channel in speakable
        for emoji in _EMOJI.findall(message.text)
    )
    forbids = (await context.settings.of(guild)).speak.forbids
    known = [emoji for emoji in counts if not forbids(emoji)]
    if not known:
        return None
    (drawn,) = rng.choices(known, weights=[counts[emoji] for emoji in known])
    return drawn
