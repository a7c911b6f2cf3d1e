"""Handlers for imports; they choose the server before anything is stored."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from app.core.errors import UsageError
from app.core.names import is_same, named_path, wire_name
from app.importers.gate import Target
from app.ipc import control
from app.ipc.control import FilesRequest, FoundServer
from app.ipc.jobs import PreviewJob
from app.service.app_context import AppContext
from app.service.events import Asker, WatcherOutbox
from app.service.voices.voice_files import OnProgress
from app.store import guilds
from app.store.rows import StoredGuild


class ImportHandlers:
    """Answers the requests to learn from files."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def import_(
        self, asker: Asker, request: control.Import
    ) -> control.ImportReply:
        """Learn from files, with progress for the asker and all watchers."""
        context, outbox = self._context, WatcherOutbox(asker)

        def report(progress: control.Progress) -> None:
            outbox.put(progress)
            context.events.tell(progress, but_not=asker)

        found = await _look(context, request, lambda progress: None, is_deep=False)
        chosen = await _choose(context, request, found)
        if chosen is None:
            return _nothing(request.guild, found)
        guild = chosen.guild.id
        try:
            return await context.voices.import_files(
                guild,
                _present(request.paths),
                request.channel,
                report,
                as_format=request.as_format,
                dates=request.dates,
            )
        finally:
            if chosen.is_new:
                await context.database.run(guilds.remove_empty, guild)
            await outbox.drain()

    async def import_preview(
        self, asker: Asker, request: control.ImportPreview
    ) -> control.ImportPreviewReply:
        """Look at files, and tell what an import would learn."""
        outbox = WatcherOutbox(asker)
        try:
            return await _look(self._context, request, outbox.put, is_deep=True)
        finally:
            await outbox.drain()


class _ImportTarget(NamedTuple):
    """The row of a server, and whether the import made it."""

    guild: StoredGuild
    is_new: bool


def _present(names: Sequence[str]) -> list[Path]:
    """Return the paths of those names.

    Raises:
        UsageError: If one does not exist.
    """
    paths = [named_path(name) for name in names]
    for path in paths:
        if not path.exists():
            raise UsageError(f"There is no file {path}.", "Check the path.")
    return paths


async def _look(
    context: AppContext,
    request: FilesRequest,
    on_progress: OnProgress,
    *,
    is_deep: bool,
) -> control.ImportPreviewReply:
    """Look at files for the server that a request names, or for all of them.

    Raises:
        UsageError: If the files are of other servers.
    """
    known = await context.database.run(guilds.find, request.guild)
    target = Target.of(known) if known else Target(request.guild)
    job = PreviewJob(
        request.guild and target.name,
        [wire_name(path) for path in _present(request.paths)],
        target.id,
        target.claimed,
        request.channel,
        request.as_format,
        request.dates,
        is_deep,
        known.id if known else None,
    )
    return await context.voices.preview(job, on_progress)


async def _choose(
    context: AppContext, request: control.Import, found: control.ImportPreviewReply
) -> _ImportTarget | None:
    """Return the row to import into, made if it is new; None if nothing can be read.

    Raises:
        UsageError: If the files are of a server that is known by another name.
    """
    known = await context.database.run(guilds.find, request.guild)
    if known:
        return _ImportTarget(known, is_new=False)
    server = found.servers[0]
    if not server.files:
        return None
    if server.id:
        known = await context.database.run(guilds.of_files, server.id)
    if known:
        if request.guild == server.id or is_same(request.guild, server.name or ""):
            return _ImportTarget(known, is_new=False)
        raise UsageError(
            f"The files are from {known.name}, which Mynah already knows.",
            f'Import them into it with `mynah import "{known.name}" …`.',
        )
    name = _name(request.guild, server)
    return _ImportTarget(await context.database.run(guilds.ensure, name), is_new=True)


def _name(wanted: str, server: FoundServer) -> str:
    """Return the name of a new server.

    Raises:
        UsageError: If a number is given that no file explains.
    """
    if not wanted.strip():
        raise UsageError("The server needs a name.", "Give it before the files.")
    if wanted == server.id:
        return server.name or wanted
    if wanted.strip().isdigit() and wanted != server.name:
        hint = f"The files are from {server.name}." if server.name else "Give its name."
        raise UsageError(f"There is no server {wanted}.", hint)
    return wanted


def _nothing(guild: str, found: control.ImportPreviewReply) -> control.ImportReply:
    """The reply to an import of which no file can be read."""
    return control.ImportReply(
        guild=guild,
        read=0,
        added=0,
        duplicates=0,
        filtered=found.filtered,
        reasons=found.reasons,
        seconds=found.seconds,
        files=[],
        errors=found.errors,
        refused=found.refused,
        passed_over=found.passed_over,
        notes=found.notes,
    )
