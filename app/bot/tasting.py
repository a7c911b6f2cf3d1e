"""Opinions of replies: kept, and felt by the voice that the words came from."""

from app.bot.parts import Parts
from app.chat import taste
from app.store import feedback, replies
from app.store.feedback import Kind


async def rate(
    parts: Parts,
    reply: int,
    author: str,
    value: int,
    kind: Kind = "thumb",
    was: str = "",
) -> None:
    """Keep what somebody (hash) thinks of a reply; 0 takes it back.

    What its words came from weighs less in walks while it is disliked.
    """
    await parts.database.run(feedback.rate, reply, author, value, kind, was)
    await _feel(parts, reply)


async def take_back(parts: Parts, reply: int, author: str, value: int) -> None:
    """Forget the thumb of that value that somebody (hash) gave a reply."""
    await parts.database.run(feedback.take_back, reply, author, value)
    await _feel(parts, reply)


async def _feel(parts: Parts, reply: int) -> None:
    """Let what a reply drew on weigh what people think by now."""
    row = await parts.database.run(replies.get, reply)
    drawn = await parts.database.run(feedback.sources_of, reply)
    if row is None or not drawn:
        return
    votes = await parts.database.run(feedback.votes_by_source, row.guild_id, drawn)
    voice = await parts.learning.voice(row.guild_id)
    for message in drawn:
        voice.weigh(message, taste.weight(votes.get(message, [])))
