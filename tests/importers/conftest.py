"""A database and a guild to import into."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.importers.filters import Filters
from app.importers.gate import ReadingOptions
from app.importers.import_run import Counts, ImportRun
from app.importers.intake import Intake
from app.settings.schema import Config
from app.settings.setting_keys import with_overrides
from app.store import guilds
from app.store.authors import open_key
from app.store.database import Database, tuples
from app.store.tables import Channel, Member, Message

Rows = list[dict[str, Any]]


class Desk:
    """Imports files into one guild, and shows what is stored."""

    def __init__(self, database: Database, key: Path) -> None:
        self.database = database
        self.guild = database.call(guilds.ensure, "MeshCore").id
        self.authors = database.call(open_key, key)

    def load(
        self,
        *paths: Path,
        channel: str | None = None,
        as_format: str | None = None,
        dates: str | None = None,
        **learn: Any,
    ) -> Counts:
        reading = ReadingOptions(as_format, dates)
        return self.start(channel, reading, **learn).run(paths)

    def start(
        self,
        channel: str | None = None,
        reading: ReadingOptions | None = None,
        **learn: Any,
    ) -> ImportRun:
        changes = {f"learn.{name}": value for name, value in learn.items()}
        config = with_overrides(Config(), changes)
        filters = Filters(config.learn, config.bot.prefix)
        intake = Intake(self.database, self.guild, filters, self.authors, channel)
        return ImportRun(
            self.database,
            self.guild,
            "MeshCore",
            intake,
            channel=channel,
            reading=reading,
        )

    def rows(self) -> Rows:
        return self.database.call(self._rows)

    def _rows(self) -> Rows:
        query = (
            Message.select(
                Message.external, Message.text, Message.ts, Message.reply_to,
                Message.dropped, Channel.name, Channel.discord_id, Member.name,
            )
            .join(Channel)
            .switch(Message)
            .join(Member)
            .order_by(Message.id)
        )  # fmt: skip
        names = "id text ts reply_to dropped channel channel_id author".split()
        return [dict(zip(names, row, strict=True)) for row in tuples(query)]

    def texts(self) -> list[str]:
        return [row["text"] for row in self.rows()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Database(tmp_path / "mynah.db") as database:
        yield Desk(database, tmp_path / "author.key")


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a file to import."""

    def put(name: str, content: str | bytes) -> Path:
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data)
        return path

    return put
