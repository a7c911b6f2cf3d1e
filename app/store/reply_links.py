"""Conversation links: pairs of a message and the message it answers."""

from collections.abc import Sequence
from typing import NamedTuple

from app.store import conversations, statements
from app.store.conversations import Joined
from app.store.database import bound, tuples, write
from app.store.statements import BATCH
from app.store.tables import ConversationLink, Member, Message


class NewLink(NamedTuple):
    """The link of one message."""

    message: int
    parent: int | None
    conversation: int
    score: float


@write
def put_many(links: Sequence[NewLink]) -> None:
    """Store links with their conversations, replacing the messages' old links."""
    rows = [link.message for link in links]
    moved = conversations.of_messages(rows)
    ConversationLink.delete().where(ConversationLink.message.in_(rows)).execute()
    present = Message.select(
        Message.id, Message.guild, Message.channel, Message.ts, Member.author
    )
    present = present.join(Member).where(Message.id.in_(rows) & ~Member.has_opted_out)
    known = {row: place for row, *place in tuples(present)}
    columns = ("message_id", "parent", "conversation", "score")
    kept = [link for link in links if link.message in known]
    statements.insert_new(bound(), "conversation_link", columns, kept)
    conversations.join(
        [Joined(link.message, link.conversation, *known[link.message]) for link in kept]
    )
    conversations.count_anew(moved)


def get(message: int) -> NewLink | None:
    """Return the link of one message."""
    row = ConversationLink.get_or_none(ConversationLink.message == message)
    if row is None:
        return None
    return NewLink(row.message_id, row.parent, row.conversation, row.score)


def get_many(rows: Sequence[int]) -> dict[int, NewLink]:
    """Return the links of messages that have one, by message."""
    found: dict[int, NewLink] = {}
    for start in range(0, len(rows), BATCH):
        part = ConversationLink.message.in_(list(rows[start : start + BATCH]))
        query = ConversationLink.select(
            ConversationLink.message,
            ConversationLink.parent,
            ConversationLink.conversation,
            ConversationLink.score,
        )
        found |= {row[0]: NewLink(*row) for row in tuples(query.where(part))}
    return found


def conversation(first: int, limit: int = 50) -> list[int]:
    """Return rows of a conversation's newest messages, oldest first."""
    query = ConversationLink.select(ConversationLink.message)
    query = query.where(ConversationLink.conversation == first)
    query = query.order_by(ConversationLink.message.desc()).limit(limit)
    return [row for (row,) in tuples(query)][::-1]
