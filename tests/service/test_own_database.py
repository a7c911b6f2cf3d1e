"""No request that names a file takes the home's own database for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import AppError
from app.core.paths import Home
from app.ipc import control
from app.service.service import open_service
from app.store import guilds
from tests.asking import ask

pytestmark = pytest.mark.process

REQUESTS: dict[str, Callable[[Path], Any]] = {
    "a snapshot": lambda path: control.SnapshotImport("G", str(path)),
    "an adapter": lambda path: control.ConfigSet("model.adapter", str(path), "G"),
    "an export's target": lambda path: control.Export("G", str(path), overwrite=True),
}


async def test_it_is_refused_and_the_log_stays_when_another_process_ends(
    home: Home,
) -> None:
    async with open_service(home) as service:
        guild = await service.context.database.run(guilds.ensure, "G")
        log = home.root / "mynah.db-wal"
        inode = log.stat().st_ino
        for name, request in REQUESTS.items():
            for file in sorted(home.root.glob("mynah.db*")):
                with pytest.raises((AppError, OSError)):
                    await ask(service, request(file))
                    pytest.fail(f"{file.name} became {name}")
        await service.context.voices.rebuild(guild.id)
        assert log.stat().st_ino == inode
        assert service.context.database.is_sound()


async def test_a_home_that_is_imported_keeps_its_database(home: Home) -> None:
    async with open_service(home) as service:
        await service.context.database.run(guilds.ensure, "G")
        done = await ask(service, control.Import("G", [str(home.root)]))
        told = {Path(one.file).name: one.text for one in done.errors}
        for suffix in ("", "-wal", "-shm"):
            assert "is in use" in told[f"mynah.db{suffix}"]
