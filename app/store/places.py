"""Places on Discord as rows: a guild, and a channel or thread of it.

Each function here is all that one stage of a reply asks of the database.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from app.core.names import GuildId
from app.store import guilds, members, messages, replies
from app.store.database import tuples, write
from app.store.reply import outcomes
from app.store.rows import StoredChannel, StoredReply, stored
from app.store.tables import Channel, Guild


class Place(NamedTuple):
    """A channel or thread by Discord's ids, with the names as they are now."""

    guild: str
    guild_name: str
    channel: str
    channel_name: str
    root: str
    """The channel whose settings hold: itself, or the one that a thread is in."""
    root_name: str
    is_private: bool = False
    """True if not everyone in the guild can see it; of a thread, if it is private."""
    is_root_private: bool = False
    is_age_restricted: bool = False

    @property
    def listened(self) -> str:
        """The channel that must be listened to: a private thread counts for itself."""
        return self.channel if self.is_private else self.root


class PlaceRows(NamedTuple):
    """The rows of a place."""

    guild: GuildId
    channel: int
    root: int
    listened: int
    """The one of them that must be listened to."""
    is_learning: bool


class Standing(NamedTuple):
    """A message's place, and what speaks against answering it."""

    rows: PlaceRows
    has_opted_out: bool
    is_answered: bool


class Claim(NamedTuple):
    """The row of a reply that is to be written, and those of its place."""

    reply: int
    guild: GuildId
    channel: int | None
    root: int | None
    message: int | None
    """Of the message answered, if it is stored."""


def rows_of(place: Place, *, is_news: bool = False) -> PlaceRows:
    """The rows of a place, made or renamed where Discord has something new.

    Args:
        is_news: The place is as Discord has it now. That of a message may be older than
            what is known of its readers, and only fills in what is unknown.
    """
    known: Guild | None = Guild.get_or_none(Guild.discord_id == place.guild)
    guild = known.id if known else guilds.ensure(place.guild_name, place.guild).id
    root = channel = _channel(guild, place.root, place.root_name)
    if place.channel != place.root:
        channel = _channel(guild, place.channel, place.channel_name, root.id)
        _note_readers(channel, place.is_private, False, is_news)
    restricted = place.is_age_restricted
    _note_readers(root, place.is_root_private, restricted, is_news)
    listened = channel if place.is_private else root
    return PlaceRows(guild, channel.id, root.id, listened.id, listened.is_learning)


def rows_of_many(places: Sequence[Place]) -> None:
    """Make or rename the rows of channels, and of what has a row already.

    Threads get no row by this, and hidden channels, whose names nobody tells.
    """
    known = _known_in({place.guild for place in places})
    news = [place for place in places if _is_news(place, known)]
    if news:
        _take_over(news)


@write
def _take_over(places: Sequence[Place]) -> None:
    for place in places:
        rows_of(place, is_news=True)


class _KnownChannel(NamedTuple):
    name: str
    parent: str | None
    is_private: bool | None
    is_age_restricted: bool


_KnownChannels = Mapping[tuple[str, str], _KnownChannel]
"""By Discord's ids of guild and channel."""


def _known_in(guilds: Collection[str]) -> _KnownChannels:
    """Return what is stored of the channels of Discord's guilds."""
    above = Channel.alias()
    columns = (Guild.discord_id, Channel.discord_id, Channel.name, above.discord_id)
    readers = (Channel.is_private, Channel.is_age_restricted)
    query = Channel.select(*columns, *readers).join(Guild).switch(Channel)
    query = query.left_outer_join(above, on=Channel.parent == above.id)
    query = query.where(Guild.discord_id.in_(list(guilds)))
    return {
        (guild, channel): _KnownChannel(*rest)
        for guild, channel, *rest in tuples(query)
        if channel is not None
    }


def _is_news(place: Place, known: _KnownChannels) -> bool:
    """Tell if a place has a row to make or to change."""
    root = known.get((place.guild, place.root))
    if place.channel != place.root:
        here = known.get((place.guild, place.channel))
        if here is None:
            return False
        is_same = here == _KnownChannel(
            place.channel_name or here.name, place.root, place.is_private, False
        )
        return not is_same or root != _as_told(place, root)
    if root is None:
        return bool(place.root_name)
    return root != _as_told(place, root)


def _as_told(place: Place, root: _KnownChannel | None) -> _KnownChannel:
    """Return the channel of a place as Discord has it."""
    name = place.root_name or (root.name if root else "")
    parent = root.parent if root else None
    return _KnownChannel(name, parent, place.is_root_private, place.is_age_restricted)


