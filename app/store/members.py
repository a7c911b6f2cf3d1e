"""Members: display names, bots and opt-outs."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from peewee import fn

from app.core.names import GuildId
from app.store import conversations, rows, statements
from app.store.authors import people_of
from app.store.database import bound, tuples, write
from app.store.reply.outcomes import end_imitations, note_imitation
from app.store.rows import StoredMember
from app.store.tables import (
    Attachment,
    Channel,
    Embedding,
    Feedback,
    Guild,
    HomeValue,
    Member,
    MemberFact,
    Message,
    Reply,
)

_CHOICE = "direct "
"""The beginning of the names under which choices for direct messages are kept."""


@write
def ensure(
    guild: GuildId, author: str, name: str, *, is_bot: bool = False
) -> StoredMember:
    """Return the member with that author hash, created or renamed as needed."""
    return rows.stored(StoredMember, _ensure(guild, author, name, is_bot=is_bot))


def _ensure(guild: GuildId, author: str, name: str, *, is_bot: bool = False) -> Member:
    found = _find(guild, author)
    if found is None:
        made: Member = Member.create(
            guild=guild, author=author, name=name, is_bot=is_bot
        )
        return made
    if (found.name, found.is_bot) != (name, is_bot) and not found.has_opted_out:
        found.name, found.is_bot = name, is_bot
        found.save()
    return found


def find(guild: GuildId, author: str) -> StoredMember | None:
    """Find the member with that author hash."""
    return rows.found(StoredMember, _find(guild, author))


def _find(guild: GuildId, author: str) -> Member | None:
    same = (Member.guild == guild) & (Member.author == author)
    found: Member | None = Member.get_or_none(same)
    return found


def known(guild: GuildId, authors: Sequence[str]) -> set[str]:
    """Return those author hashes that the guild has a member for."""
    found: set[str] = set()
    for column in ("author", "account"):
        select = f"SELECT {column} FROM member WHERE guild_id = ? AND {column} IN"
        rows = statements.select_among(bound(), select, authors, guild)
        found.update(author for (author,) in rows)
    return found


def named(guild: GuildId, name: str) -> StoredMember | None:
    """Find the member with that display name."""
    same = (Member.guild == guild) & (Member.name == name)
    return rows.found(StoredMember, Member.get_or_none(same))


def all_named(guild: GuildId, name: str) -> list[str]:
    """Author hashes of the guild's people of that display name, in any case."""
    here = (Member.guild == guild) & (fn.LOWER(Member.name) == name.lower())
    return [author for (author,) in tuples(Member.select(Member.author).where(here))]


def like(guild: GuildId, name: str, limit: int = 5) -> list[str]:
    """Display names of the guild that are like that one."""
    here = (Member.guild == guild) & (Member.name != "")
    names = {known for (known,) in tuples(Member.select(Member.name).where(here))}
    by_lower = {known.lower(): known for known in sorted(names)}
    near = difflib.get_close_matches(name.lower(), by_lower, limit, 0.4)
    return [by_lower[one] for one in near] or sorted(names)[:limit]


def opted_out(guild: GuildId) -> set[str]:
    """Return author hashes of the members who opted out, and of their names alone."""
    here = (Member.guild == guild) & Member.has_opted_out
    found = tuples(Member.select(Member.author, Member.proxied_name).where(here))
    return {one for row in found for one in row if one is not None}


@write
def set_opted_out(guild: GuildId, author: str, has_opted_out: bool) -> None:
    """Store the choice, even of someone who never wrote, without the name.

    It holds for the names as well that they write under through a proxy.
    """
    for one in people_of(guild, author):
        member = _ensure(guild, one, "")
        member.has_opted_out = has_opted_out
        if has_opted_out:
            member.name = ""
            member.allows_tuning = member.allows_voice = False
            end_imitations(guild, one)
            conversations.leave(guild, one)
        member.save()


def chosen_guild(author: str) -> GuildId | None:
    """Return the guild whose voice an author (hash) chose for direct messages."""
    found = HomeValue.get_or_none(HomeValue.name == _CHOICE + author)
    return GuildId(int(found.value)) if found else None


@write
def choose_guild(guild: GuildId, author: str) -> None:
    """Note the guild whose voice an author (hash) wants in direct messages."""
    (
        HomeValue.insert(name=_CHOICE + author, value=str(guild))
        .on_conflict(conflict_target=[HomeValue.name], preserve=[HomeValue.value])
        .execute()
    )


@write
def drop_choice(author: str) -> None:
    """Forget the guild that an author (hash) chose for direct messages."""
    HomeValue.delete().where(HomeValue.name == _CHOICE + author).execute()


@write
def drop_choices_of(guild: GuildId) -> None:
    """Forget that a guild was chosen for direct messages, by whomever."""
    chosen = HomeValue.name.startswith(_CHOICE) & (HomeValue.value == str(guild))
    HomeValue.delete().where(chosen).execute()


