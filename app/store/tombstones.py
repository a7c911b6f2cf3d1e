"""Traces that keep forgotten messages out, without their words or plain ids.

A forgotten message leaves the keyed hash of its id, and one of its text and minute for
files without ids. A forgotten author leaves a time up to which none of their messages
are accepted, and a forgotten guild leaves one for everyone. Every new message is
checked against these traces.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.core.names import GuildId
from app.core.paths import Home
from app.store import statements
from app.store.authors import AuthorKey, people_of
from app.store.database import bound, write
from app.store.engines import engine_of
from app.store.tables import ForgottenSpan, ForgottenTwin, ImportCheckpoint, Tombstone
from app.store.twins import LONG, MINUTE_MS, is_of_content

EVERYONE = ""
"""In place of an author: whatever was written in the guild.

A training or an import that somebody asks for may bring that back, catching up may not.
"""

_BATCH = 500


class TombstoneCandidate(NamedTuple):
    """The facts that show whether a message was forgotten."""

    author: str
    """Hash of the author's id."""
    external: str
    ts: int
    text: str = ""
    """As it is stored; empty if nobody knows it."""
    name: str = ""
    """The author's, by which files without ids know them."""


@write
def bury(guild: GuildId, externals: Iterable[str], *, by_owner: bool) -> None:
    """Mark the messages with these external ids as forgotten.

    A message forgotten by both the owner and a member counts as the member's.
    """
    marks = _marks(externals)
    if not by_owner:
        _unbury(guild, marks)
    rows = [(guild, mark, by_owner) for mark in marks]
    statements.insert_new(bound(), "tombstone", ("guild_id", "mark", "by_owner"), rows)


@write
def bury_messages(
    guild: GuildId, gone: Sequence[TombstoneCandidate], *, by_owner: bool
) -> None:
    """Mark stored messages as forgotten.

    All are marked by text and minute, and by id where no forgotten span covers them.
    """
    spans = _spans(guild, {one.author for one in gone}, anew=True)
    inside = [one for one in gone if _is_inside(spans, one)]
    outside = [one for one in gone if not _is_inside(spans, one)]
    externals = [one.external for one in outside]
    bury(guild, externals, by_owner=by_owner)
    belongs = zip(outside, _marks(externals), strict=True)
    known = [*belongs, *((one, one.author) for one in inside)]
    key = _key()
    rows = [
        (guild, twin, of)
        for one, of in known
        if one.text.strip()
        for twin in _twins(key, one, is_of_content(one.external))
    ]
    statements.insert_new(bound(), "forgotten_twin", ("guild_id", "twin", "of"), rows)


@write
def bury_author(
    guild: GuildId, author: str, until: int, *, since: int = 0, by_owner: bool
) -> None:
    """Mark a time span of an author (hash, or `EVERYONE`) as forgotten.

    That of an account holds for the names that it writes under through a proxy.
    """
    for person in people_of(guild, author):
        same = (ForgottenSpan.guild == guild) & (ForgottenSpan.author == person)
        inside = (ForgottenSpan.since >= since) & (ForgottenSpan.until <= until)
        same &= ForgottenSpan.by_owner == by_owner
        ForgottenSpan.delete().where(same & inside).execute()
        ForgottenSpan.create(
            guild=guild, author=person, since=since, until=until, by_owner=by_owner
        )


def are_there(guild: GuildId) -> bool:
    """Return whether anything was forgotten in the guild."""
    return _has_marks(guild) or statements.is_any(bound(), "forgotten_span", guild)


def forgotten(
    guild: GuildId, candidates: Sequence[TombstoneCandidate], *, anew: bool = False
) -> set[int]:
    """Return the places of forgotten messages, which must not be stored.

    Args:
        anew: True when somebody asked to learn again: messages that were forgotten only
            with everything else may return.
    """
    spans = _spans(guild, {one.author for one in candidates}, anew=anew)
    found = {place for place, one in enumerate(candidates) if _is_inside(spans, one)}
    found |= _twins_of_forgotten(guild, candidates)
    if not _has_marks(guild):
        return found
    marks = _marks(one.external for one in candidates)
    select = "SELECT mark FROM tombstone WHERE guild_id = ? AND mark IN"
    known = {mark for (mark,) in statements.select_among(bound(), select, marks, guild)}
    return found | {place for place, mark in enumerate(marks) if mark in known}


def is_buried(guild: GuildId, external: str) -> bool:
    """Tell if the message with that outside id has a tombstone of its own."""
    if not _has_marks(guild):
        return False
    marks = Tombstone.mark.in_(_marks([external]))
    return bool(Tombstone.select().where((Tombstone.guild == guild) & marks).exists())


