"""All that explains a reply, with those of its messages that are still stored."""

from app.core.explanation import DrawnMessage, Explanation, QuotedMessage, TokenCounts
from app.core.labels import is_host
from app.store import feedback, messages, replies, usage
from app.store.reply import reply_sources
from app.store.rows import StoredMessage


def explained(reply: int) -> Explanation | None:
    """Return all that is kept of a reply, with those of its messages that exist."""
    row = replies.get(reply)
    if row is None:
        return None
    sources = reply_sources.sources_of(reply)
    sent = usage.of_reply(reply) if is_host(row.provider) else None
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
        shares=row.shares,
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
        turns=[[turn.speaker or "someone", turn.text] for turn in row.turns],
        host=sent.host if sent else "",
        reach=sent.reach if sent else "",
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