def allow_tuning(guild: GuildId) -> set[str]:
    """Return author hashes of the members who agreed to tuning on their words."""
    here = (Member.guild == guild) & Member.allows_tuning & ~Member.has_opted_out
    return {row.author for row in Member.select(Member.author).where(here)}


@write
def set_allows_tuning(guild: GuildId, author: str, allows: bool) -> None:
    """Store the choice, even of someone who never wrote."""
    member = _find(guild, author) or _ensure(guild, author, "")
    member.allows_tuning = allows
    member.save()


@write
def set_allows_voice(guild: GuildId, author: str, allows: bool) -> None:
    """Store whether the bot may speak like a member; a no also ends what is begun."""
    member = _find(guild, author) or _ensure(guild, author, "")
    member.allows_voice = allows
    member.save()
    if not allows:
        end_imitations(guild, author)


def imitable(guild: GuildId) -> list[StoredMember]:
    """Return the members who agreed that the bot speaks like them."""
    here = (Member.guild == guild) & Member.allows_voice & ~Member.has_opted_out
    named = Member.select().where(here & (Member.name != ""))
    return rows.all_of(StoredMember, named.order_by(Member.id))


@write
def begin_imitation(reply: int, author: str) -> bool:
    """Note that a reply speaks like a member (hash); False if they do not agree."""
    row = Reply.get_or_none((Reply.id == reply) & (Reply.state != "forgotten"))
    if row is None or not allows_voice(GuildId(row.guild_id), author):
        return False
    note_imitation(reply, author)
    return True


def allows_voice(guild: GuildId, author: str) -> bool:
    """Return whether a member (hash) agreed that the bot speaks like them."""
    return any(one.author == author for one in imitable(guild))


@dataclass(frozen=True)
class Kept:
    """The amount of data stored about one author in one guild."""

    messages: int = 0
    learned: int = 0
    embeddings: int = 0
    first: int | None = None
    """Time of the oldest message, in milliseconds since the epoch."""
    last: int | None = None
    has_opted_out: bool = False
    ratings: int = 0
    """Replies that they rated."""
    facts: int = 0
    """Those that they told of themselves."""


def kept(guild: GuildId, author: str) -> Kept:
    """Return counts and times of an author's (hash) data."""
    rated = Feedback.select(fn.COUNT(Feedback.id)).join(Reply)
    rated = rated.where((Reply.guild == guild) & (Feedback.author == author))
    ratings = rated.scalar()
    people = _people_of(guild, author)
    mine = (Message.guild == guild) & Message.member.in_([one.id for one in people])
    counts = Message.select(
        fn.COUNT(Message.id), fn.MIN(Message.ts), fn.MAX(Message.ts)
    )
    (number, first, last), *_ = tuples(counts.where(mine))
    learned = Message.select(fn.COUNT(Message.id))
    vectors = Embedding.select(fn.COUNT(Embedding.id)).join(Message)
    return Kept(
        number,
        learned.where(mine & Message.dropped.is_null()).scalar(),
        vectors.where(mine).scalar(),
        first,
        last,
        any(one.has_opted_out for one in people),
        ratings,
        MemberFact.select().where(MemberFact.member.in_(people)).count(),
    )


def _people_of(guild: GuildId, author: str) -> list[Member]:
    """An author's rows: their own, and those of names that a proxy writes under."""
    people = Member.author.in_(people_of(guild, author))
    return list(Member.select().where((Member.guild == guild) & people))


def wishes(guild: GuildId, author: str) -> list[dict[str, object]]:
    """Return what an author chose, for the export of their own data."""
    found, chosen = list[dict[str, object]](), chosen_guild(author)
    for one in _people_of(guild, author):
        if one.has_opted_out:
            found.append({"opted_out": True})
        if one.allows_tuning:
            found.append({"allows_tuning": True, "name": one.name})
        if one.allows_voice:
            found.append({"allows_voice": True, "name": one.name})
    if chosen is not None:
        server = Guild.get_or_none(Guild.id == chosen)
        found.append({"direct_messages_in_the_voice_of": server.name if server else ""})
    return found


def messages_of(guild: GuildId, author: str) -> list[dict[str, object]]:
    """Return all data of one author's messages, for the export of their own data."""
    people = [one.id for one in _people_of(guild, author)]
    query = (
        Message.select(
            Message.id, Message.external, Message.ts, Message.text, Channel.name
        )
        .join(Channel)
        .where((Message.guild == guild) & Message.member.in_(people))
        .order_by(Message.id)
    )
    return [_exported(*row) for row in tuples(query)]


def _exported(
    row: int, external: str, ts: int, text: str, channel: str
) -> dict[str, object]:
    files = Attachment.select(Attachment.name).where(Attachment.message == row)
    names = [name for (name,) in tuples(files)]
    return {
        "id": external,
        "channel": channel,
        "ts": ts,
        "text": text,
        "attachments": names,
    }
