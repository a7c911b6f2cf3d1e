"""Messages of a channel's past that can be a topic again."""

from app.core.names import GuildId
from app.store import members, messages
from app.store.rows import StoredMessage

LOOKED_AT = 400
"""The newest messages of a channel that are looked at."""

LEAST_WORDS = 4


def earlier(guild: GuildId, channel: int) -> list[StoredMessage]:
    """Return what people said in a channel that is long enough for a topic."""
    hidden = members.opted_out(guild)
    return [
        message
        for message in messages.latest(channel, LOOKED_AT)
        if not message.is_bot
        and message.author not in hidden
        and len(message.text.split()) >= LEAST_WORDS
    ]
