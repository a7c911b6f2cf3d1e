"""Handlers for snapshots: a guild's voice, persona and settings under a name."""

import asyncio
import time
from pathlib import Path

from app.core.errors import UsageError
from app.core.files import ensure_free
from app.core.names import GuildId, some_of
from app.importers.records import NOTHING
from app.ipc import control
from app.service import snapshot_files
from app.service.app_context import AppContext
from app.service.events import Asker
from app.service.handlers.imports import ImportHandlers
from app.service.snapshot_files import CastMember
from app.settings import effective, setting_keys
from app.store import guilds, messages, settings, snapshots
from app.store.rows import StoredCharacter, StoredSnapshot

UNDO = "before the last rollback"
"""The snapshot that is taken before another one takes effect."""

Placed = dict[tuple[str | None, str], control.SettingValue]
"""Settings by the name of their channel, None for the whole guild, and their own."""


class SnapshotHandlers:
    """Answers the requests about the snapshots of a guild."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def snapshots(
        self, asker: Asker, request: control.Snapshots
    ) -> control.SnapshotsReply:
        """Return the guild's snapshots, newest first."""
        guild = await self._context.guild(request.guild)
        kept = await self._context.reader.run(snapshots.every, guild.id)
        return control.SnapshotsReply([_described(snapshot) for snapshot in kept])

    async def snapshot_take(
        self, asker: Asker, request: control.SnapshotTake
    ) -> control.KeptSnapshot:
        """Save the present state."""
        guild = await self._context.guild(request.guild)
        return _described(await self._take(guild.id, request.name))

    async def snapshot_restore(
        self, asker: Asker, request: control.SnapshotRestore
    ) -> control.SnapshotRestoreReply:
        """Restore the guild's voice and settings from a snapshot."""
        guild = await self._context.guild(request.guild)
        snapshot = await self._find(guild.id, request.name)
        await self._take(guild.id, UNDO)
        kept, put = effective.never_restored(), effective.restored(snapshot.settings)
        complete = await self._context.voices.roll_back(snapshot, kept, put)
        self._context.settings.drop(guild.id)
        await self._context.lorebooks.look_again(guild.id)
        await self._context.cast.look_again(guild.id)
        return control.SnapshotRestoreReply(request.name, UNDO, complete)

    async def snapshot_compare(
        self, asker: Asker, request: control.SnapshotCompare
    ) -> control.SnapshotCompareReply:
        """Return the words a voice gained and lost, and the settings that differ."""
        guild = await self._context.guild(request.guild)
        before = await self._placed(await self._find(guild.id, request.name))
        if request.to is None:
            after = await self._settings_now(guild.id)
        else:
            after = await self._placed(await self._find(guild.id, request.to))
        words = await self._context.voices.compare(guild.id, request.name, request.to)
        changed = [
            control.SettingChange(
                channel, key, before.get((channel, key)), after.get((channel, key))
            )
            for channel, key in {**before, **after}
            if before.get((channel, key)) != after.get((channel, key))
        ]
        return control.SnapshotCompareReply(words.gained, words.lost, changed)

    async def snapshot_export(
        self, asker: Asker, request: control.SnapshotExport
    ) -> control.ExportReply:
        """Write a snapshot to a file."""
        target = Path(request.to)
        ensure_free(target, overwrite=request.overwrite)
        guild = await self._context.guild(request.guild)
        snapshot = await self._find(guild.id, request.name)
        placed = await self._placed(snapshot)
        kept = [
            (channel, name, value)
            for (channel, name), value in placed.items()
            if setting_keys.find_key(name).snapshots == "any"
        ]
        written = await asyncio.to_thread(
            snapshot_files.write,
            self._context.reader,
            snapshot,
            guild.name,
            kept,
            await self._cast_of(snapshot),
            target,
        )
        return control.ExportReply(guild.name, written, str(target))

    async def snapshot_import(
        self, asker: Asker, request: control.SnapshotImport
    ) -> control.SnapshotImportReply:
        """Learn a file's messages, apply its settings, and store both as a snapshot."""
        path = Path(request.file)
        found = await asyncio.to_thread(snapshot_files.read, path)
        database = self._context.database
        known = await database.run(guilds.find, request.guild)
        if known is not None:
            count = await self._context.reader.run(messages.count, known.id)
            if count:
                await self._take(known.id, UNDO)
        learning = control.Import(request.guild, [str(path)])
        counts = await ImportHandlers(self._context).import_(asker, learning)
        faults = [one.text for one in counts.errors if one.text != NOTHING]
        if faults and not counts.read:
            raise UsageError(
                f"{path.name} cannot be used: {faults[0]}.", "Export it again."
            )
        guild = await database.run(guilds.find, request.guild)
        if guild is None:
            if request.guild.strip().isdigit():
                raise UsageError(f"There is no server {request.guild}.", "Name it.")
            guild = await database.run(guilds.ensure, request.guild)
        number = 0
        for channel, key, value in found.settings:
            number += await self._put(guild.id, channel, key, value)
        if found.lore:
            await self._context.lorebooks.replace_all(guild.id, found.lore)
        if found.cast:
            cast = await self._cast_here(guild.id, found.cast)
            await self._context.cast.put_all(guild.id, cast)
        await self._take(guild.id, found.name)
        return control.SnapshotImportReply(
            **vars(counts), name=found.name, settings=number
        )

    async def snapshot_remove(
        self, asker: Asker, request: control.SnapshotRemove
    ) -> control.SnapshotRemoveReply:
        """Delete a snapshot."""
        guild = await self._context.guild(request.guild)
        snapshot = await self._find(guild.id, request.name)
        await self._context.database.run(snapshots.remove, guild.id, snapshot.name)
        return control.SnapshotRemoveReply(snapshot.name)

    async def _find(self, guild: GuildId, name: str) -> StoredSnapshot:
        found = await self._context.database.run(snapshots.get, guild, name)
        if found is None:
            kept = await self._context.reader.run(snapshots.every, guild)
            names = some_of([snapshot.name for snapshot in kept])
            hint = f"Known snapshots: {names}." if names else "Take one first."
            raise UsageError(f"There is no snapshot {name!r}.", hint)
        return found

    async def _take(self, guild: GuildId, name: str) -> StoredSnapshot:
        now = int(time.time() * 1000)
        count = await self._context.reader.run(snapshots.count, guild)
        return await self._context.database.run(snapshots.take, guild, name, now, count)

    async def _placed(self, snapshot: StoredSnapshot) -> Placed:
        here = await self._channels(snapshot.guild_id)
        return {
            (here[channel], name): value
            for channel, name, value in effective.restored(snapshot.settings)
            if channel in here
        }

    async def _cast_of(self, snapshot: StoredSnapshot) -> list[CastMember]:
        """Return the characters of a snapshot, with names of their channels."""
        here = await self._channels(snapshot.guild_id)
        return [
            (name, about, dial, [here[row] or "" for row in rows if row in here])
            for name, about, dial, rows, _ in snapshot.characters or ()
            # One whose channels are all gone would else speak everywhere.
            if not rows or set(rows) & here.keys()
        ]

    async def _cast_here(
        self, guild: GuildId, cast: list[CastMember]
    ) -> list[StoredCharacter]:
        """Return the characters of a file that fit here."""
        named = {name: row for row, name in (await self._channels(guild)).items()}
        found = []
        for name, about, dial, channels in cast:
            rows = [named[channel] for channel in channels if channel in named]
            if rows or not channels:
                found.append(StoredCharacter(name, about, dial, rows))
        return list({one.name: one for one in found}.values())

    async def _settings_now(self, guild: GuildId) -> Placed:
        placed: Placed = {}
        for channel, name in (await self._channels(guild)).items():
            values = await self._context.reader.run(settings.of, guild, channel)
            placed |= {
                (name, key): value
                for key, value in values.items()
                if key not in effective.never_restored()
            }
        return placed

    async def _channels(self, guild: GuildId) -> dict[int, str | None]:
        channels = await self._context.reader.run(guilds.channels, guild)
        return {0: None, **{channel.id: channel.name for channel in channels}}

    async def _put(
        self, guild: GuildId, channel: str | None, name: str, value: object
    ) -> bool:
        """Apply a setting of a file; False if it does not fit here."""
        row = 0
        if channel is not None:
            found = await self._context.database.run(
                guilds.find_channel, guild, channel
            )
            row = found.id if found else 0
        if channel is not None and not row:
            return False
        return await self._context.settings.take_from_file(guild, row, name, value)


def _described(snapshot: StoredSnapshot) -> control.KeptSnapshot:
    return control.KeptSnapshot(
        snapshot.name, snapshot.created / 1000, snapshot.messages
    )