@write
def lift(guild: GuildId, externals: Sequence[str]) -> int:
    """Let messages be learned again; return the number that had been forgotten."""
    lifted = _unbury(guild, _marks(externals))
    _tidy_after_lifting(guild)
    return lifted


@write
def lift_author(guild: GuildId, author: str, *, by_owner: bool) -> int:
    """Let an author's (hash, or `EVERYONE`) messages be learned again.

    Returns the number of spans lifted. The owner lifts all of them, a member only their
    own.
    """
    people = ForgottenSpan.author.in_(people_of(guild, author))
    same = (ForgottenSpan.guild == guild) & people
    if not by_owner:
        same &= ~ForgottenSpan.by_owner
    lifted = int(ForgottenSpan.delete().where(same).execute())
    _tidy_after_lifting(guild)
    return lifted


@write
def lift_owners(guild: GuildId) -> int:
    """Let everything that the owner forgot be learned again, except members' own."""
    marks = (Tombstone.guild == guild) & Tombstone.by_owner
    spans = (ForgottenSpan.guild == guild) & ForgottenSpan.by_owner
    lifted = Tombstone.delete().where(marks).execute()
    lifted += ForgottenSpan.delete().where(spans).execute()
    _tidy_after_lifting(guild)
    return int(lifted)


def _marks(externals: Iterable[str]) -> list[str]:
    externals = list(externals)
    if not externals:
        return []
    key = _key()
    return [key.message(external) for external in externals]


def _key() -> AuthorKey:
    return AuthorKey.load(Home(engine_of(bound()).home_of(bound())).author_key_file)


def _twins_of_forgotten(
    guild: GuildId, candidates: Sequence[TombstoneCandidate]
) -> set[int]:
    """Return the places of forgotten messages that come under another kind of id.

    Two ids of one kind are two messages, even with the same text.
    """
    if not ForgottenTwin.select().where(ForgottenTwin.guild == guild).exists():
        return set()
    key = _key()
    twins = [_twins(key, one, not is_of_content(one.external)) for one in candidates]
    every = [twin for some in twins for twin in some]
    select = "SELECT twin FROM forgotten_twin WHERE guild_id = ? AND twin IN"
    known = {twin for (twin,) in statements.select_among(bound(), select, every, guild)}
    return {place for place, some in enumerate(twins) if not some.isdisjoint(known)}


def _twins(key: AuthorKey, one: TombstoneCandidate, is_made: bool) -> set[str]:
    """Return the marks of a message's content; `is_made` tells the kind of its id.

    A short text counts with its author alone, by id and by name.
    """
    authors = {""} if len(one.text) >= LONG else {one.author}
    if one.name and len(one.text) < LONG:
        authors.add(key.author(one.name))
    return {
        key.twin(f"{is_made:d} {author} {one.ts // MINUTE_MS} {one.text}")
        for author in authors
    }


def _tidy_after_lifting(guild: GuildId) -> None:
    """Drop the twins of what is not forgotten any more, and the progress of imports.

    What an interrupted import passed over as forgotten may be stored now.
    """
    ImportCheckpoint.delete().where(ImportCheckpoint.guild == guild).execute()
    marks = Tombstone.select(Tombstone.mark).where(Tombstone.guild == guild)
    spans = ForgottenSpan.select(ForgottenSpan.author)
    authors = spans.where(ForgottenSpan.guild == guild)
    of = ForgottenTwin.of
    gone = (ForgottenTwin.guild == guild) & of.not_in(marks) & of.not_in(authors)
    ForgottenTwin.delete().where(gone).execute()


def _has_marks(guild: GuildId) -> bool:
    return statements.is_any(bound(), "tombstone", guild)


def _unbury(guild: GuildId, marks: Sequence[str]) -> int:
    lifted = 0
    for start in range(0, len(marks), _BATCH):
        part = Tombstone.mark.in_(marks[start : start + _BATCH])
        lifted += Tombstone.delete().where((Tombstone.guild == guild) & part).execute()
    return lifted


_Spans = Mapping[str, Sequence[tuple[int, int]]]


def _spans(guild: GuildId, authors: Iterable[str], *, anew: bool) -> _Spans:
    """Return forgotten (since, until) spans of these authors and of everyone."""
    asked = [*authors, *([] if anew else [EVERYONE])]
    select = (
        "SELECT author, since, until FROM forgotten_span"
        " WHERE guild_id = ? AND author IN"
    )
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for author, since, until in statements.select_among(bound(), select, asked, guild):
        found[author].append((since, until))
    return found


def _is_inside(spans: _Spans, one: TombstoneCandidate) -> bool:
    if not spans:
        return False
    whole = spans.get(EVERYONE, ())
    return any(
        since <= one.ts <= until
        for since, until in [*spans.get(one.author, ()), *whole]
    )