def _note_readers(
    channel: StoredChannel, is_private: bool, is_age_restricted: bool, is_news: bool
) -> None:
    known = (channel.is_private, channel.is_age_restricted)
    if known == (is_private, is_age_restricted):
        return
    if is_news or channel.is_private is None:
        _set_readers(channel.id, is_private, is_age_restricted)


@write
def _set_readers(channel: int, is_private: bool, is_age_restricted: bool) -> None:
    changed = Channel.update(is_private=is_private, is_age_restricted=is_age_restricted)
    changed.where(Channel.id == channel).execute()


def is_learning(place: Place, since: int | None = None) -> bool:
    """Tell if the place is listened to; make no row for one that is not.

    Args:
        since: Tell if it was already at that time.
    """
    chosen = Guild.discord_id == place.guild
    chosen &= Channel.discord_id == place.listened
    if since is not None:
        began = Channel.learning_since
        chosen &= began.is_null() | (began <= since)
    query = Channel.select(Channel.id).join(Guild)
    return bool(query.where(chosen & Channel.is_learning).exists())


def standing(place: Place, author: str, trigger: str) -> Standing:
    """A message of that id, by that author (hash), before it is decided on."""
    rows = rows_of(place)
    member = members.find(rows.guild, author)
    return Standing(
        rows,
        member is not None and member.has_opted_out,
        bool(replies.answered([trigger])),
    )


def claim(place: Place, reason: str, trigger: str, asker: str = "") -> Claim | None:
    """Make the row of a reply to an author (hash); None if the trigger has one."""
    rows = rows_of(place)
    reply = replies.claim(rows.guild, rows.channel, reason, trigger, asker)
    if reply is None:
        return None
    message = _message(rows.guild, trigger)
    return Claim(reply, rows.guild, rows.channel, rows.root, message)


@write
def decline(place: Place, kind: str, trigger: str, note: str, asker: str = "") -> None:
    """Store why a call of an author (hash) is not answered, unless it has a reply."""
    rows = rows_of(place)
    reply = replies.claim(rows.guild, rows.channel, kind, trigger, asker)
    if reply is not None:
        outcomes.note_silence(reply, note)


def claim_of(reply: StoredReply, new: int | None = None) -> Claim:
    """The claim of a reply, or of a new one (by row) in its place."""
    channel = guilds.get_channel(reply.channel_id) if reply.channel_id else None
    return Claim(
        new or reply.id,
        reply.guild_id,
        reply.channel_id,
        (channel.parent_id or channel.id) if channel else None,
        _message(reply.guild_id, reply.trigger or ""),
    )


def again(reply: int, trigger: str) -> tuple[Claim, tuple[str, str, int | None]] | None:
    """Make a new row for another reply to what a reply answered, and that last turn."""
    row = replies.get(reply)
    if row is None or not row.turns:
        return None
    asked = row.answers or row.trigger
    new = replies.claim(
        row.guild_id, row.channel_id, "again", trigger, row.asker, asked
    )
    if new is None:
        return None
    speaker, text, message = row.turns[-1]
    return claim_of(row, new), (speaker, text, message)


class NotedReply(NamedTuple):
    """A reply that was sent, and its channel."""

    reply: StoredReply
    channel: StoredChannel
    is_whole: bool
    """False if its words went while it was being sent."""
    is_listened_to: bool
    """The channel is."""


def note_sent(reply: int, sent: Sequence[str]) -> NotedReply | None:
    """Note under which ids a reply was sent; None unless it was on Discord."""
    is_whole = outcomes.note_sent(reply, sent)
    row = replies.get(reply)
    channel = guilds.get_channel(row.channel_id) if row and row.channel_id else None
    if row is None or channel is None or channel.discord_id is None:
        return None
    listened: StoredChannel | None = channel
    if channel.parent_id and not channel.is_private:
        listened = guilds.get_channel(channel.parent_id)
    is_listened_to = listened is not None and listened.is_learning
    return NotedReply(row, channel, is_whole, is_listened_to)


def _message(guild: GuildId, external: str) -> int | None:
    rows = messages.rows_of(guild, [external])
    return rows[0] if rows else None


def _channel(
    guild: GuildId, discord_id: str, name: str, parent: int | None = None
) -> StoredChannel:
    same = (Channel.guild == guild) & (Channel.discord_id == discord_id)
    found: Channel | None = Channel.get_or_none(same)
    # Discord keeps the names of hidden channels; one that is known stays.
    name = name or (found.name if found else f"hidden-{discord_id}")
    if found is not None and found.name == name:
        if parent is None or found.parent_id == parent:
            return stored(StoredChannel, found)
    return guilds.ensure_channel(guild, name, discord_id, parent=parent)
