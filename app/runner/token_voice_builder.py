"""Builds a guild's token voice from the database."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from app.core.names import GuildId
from app.core.paths import Home
from app.modelfiles import vocabularies
from app.runner import llama
from app.runner.engine.host_tokens import HostTokens
from app.runner.message_tokens import end_token, messages_tokens
from app.runner.token_table import TokenTable
from app.store import messages, voice_changes
from app.store.database import Database
from app.store.engines.address import place_of
from app.store.voice_changes import Learnable
from app.voice import tokens

THREADS = 2
PART = 256
"""Messages that one thread tokenizes at once."""

_REPORT_EVERY = 10_000

Tokenize = Callable[[Sequence[str]], list[list[int]]]
OnRead = Callable[[int], None]
OnStep = Callable[[int, int], None]
"""Told how many messages were read, and of how many."""


def build_from_home(home: Home, guild: GuildId, model: Path, on_step: OnStep) -> int:
    """Write the token voice of a guild, by row, for the vocabulary of a model.

    Args:
        model: A GGUF file, or the tokenizer of a host's model.

    Returns:
        The number of messages it speaks from.

    Raises:
        AppError: When the model cannot be read.
    """
    directory = home.token_voice(guild, vocabularies.name_of(model))
    words = _table(model)
    with Database(place_of(home), read_only=True) as database:
        total = database.call(messages.count, guild)
        rows = iter_pages(database, guild)
        numbered = tokenize(
            rows,
            lambda part: messages_tokens(words, part),
            lambda read: on_step(read, total),
        )
        return tokens.build(
            directory,
            numbered,
            vocabulary=words.vocabulary,
            end=end_token(words),
        )


def _table(model: Path) -> TokenTable:
    if vocabularies.is_tokenizer(model):
        return HostTokens(model.read_text("utf-8"))
    llama.start()
    return llama.Model(model, vocabulary_only=True)


def iter_pages(database: Database, guild: GuildId) -> Iterator[Learnable]:
    """Yield every message to learn, by row."""
    newest = 0
    while page := database.call(voice_changes.learnable_page, guild, newest):
        yield from page
        newest = page[-1][0]


def tokenize(
    rows: Iterable[Learnable], tokens_of: Tokenize, on_read: OnRead
) -> Iterator[tuple[int, list[int], int]]:
    """Yield the row, tokens and channel of every message, in order.

    The tokenizer lets other threads run, so several threads share the work.
    """
    rows = iter(rows)
    read = told = 0

    def work(part: list[Learnable]) -> list[tuple[int, list[int], int]]:
        found = tokens_of([text for _, text, _ in part])
        return [
            (row, tokens, channel)
            for (row, _, channel), tokens in zip(part, found, strict=True)
        ]

    with ThreadPoolExecutor(THREADS) as threads:
        while parts := [part for _ in range(THREADS) if (part := _take(rows))]:
            for done in threads.map(work, parts):
                yield from done
                read += len(done)
            if read >= told + _REPORT_EVERY:
                told = read
                on_read(read)


def _take(rows: Iterator[Learnable]) -> list[Learnable]:
    return list(islice(rows, PART))
