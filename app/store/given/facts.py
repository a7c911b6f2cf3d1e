"""Facts that members tell of themselves, each with the messages that tell it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from peewee import fn

from app.core.names import GuildId
from app.store import audience
from app.store.authors import people_of
from app.store.database import tuples, write
from app.store.given.member_facts import Fact
from app.store.tables import (
    Channel,
    ConversationLink,
    Guild,
    Member,
    MemberFact,
    Message,
    Setting,
)

MOST_OF_A_KIND = 12
"""The facts of one kind that are kept of a member, the newest."""

MOST_ASKED = 2000
"""The newest messages of a guild that the model is asked about at the beginning."""

ADDRESS = ("name", "pronouns")
"""The kinds of facts that each reply needs."""

Reader = Callable[[str], Sequence[Fact]]
"""Reads the facts that a text tells of its author."""


class KnownFact(NamedTuple):
    """A fact of a member, with rows of the messages that told it, newest first."""

    kind: str
    value: str
    messages: tuple[int, ...]

    @property
    def fact(self) -> Fact:
        """The fact alone."""
        return Fact(self.kind, self.value)


def behind(name: str, *, is_on: bool, is_asked: bool = False) -> list[GuildId]:
    """Return the guilds with messages that were not read yet.

    Args:
        name: The setting that wants them read.
        is_on: Its value for guilds that do not set it.
        is_asked: By the model, and not by rules.
    """
    last_read = Guild.facts_asked if is_asked else Guild.facts_read
    # A look at the end of an index for each guild, however many messages it has.
    newest = Message.select(fn.MAX(Message.id)).where(Message.guild == Guild.id)
    query = Guild.select(Guild.id, last_read, newest)
    if not is_on:
        chosen = Setting.select(Setting.guild).where(Setting.name == name)
        query = query.where(Guild.id.in_(chosen))
    return [guild for guild, read, last in tuples(query) if (last or 0) > read]


@write
def read_on(guild: GuildId, read: Reader, limit: int) -> int:
    """Read the next messages of people for facts; return how many were looked at."""
    after = Guild.select(Guild.facts_read).where(Guild.id == guild).scalar() or 0
    columns = (Message.id, Message.member, Message.ts, Message.text, Message.dropped)
    query = Message.select(*columns, Member.is_bot, Member.has_opted_out).join(Member)
    here = (Message.guild == guild) & (Message.id > after)
    found = tuples(query.where(here).order_by(Message.id).limit(limit))
    for row, member, ts, text, dropped, is_bot, has_opted_out in found:
        if dropped is None and not is_bot and not has_opted_out:
            _keep(row, member, ts, read(text))
    if found:
        Guild.update(facts_read=found[-1][0]).where(Guild.id == guild).execute()
    return len(found)


class UnaskedMessage(NamedTuple):
    """A message that the model was not asked about yet."""

    row: int
    text: str
    """Empty if its author may not be asked about."""


def unasked(guild: GuildId, limit: int) -> list[UnaskedMessage]:
    """Return the next of the newest messages that the rules have read."""
    asked, read = tuples(
        Guild.select(Guild.facts_asked, Guild.facts_read).where(Guild.id == guild)
    )[0]
    here = Message.guild == guild
    newest = Message.select(Message.id).where(here).order_by(Message.id.desc())
    first = newest.offset(MOST_ASKED).limit(1).scalar() or 0
    columns = (Message.id, Message.text, Message.dropped)
    query = Message.select(*columns, Member.is_bot, Member.has_opted_out).join(Member)
    next_ones = here & (Message.id > max(asked, first)) & (Message.id <= read)
    found = tuples(query.where(next_ones).order_by(Message.id).limit(limit))
    return [
        UnaskedMessage(row, "" if dropped or is_bot or has_opted_out else text)
        for row, text, dropped, is_bot, has_opted_out in found
    ]


@write
def note_asked(message: UnaskedMessage, facts: Sequence[Fact] = ()) -> None:
    """Store what the model found in a message, unless it has other words by now."""
    row = Message.get_or_none(Message.id == message.row)
    if row is None:
        return
    Guild.update(facts_asked=message.row).where(Guild.id == row.guild_id).execute()
    is_same = row.text == message.text and row.dropped is None
    if is_same and not row.member.has_opted_out:
        _keep(row.id, row.member_id, row.ts, facts)


@write
def read_again(message: int, read: Reader) -> None:
    """Read a message that was changed."""
    row = Message.get_or_none(Message.id == message)
    if row is None or row.dropped is not None:
        return
    if row.member.is_bot or row.member.has_opted_out:
        return
    after = Guild.select(Guild.facts_read).where(Guild.id == row.guild_id).scalar()
    if row.id <= (after or 0):
        _keep(row.id, row.member_id, row.ts, read(row.text))


def _keep(message: int, member: int, ts: int, facts: Sequence[Fact]) -> None:
    """Store facts of a member in place of those that they replace."""
    for fact in facts:
        query = MemberFact.select(MemberFact, Message.ts).join(Message)
        older = []
        is_old = False
        for one in query.where(MemberFact.member == member):
            known = Fact(one.kind, one.value)
            is_same = (known.kind, known.key) == (fact.kind, fact.key)
            if is_same and not fact.is_over:
                continue
            if fact.replaces(known):
                # A file may bring what was said long before.
                is_old |= one.message.ts > ts
                older.append(one.id)
        if is_old:
            continue
        MemberFact.delete().where(MemberFact.id.in_(older)).execute()
        if not fact.is_over:
            MemberFact.create(
                member=member, message=message, kind=fact.kind, value=fact.value
            )
            _drop_oldest(member, fact.kind)


def _drop_oldest(member: int, kind: str) -> None:
    same = (MemberFact.member == member) & (MemberFact.kind == kind)
    query = MemberFact.select(MemberFact.id).join(Message).where(same)
    rows = [row for (row,) in tuples(query.order_by(Message.ts.desc()))]
    MemberFact.delete().where(MemberFact.id.in_(rows[MOST_OF_A_KIND:])).execute()


def of(guild: GuildId, author: str) -> list[KnownFact]:
    """Return what an author (hash) told of themselves, by kind."""
    return _gathered(guild, author, None)


def sayable(
    guild: GuildId,
    author: str,
    channel: int | None,
    visible: frozenset[int] | None = None,
) -> list[KnownFact]:
    """Return the facts of an author (hash) that all readers of a channel may hear.

    How to call them comes first, then what they told last.

    Args:
        visible: Rows of the only channels whose words may be said; None leaves it to
            the channel.
    """
    if visible is None:
        visible = audience.speakable_channels(guild, channel)
    found = _gathered(guild, author, visible)
    found.sort(key=lambda one: (one.kind not in ADDRESS, -one.messages[0]))
    return found


def _gathered(
    guild: GuildId, author: str, visible: frozenset[int] | None
) -> list[KnownFact]:
    """Return facts with their messages, of those channels alone."""
    columns = (MemberFact.kind, MemberFact.value, Message.id, Message.channel)
    query = MemberFact.select(*columns).join(Message)
    query = query.where(MemberFact.member.in_(_rows_of(guild, author)))
    found: dict[tuple[str, str], tuple[str, list[int]]] = {}
    for kind, value, message, channel in tuples(query.order_by(Message.ts.desc())):
        if visible is None or channel in visible:
            key = (kind, Fact(kind, value).key)
            found.setdefault(key, (value, []))[1].append(message)
    return sorted(
        KnownFact(kind, value, tuple(rows))
        for (kind, _), (value, rows) in found.items()
    )


def links(guild: GuildId, messages: Sequence[int]) -> dict[int, str]:
    """Return server, channel and message by Discord's ids of messages, by row."""
    columns = (Message.id, Guild.discord_id, Channel.discord_id, Message.external)
    query = Message.select(*columns).join(Channel).switch(Message).join(Guild)
    here = (Message.guild == guild) & Message.id.in_(list(messages))
    return {
        row: f"{server}/{channel}/{message}"
        for row, server, channel, message in tuples(query.where(here))
        if server and channel and message.isdecimal()
    }


