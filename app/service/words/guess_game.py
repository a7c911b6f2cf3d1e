"""A game: three lines, of which one is a member's, and the others the bot's."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from app.chat.postprocess import neutralise
from app.core.names import GuildId
from app.core.sentences import line_key
from app.replies.request import MadeReply, ReplyRequest
from app.service.app_context import AppContext
from app.settings.schema import Config
from app.store import audience, comparisons, guilds, messages, replies, stats
from app.store.comparisons import GUESSES
from app.store.places import PlaceRows
from app.store.rows import StoredMessage

LATELY = 2000
"""The number of newest messages to draw one from."""

LEAST_WORDS, MOST_WORDS, MOST_CHARS = 4, 30, 200
TRIES = 4
"""The most messages to try until the lines differ."""

WAIT_MS = 8000.0
CHAIN, MODEL = "markov", "hybrid"

MAKERS = {
    "": "a member",
    CHAIN: "the voice alone",
    MODEL: "voice and model together",
}
"""The makers of lines, in words."""


@dataclass(frozen=True)
class GuessLine:
    """A line of a game."""

    text: str
    maker: str = ""
    """The mode that wrote it; empty for a member."""
    reply: int = 0
    """Its row among the replies; 0 for a member's."""


@dataclass(frozen=True)
class GuessGame:
    """Some lines, one of which a member wrote."""

    guild: GuildId
    lines: tuple[GuessLine, ...]
    message: int
    """Row of the member's message."""
    name: str
    """The member's."""
    external: str
    """The message's id on Discord, or in the file it came from."""
    channel: str | None
    """Discord's id of its channel; None if only a file named it."""

    @property
    def answer(self) -> int:
        """The place of the member's line."""
        return next(at for at, line in enumerate(self.lines) if not line.maker)


async def new_game(
    context: AppContext, here: PlaceRows, rng: Random
) -> GuessGame | None:
    """Make a game from what may be said in a place; None if too little is learned."""
    reader = context.reader
    config = await context.settings.of(here.guild, here.root)
    speakable = audience.speakable_channels
    channels = await reader.run(speakable, here.guild, here.channel)
    said = await reader.run(stats.quotable, here.guild, channels, LATELY)
    fit = [message for message in said if _is_fit(message, config)]
    for _ in range(TRIES if fit else 0):
        real = rng.choice(fit)
        last = await reader.run(messages.latest, real.channel, 2, before=real.ts + 1)
        before = [message for message in last if message.id != real.id]
        if before and (lines := await _written(context, real, before[-1])):
            lines.append(GuessLine(real.text))
            rng.shuffle(lines)
            return await _game(context, real, lines, config)
    return None


def _is_fit(message: StoredMessage, config: Config) -> bool:
    """Tell if a message can be told, and tells nothing by its form."""
    text = message.text
    is_short = len(text) <= MOST_CHARS and len(text.splitlines()) == 1
    is_line = LEAST_WORDS <= len(text.split()) <= MOST_WORDS and "://" not in text
    is_harmless = neutralise(text)[0] == text and "<@" not in text and "<#" not in text
    return is_short and is_line and is_harmless and not config.speak.forbids(text)


async def _written(
    context: AppContext, real: StoredMessage, before: StoredMessage
) -> list[GuessLine]:
    """Return other lines that might follow, by the chain and by the model if it can."""
    lines: list[GuessLine] = []
    seen = {line_key(real.text)}
    for mode in (CHAIN, MODEL):
        made = await _reply(context, before, mode)
        if made is None or (mode == MODEL) == (made.answer.provider == CHAIN):
            # Without a model the chain writes in its place.
            continue
        if made.said and line_key(made.said) not in seen:
            seen.add(line_key(made.said))
            lines.append(GuessLine(made.said, mode, made.reply))
    return lines


async def _reply(
    context: AppContext, before: StoredMessage, mode: str
) -> MadeReply | None:
    request = ReplyRequest(
        before.guild,
        before.text,
        before.name or "someone",
        GUESSES,
        before.channel,
        message=before.id,
        mode=mode,
        max_ms=WAIT_MS,
        is_free=True,
    )
    return await context.replier.reply(request)


async def _game(
    context: AppContext, real: StoredMessage, lines: Sequence[GuessLine], config: Config
) -> GuessGame:
    known = await context.reader.run(guilds.channels, real.guild)
    channel = next((one.discord_id for one in known if one.id == real.channel), None)
    name = config.speak.sayable_name(real.name)
    return GuessGame(real.guild, tuple(lines), real.id, name, real.external, channel)


async def note_guess(context: AppContext, game: GuessGame, place: int) -> None:
    """Count somebody's guess, by its place, in the blind test of both ways."""
    rows = {line.maker: line.reply for line in game.lines}
    if CHAIN in rows and MODEL in rows:
        won = {CHAIN: 1, MODEL: 2}.get(game.lines[place].maker, 0)
        add = comparisons.add
        await context.database.run(add, game.guild, rows[CHAIN], rows[MODEL], won)


async def may_be_told(context: AppContext, game: GuessGame) -> bool:
    """Tell if none of a game's lines was forgotten meanwhile."""
    run = context.database.run
    own = [line.reply for line in game.lines if line.maker]
    return await run(stats.is_quotable, game.message) and all(
        [await run(replies.has_words, reply) for reply in own]
    )
