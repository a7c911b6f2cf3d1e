"""Names that people write under through a proxy, such as PluralKit or Tupperbox."""

from typing import NamedTuple

from app.store.database import tuples, write
from app.store.tables import ForgottenSpan, Member, Message


def own_key(name: str) -> str:
    """Return what stands for the author's id of a name whose account is unknown."""
    return f"proxied {name.strip().casefold()}"


class ProxiedName(NamedTuple):
    """A name in a guild, and the account behind it, all as hashes."""

    name: str
    """Of its `own_key`."""
    account: str
    person: str
    """The author of what that account writes under the name."""


def key_of(name: str, account: str) -> str:
    """Return what stands for the author's id of an account's (hash) name."""
    return f"{own_key(name)} by {account}"


def accounts_of(guild: int, name: str) -> list[str]:
    """Return the accounts (hashes) that are known to write under a name (hash)."""
    same = (Member.guild == guild) & (Member.proxied_name == name)
    return [account for (account,) in tuples(Member.select(Member.account).where(same))]


def people_of(guild: int, author: str) -> list[str]:
    """Return an account (hash) with all that it is known to write under."""
    mine = (Member.guild == guild) & (Member.account == author)
    names = [name for (name,) in tuples(Member.select(Member.author).where(mine))]
    return [author, *sorted(names)]


@write
def link(guild: int, said_as: ProxiedName) -> list[int]:
    """Note that an account writes under a name; return messages to forget.

    What is stored under the name alone is the account's from now on. An opt-out and
    what the account had forgotten hold for the name as well.
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
        (ForgottenSpan.guild == guild) & (ForgottenSpan.author == account)
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
