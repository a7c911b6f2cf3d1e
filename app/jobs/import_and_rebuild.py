"""Long work on the messages: bulk import, building and comparing voices."""

import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from app.core.errors import UsageError
from app.core.names import GuildId, named_path
from app.core.paths import Home
from app.importers import previews
from app.importers.filters import Filters
from app.importers.gate import ReadingOptions, Target
from app.importers.import_run import Counts, ImportRun, ImportStep
from app.importers.intake import Intake
from app.ipc.control import CountedText, ImportPreviewReply, ImportReply, Progress
from app.ipc.jobs import (
    CompareJob,
    CompareJobReply,
    FollowJob,
    ImportJob,
    ImportJobReply,
    PreviewJob,
    RebuildJob,
    RebuildJobReply,
)
from app.jobs.voice_follower import VoiceFollower, followed
from app.settings.config_file import load
from app.settings.schema import Config
from app.settings.setting_keys import with_stored
from app.store import guilds, messages, settings, snapshots, voice_changes
from app.store.authors import open_key
from app.store.database import Database
from app.store.engines.address import place_of
from app.store.voice_changes import Learnable
from app.voice import voice_builder
from app.voice.vocabulary_diff import count_words, new_words

Tell = Callable[[Progress], None]

SMALL_IMPORT = 500
"""So few new messages are learned by the running voice, without a rebuild."""

MOST_WORDS = 30
"""The most gained and lost words to report."""

REPORT_SECONDS = 0.2
NICENESS = 10
SWITCH_SECONDS = 0.0002


def run(
    request: ImportJob | PreviewJob | RebuildJob | FollowJob | CompareJob,
    home: Home,
    tell: Tell,
    is_whole: Callable[[float], bool] = lambda seconds: True,
) -> ImportJobReply | ImportPreviewReply | RebuildJobReply | CompareJobReply:
    """Carry out a job; for `is_whole` see `child.carry_out`."""
    # Millions of rows come and go without a cycle, and searching for one costs a tenth
    # of the time.
    gc.disable()
    # The reading thread holds the interpreter; the storing thread asks for it about ten
    # times per batch, and would wait five milliseconds each time.
    sys.setswitchinterval(SWITCH_SECONDS)
    # Only the bot moves the log into the file.
    with Database(place_of(home), checkpoints=False) as database:
        match request:
            case ImportJob():
                return import_and_learn(home, database, request, tell)
            case PreviewJob():
                return preview(home, database, request, tell)
            case RebuildJob(guild, is_compacting):
                built = rebuild(home, database, guild, tell)
                if is_compacting:
                    database.compact()
                return RebuildJobReply(built)
            case FollowJob(guild):
                return RebuildJobReply(follow(home, database, guild, tell, is_whole))
            case CompareJob(guild, before, after):
                return compare(database, guild, before, after)


def import_and_learn(
    home: Home, database: Database, request: ImportJob, tell: Tell
) -> ImportJobReply:
    """Import files into a guild, and build its voice if much is new."""
    began = time.monotonic()
    guild = request.guild
    is_new = not (home.voice(guild) / f"{voice_builder.NAME}.json").exists()
    with VoiceFollower(home, guild) as follower:
        counts = import_files(home, database, request, tell, follower.note)
        built = is_new or counts.added > SMALL_IMPORT
        if built and not follower.finish(tell):
            rebuild(home, database, guild, tell)
    counts.seconds = time.monotonic() - began
    return ImportJobReply(ImportReply(**vars(counts)), built)


def import_files(
    home: Home,
    database: Database,
    request: ImportJob,
    tell: Tell,
    note_added: Callable[[int], None] = lambda added: None,
) -> Counts:
    """Store the messages of files, filtered as the guild's settings say.

    Args:
        note_added: Called with the number of messages stored so far.
    """
    guild, channel = request.guild, request.channel
    paths = [named_path(path) for path in request.paths]
    config = _settings(home, database, guild)
    filters = Filters(config.learn, config.bot.prefix)
    authors = database.call(open_key, home.author_key_file)
    row = database.call(guilds.get, guild)
    name = row.name if row else str(guild)
    throttle = _Throttle(tell)

    label = _named(paths)

    def on_step(step: ImportStep) -> None:
        file = Path(step.label).name
        of_file = f"{file}, " if file != label else ""
        progress = _progress("import", label, step.done, step.total, step.seconds)
        note = f"{of_file}{step.messages:,} messages"
        throttle.tell(replace(progress, note=note))
        note_added(work.counts.added)

    intake = Intake(database, guild, filters, authors, channel)
    work = ImportRun(
        database,
        guild,
        name,
        intake,
        channel=channel,
        target=Target.of(row) if row else None,
        reading=ReadingOptions(request.as_format, request.dates),
        on_step=on_step,
    )
    return work.run(paths)


