"""Authors are stored under a keyed hash of their id, never the id itself."""

import hashlib
import secrets
from pathlib import Path
from typing import NamedTuple

from app.core.errors import ConfigError
from app.core.files import replacing
from app.core.names import GuildId
from app.store.database import tuples, write
from app.store.tables import ForgottenSpan, HomeValue, Member, Message

DIGEST_BYTES = 16
KEY_BYTES = 32

CHECK = "author_key"
"""Name of the value in the database that tells whether a key is the right one."""

WITHOUT_KEY = (
    "and without it Mynah can't tell who opted out or was forgotten."
    " It learns nothing until you decide."
)
HINT = (
    "Put the file back with `mynah restore --author-key BACKUP`, or accept a new key"
    " with `mynah restore --new-author-key`: every opt-out is void then."
)


class AuthorKey:
    """The key of one home; without its file no hash leads back to a person."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def load(cls, path: Path) -> "AuthorKey":
        """Read the key of a home.

        Raises:
            ConfigError: If it is missing, or not a key.
        """
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            key = b""
        except OSError:
            key = b"unreadable"
        if len(key) != KEY_BYTES:
            state = "damaged" if key else "missing"
            raise ConfigError(f"{path} is {state}, {WITHOUT_KEY}", HINT)
        return cls(key)

    def author(self, author_id: str) -> str:
        """Return the hash for this author's rows."""
        return self._digest(author_id, b"")

    def message(self, external: str) -> str:
        """Return the hash that marks a forgotten message, by its external id."""
        return self._digest(external, b"message")

    def twin(self, content: str) -> str:
        """Return the hash that marks a forgotten message, by its content."""
        return self._digest(content, b"twin")

    def check(self) -> str:
        """A value that tells whether a key is this one, and nothing about it."""
        return self._digest("mynah", b"check")

    def _digest(self, text: str, purpose: bytes) -> str:
        digest = hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"),
            key=self._key,
            digest_size=DIGEST_BYTES,
            person=purpose,
        )
        return digest.hexdigest()


@write
def open_key(path: Path) -> AuthorKey:
    """The key under which this database's people are stored, made on first use.

    Raises:
        ConfigError: If the file is missing, damaged or another home's.
    """
    known = HomeValue.get_or_none(HomeValue.name == CHECK)
    if known is None and not path.exists() and not Member.select().exists():
        _make(path)
    key = AuthorKey.load(path)
    if known is None:
        HomeValue.create(name=CHECK, value=key.check())
    elif known.value != key.check():
        raise ConfigError(f"{path} belongs to another home, {WITHOUT_KEY}", HINT)
    return key


def is_known(key: AuthorKey) -> bool:
    """Tell if this database's people are stored under the key, as far as is known."""
    known = HomeValue.get_or_none(HomeValue.name == CHECK)
    return known is None or bool(known.value == key.check())


@write
def replace_key(path: Path) -> AuthorKey:
    """Take up a new key, as the owner decided; earlier hashes belong to nobody."""
    _make(path)
    key = AuthorKey.load(path)
    (
        HomeValue.insert(name=CHECK, value=key.check())
        .on_conflict(conflict_target=[HomeValue.name], preserve=[HomeValue.value])
        .execute()
    )
    return key


def _make(path: Path) -> None:
    with replacing(path, is_secret=True) as file:
        file.write(secrets.token_bytes(KEY_BYTES))


def proxied_key(name: str) -> str:
    """Return what stands for the author's id of a name whose account is unknown."""
    return f"proxied {name.strip().casefold()}"


class ProxiedName(NamedTuple):
    """A name in a guild, and the account behind it, all as hashes."""

    name: str
    """Of its `proxied_key`."""
    account: str
    person: str
    """The author of what that account writes under the name."""


def linked_key(name: str, account: str) -> str:
    """Return what stands for the author's id of an account's (hash) name."""
    return f"{proxied_key(name)} by {account}"


def accounts_of(guild: GuildId, name: str) -> list[str]:
    """Return the accounts (hashes) that are known to write under a name (hash)."""
    same = (Member.guild == guild) & (Member.proxied_name == name)
    return [account for (account,) in tuples(Member.select(Member.account).where(same))]


def people_of(guild: GuildId, author: str) -> list[str]:
    """Return an account (hash) with all that it is known to write under."""
    mine = (Member.guild == guild) & (Member.account == author)
    names = [name for (name,) in tuples(Member.select(Member.author).where(mine))]
    return [author, *sorted(names)]


@write
def link_proxied(guild: GuildId, said_as: ProxiedName) -> list[int]:
    """Note that an account writes under a name; return messages to forget.

    What is stored under the name alone is the account's from now on. An opt-out and
    what the account had forgotten hold for the name as well, and so does what was
    forgotten of the name alone.
    """
    name, account, person = said_as
    here = Member.guild == guild
    if Member.select().where(here & (Member.author == person)).exists():
        return []
    behind = Member.get_or_none(here & (Member.author == account))
    is_out = behind is not None and behind.has_opted_out
    made = Member.create(
        guild=guild, author=person, name="", account=account, proxied_name=name,
        has_opted_out=is_out,
    )  # fmt: skip
    alone = Member.get_or_none(here & (Member.author == name))
    if alone is not None:
        made.name = "" if is_out else alone.name
        made.save()
        Message.update(member=made.id).where(Message.member == alone.id).execute()
        alone.delete_instance()
    spans = ForgottenSpan.select().where(
        (ForgottenSpan.guild == guild) & ForgottenSpan.author.in_((account, name))
    )
    forgotten = [(span.since, span.until, span.by_owner) for span in spans]
    for since, until, by_owner in forgotten:
        ForgottenSpan.create(
            guild=guild, author=person, since=since, until=until, by_owner=by_owner
        )
    stored = Message.select(Message.id, Message.ts).where(Message.member == made.id)
    return [
        row
        for row, ts in tuples(stored)
        if is_out or any(since <= ts <= until for since, until, _ in forgotten)
    ]