def newest_texts(guild: GuildId, author: str, limit: int) -> list[str]:
    """Return the texts of an author's (hash) newest learned messages."""
    mine = Message.member.in_(_rows_of(guild, author)) & Message.dropped.is_null()
    query = Message.select(Message.text).where((Message.guild == guild) & mine)
    return [text for (text,) in tuples(query.order_by(Message.ts.desc()).limit(limit))]


def talks_with(guild: GuildId, author: str, limit: int) -> list[tuple[str, int]]:
    """Return (name, messages) of the people whom an author (hash) answers most."""
    mine, answered, other = _rows_of(guild, author), Message.alias(), Member.alias()
    number = fn.COUNT(Message.id)
    query = (
        Message.select(other.name, number)
        .join(ConversationLink, on=ConversationLink.message == Message.id)
        .join(answered, on=ConversationLink.parent == answered.id)
        .join(other, on=answered.member == other.id)
        .where((Message.guild == guild) & Message.member.in_(mine))
        .where(other.id.not_in(mine) & ~other.is_bot & ~other.has_opted_out)
        .where(other.name != "")
        .group_by(other.id, other.name)
    )
    most = query.order_by(number.desc(), other.name).limit(limit)
    return [(name, messages) for name, messages in tuples(most)]


def _rows_of(guild: GuildId, author: str) -> list[int]:
    people = Member.author.in_(people_of(guild, author))
    query = Member.select(Member.id).where((Member.guild == guild) & people)
    return [row for (row,) in tuples(query)]


@write
def remove(guild: GuildId, author: str, fact: Fact | None = None) -> int:
    """Delete a fact of an author (hash), or with None all; return the number gone."""
    rows = _told(guild, author, fact)
    MemberFact.delete().where(MemberFact.id.in_(rows)).execute()
    return len(rows)


@write
def correct(guild: GuildId, author: str, fact: Fact, value: str) -> bool:
    """Give a fact of an author (hash) another value; False if it is not there."""
    rows = _told(guild, author, fact)
    changed = MemberFact.update(value=value, is_corrected=True)
    return bool(changed.where(MemberFact.id.in_(rows)).execute())


def _told(guild: GuildId, author: str, fact: Fact | None) -> list[int]:
    mine = MemberFact.member.in_(_rows_of(guild, author))
    query = MemberFact.select(MemberFact.id, MemberFact.kind, MemberFact.value)
    return [
        row
        for row, kind, value in tuples(query.where(mine))
        if fact is None or (kind, Fact(kind, value).key) == (fact.kind, fact.key)
    ]


def count(guild: GuildId) -> tuple[int, int]:
    """Return the number of facts of a guild, and the bytes of their words."""
    query = MemberFact.select(MemberFact.kind, MemberFact.value).join(Member)
    found = tuples(query.where(Member.guild == guild))
    return len(found), sum(len((kind + value).encode()) for kind, value in found)
