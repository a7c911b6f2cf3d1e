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
    row = await parts.database.run(replies.get, reply)
    drawn = await parts.database.run(feedback.sources_of, reply)
    if row is None or not drawn:
        return
    votes = await parts.database.run(feedback.votes_by_source, row.guild_id, drawn)
    voice = await parts.learning.voice(row.guild_id)
    for message in drawn:
        voice.weigh(message, taste.weight(votes.get(message, [])))
