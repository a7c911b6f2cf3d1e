"""All that the bot knows of a member, for themselves alone: `/me`."""

from typing import NamedTuple

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.safe_text import safe_text
from app.service.app_context import AppContext
from app.service.words.distinctive_words import own_words
from app.store.given import facts
from app.store.given.facts import KnownFact
from app.store.given.member_facts import title

MOST_NAMES = 5
MOST_OWN_WORDS = 8
MOST_TEXTS = 1000
"""The newest messages whose words are counted."""

MOST_VALUE_CHARS = 60


class ShownFact(NamedTuple):
    """A fact as its member reads it."""

    title: str
    value: str
    messages: int
    """The number of messages that told it."""
    link: str
    """Server, channel and id of the newest, as Discord's addresses have them."""


class Portrait(NamedTuple):
    """A member, as the bot knows them."""

    is_on: bool
    """The server wants what members tell to be noted."""
    facts: list[ShownFact]
    talks_with: list[tuple[str, int]]
    """(name, messages) of those whom they answer most."""
    words: list[str]
    """Words that they use more than people usually do."""


async def portrait_of(context: AppContext, guild: GuildId, author: str) -> Portrait:
    """Return what is known of an author (hash); only facts are stored."""
    run, config = context.reader.run, await context.settings.of(guild)
    known = await run(facts.of, guild, author)
    newest = [one.messages[0] for one in known]
    links = await run(facts.links, guild, newest)
    texts = await run(facts.newest_texts, guild, author, MOST_TEXTS)
    return Portrait(
        config.memory.people,
        [
            ShownFact(title(one.kind), one.value, len(one.messages), links.get(row, ""))
            for one, row in zip(known, newest, strict=True)
        ],
        await run(facts.talks_with, guild, author, MOST_NAMES),
        [word for word, _ in own_words(texts, MOST_OWN_WORDS)],
    )


async def forget_fact(
    context: AppContext, guild: GuildId, author: str, number: int
) -> int:
    """Delete a fact by its number in the portrait, 0 for all; return the number gone.

    Raises:
        UsageError: If there is no such number.
    """
    chosen = (await _numbered(context, guild, author, number)).fact if number else None
    known = await context.database.run(facts.of, guild, author)
    await context.database.run(facts.remove, guild, author, chosen)
    return 1 if number else len(known)


async def correct_fact(
    context: AppContext, guild: GuildId, author: str, number: int, value: str
) -> None:
    """Give a fact another value.

    Raises:
        UsageError: If there is no such number, or the value is none.
    """
    value = " ".join(safe_text(value).split())
    if not 0 < len(value) <= MOST_VALUE_CHARS:
        raise UsageError(
            f"Write 1 to {MOST_VALUE_CHARS} characters.", "`/me delete` removes it."
        )
    one = await _numbered(context, guild, author, number)
    await context.database.run(facts.correct, guild, author, one.fact, value)


async def _numbered(
    context: AppContext, guild: GuildId, author: str, number: int
) -> KnownFact:
    known = await context.database.run(facts.of, guild, author)
    if not 1 <= number <= len(known):
        raise UsageError(f"There is no number {number}.", "`/me show` lists them.")
    return known[number - 1]
