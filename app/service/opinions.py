"""Opinions of replies: kept, and felt by the voice that the words came from."""

from app.chat import feedback_weights
from app.service.app_context import AppContext
from app.store import feedback, replies
from app.store.feedback import Kind


async def rate(
    context: AppContext,
    reply: int,
    author: str,
    value: int,
    kind: Kind = "thumb",
    was: str = "",
) -> None:
    """Keep what somebody (hash) thinks of a reply; 0 takes it back.

    What its words came from weighs less in walks while it is disliked.
    """
    await context.database.run(feedback.rate, reply, author, value, kind, was)
    await _feel(context, reply)


async def take_back(context: AppContext, reply: int, author: str, value: int) -> None:
    """Forget the thumb of that value that somebody (hash) gave a reply."""
    await context.database.run(feedback.take_back, reply, author, value)
    await _feel(context, reply)


async def _feel(context: AppContext, reply: int) -> None:
    """Let what a reply drew on weigh what people think by now."""
    row = await context.database.run(replies.get, reply)
    drawn = await context.database.run(feedback.sources_of, reply)
    if row is None or not drawn:
        return
    votes = await context.database.run(feedback.votes_by_source, row.guild_id, drawn)
    voice = await context.voices.voice(row.guild_id)
    for message in drawn:
        voice.weigh(message, feedback_weights.weight(votes.get(message, [])))