def preview(
    home: Home, database: Database, request: PreviewJob, tell: Tell
) -> ImportPreviewReply:
    """Look at files without storing anything."""
    config = _settings(home, database, request.row or GuildId(0))
    began, throttle = time.monotonic(), _Throttle(tell)

    paths = [named_path(path) for path in request.paths]
    label = _named(paths)

    def on_file(name: str, done: int, total: int) -> None:
        seconds = time.monotonic() - began
        progress = _progress("preview", label, done, total, seconds)
        file = Path(name).name
        throttle.tell(replace(progress, note=file if file != label else ""))

    target = Target(request.guild, request.id, request.claimed)
    return previews.preview(
        paths,
        target if request.guild else None,
        Filters(config.learn, config.bot.prefix),
        reading=ReadingOptions(request.as_format, request.dates),
        channel=request.channel,
        is_deep=request.is_deep,
        on_file=on_file,
    )


def rebuild(
    home: Home,
    database: Database,
    guild: GuildId,
    tell: Tell,
    rows: Iterator[Learnable] | None = None,
) -> int:
    """Rewrite the guild's voice from the database; return its number of messages."""
    began = time.monotonic()
    total = database.call(messages.count, guild)
    row = database.call(guilds.get, guild)
    name = row.name if row else str(guild)
    throttle = _Throttle(tell)

    def on_read(read: int) -> None:
        seconds = time.monotonic() - began
        progress = _progress("rebuild", name, read, total, seconds, "messages")
        throttle.tell(progress)

    rows = learnable(database, guild) if rows is None else rows
    return voice_builder.build(home.voice(guild), rows, on_read)


def follow(
    home: Home,
    database: Database,
    guild: GuildId,
    tell: Tell,
    is_whole: Callable[[float], bool],
) -> int:
    """Build the guild's voice of messages that an import still stores."""

    def tell_rest(progress: Progress) -> None:
        # Before that, the import tells how far it is.
        if is_whole(0):
            tell(replace(progress, total=max(progress.done, progress.total)))

    rows = followed(database, guild, is_whole)
    return rebuild(home, database, guild, tell_rest, rows)


def learnable(
    database: Database, guild: GuildId, after: int = 0
) -> Iterator[Learnable]:
    """Yield the guild's messages to learn, a page at a time."""
    return _pages(
        lambda row: database.call(voice_changes.learnable_page, guild, row), after
    )


def compare(
    database: Database, guild: GuildId, before: str, after: str | None = None
) -> CompareJobReply:
    """Find the words that a guild's voice gained and lost between two snapshots.

    Without `after`, the second one is the present voice.
    """
    then, now = (_words_of(database, guild, name) for name in (before, after))
    gained, lost = new_words(then, now, MOST_WORDS), new_words(now, then, MOST_WORDS)
    return CompareJobReply(
        [CountedText(*word) for word in gained], [CountedText(*word) for word in lost]
    )


def _words_of(database: Database, guild: GuildId, name: str | None) -> Counter[str]:
    if name is None:
        return count_words(text for _, text, _ in learnable(database, guild))
    found = database.call(snapshots.get, guild, name)
    if found is None:
        raise UsageError(f"There is no snapshot {name!r}.")
    pages = _pages(lambda after: database.call(voice_changes.of_snapshot, found, after))
    return count_words(text for _, text, _ in pages)


def _pages(
    read: Callable[[int], list[Learnable]], after: int = 0
) -> Iterator[Learnable]:
    while page := read(after):
        yield from page
        after = page[-1][0]


def _settings(home: Home, database: Database, guild: GuildId) -> Config:
    return with_stored(load(home.config_file), database.call(settings.of, guild))


def _named(paths: Sequence[Path]) -> str:
    """Name work on files, however many of them a path leads to."""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0].name}{more}"


def _progress(
    work: str, label: str, done: int, total: int, seconds: float, unit: str = "bytes"
) -> Progress:
    return Progress(work, label, done, total, unit, done / max(seconds, 1e-6))


class _Throttle:
    """Passes on only a few reports per second."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._last = 0.0

    def tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last >= REPORT_SECONDS or progress.done == progress.total:
            self._last = now
            self._tell(progress)
