"""The explanation of a reply, put together from its row and the messages it names."""

from app.core.explanation import DrawnMessage, Explanation, QuotedMessage, TokenCounts
from app.store import feedback, messages, replies
from app.store.messages import StoredMessage


def explained(reply: int) -> Explanation | None:
    """Return all that is kept of a reply, with those of its messages that exist."""
    row = replies.get(reply)
    if row is None:
        return None
    sources = replies.sources_of(reply)
    named = {*(source.message for source in sources), *row.recalled}
    found = {message.id: message for message in messages.by_rows(sorted(named))}
    return Explanation(
        id=row.id,
        guild=row.guild_id,
        channel=row.channel_id,
        created=row.created,
        reason=row.reason,
        state=row.state,
        text=row.text,
        mode=row.mode,
        provider=row.provider,
        model=row.model,
        dial=row.dial,
        arm=row.arm,
        rungs=row.rungs,
        recalled=row.recalled,
        filled=row.filled,
        notes=row.notes,
        timings=row.timings,
        tokens=TokenCounts(row.prompt_tokens, row.cached_tokens, row.completion_tokens),
        cost=row.cost,
        rating=feedback.rating(reply),
        sources=[
            drawn(found[source.message], source.words, source.run)
            for source in sources
            if source.message in found
        ],
        turns=[[turn.speaker, turn.text] for turn in row.turns],
        moments=[
            _quoted(found[message]) for message in row.recalled if message in found
        ],
    )


def drawn(message: StoredMessage, words: int, run: str) -> DrawnMessage:
    """Return a message as a source of a reply, with the words taken from it."""
    return DrawnMessage(
        message.external, message.name, message.text, message.id, words, run
    )


def _quoted(message: StoredMessage) -> QuotedMessage:
    return QuotedMessage(message.external, message.name, message.text, message.id)
