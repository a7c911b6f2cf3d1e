"""Stores opinions of replies, and lets them weigh the source messages."""

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
    """Store somebody's (hash) opinion of a reply; 0 takes it back.

    Source messages of disliked replies weigh less in walks.
    """
    await context.database.run(feedback.rate, reply, author, value, kind, was)
    await feel(context, reply)


async def take_back(context: AppContext, reply: int, author: str, value: int) -> None:
    """Forget somebody's (hash) thumb of that value for a reply."""
    await context.database.run(feedback.take_back, reply, author, value)
    await feel(context, reply)


async def take_all_back(
    context: AppContext, reply: int, value: int | None = None
) -> None:
    """Forget everybody's thumbs for a reply, of one value or all."""
    await context.database.run(feedback.take_all_back, reply, value)
    await feel(context, reply)


async def feel(context: AppContext, reply: int) -> None:
    """Update the weights of a reply's source messages, where its voice is held."""
    row = await context.database.run(replies.get, reply)
    drawn = await context.database.run(feedback.sources_of, reply)
    if row is None or not drawn:
        return
    votes = await context.database.run(feedback.votes_by_source, row.guild_id, drawn)
    if not await context.held.holds(row.guild_id):
        return
    voice = await context.voices.voice(row.guild_id)
    weights = {one: feedback_weights.weight(votes.get(one, [])) for one in drawn}
    for message, weight in weights.items():
        voice.weigh(message, weight)
    await context.token_voices.weigh(row.guild_id, weights)
