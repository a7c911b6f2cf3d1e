"""Handlers for models: list, fetch, choose and remove."""

import asyncio
import shutil
import time
from dataclasses import replace
from pathlib import Path

from app.core.errors import AppError, UsageError
from app.ipc import control
from app.modelfiles import catalogue, download, elsewhere, gguf_header
from app.modelfiles.catalogue import CatalogueEntry
from app.modelfiles.elsewhere import FoundModel
from app.modelfiles.gguf_header import Header
from app.providers.local.outlook import Outlook, fits, memory_gigabytes, outlook
from app.service.app_context import AppContext
from app.service.events import Asker, WatcherOutbox
from app.service.model_fetch import ModelFetch, Tell
from app.service.requantise import Requantise
from app.settings.model_files import not_known


class ModelHandlers:
    """Answers the requests about models."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._tuning = Requantise(context)
        self._fetching: dict[str, CatalogueEntry] = {}
        """The models that are being fetched, by name."""
        self._found: elsewhere.Found | None = None
        self._looked_at = 0.0

    async def models(
        self, asker: Asker, request: control.Models
    ) -> control.ModelsReply:
        """Return the catalogue, with the present models and the one in use."""
        used = self._context.settings.home.model.name
        entries = catalogue.entries()
        view = outlook(self._context.home, self._context.local)
        shown = [one for one in entries.values() if one.kind not in catalogue.PARTS]
        listed = [self._entry(entry, used) for entry in shown]
        own = {*catalogue.own(self._context.home), used} - entries.keys()
        # Of what is on its way, a note beside the part that is here tells the size.
        begun = self._fetching | download.begun(self._context.home)
        others = begun.keys() - entries.keys() - own
        listed += [self._entry(begun[name], used) for name in sorted(others)]
        listed = [
            replace(one, answer_seconds=view.seconds.get(one.name)) for one in listed
        ]
        files = await asyncio.to_thread(self._headers, sorted(own))
        listed += [self._outlook_of(name, used, files[name], view) for name in files]
        return control.ModelsReply(
            listed,
            round(memory_gigabytes(), 1),
            view.best,
            view.without_best(view.best),
        )

    async def models_found(
        self, asker: Asker, request: control.ModelsFound
    ) -> control.ModelsFoundReply:
        """Return the models of other programs here, which are used where they lie."""
        found = self._found
        if found is None or time.monotonic() - self._looked_at > request.within:
            found = await asyncio.to_thread(elsewhere.find, elsewhere.folders())
            self._found, self._looked_at = found, time.monotonic()
        view = outlook(self._context.home, self._context.local)
        listed = [self._elsewhere(model, view) for model in found.models]
        return control.ModelsFoundReply(listed, found.left_out)

    async def model_pull(
        self, asker: Asker, request: control.ModelPull
    ) -> control.ModelPullReply:
        """Fetch a model; a fetch that was paused, stopped or failed continues."""
        begun = download.begun(self._context.home)
        entry = begun.get(request.name) or catalogue.find(request.name)
        if entry.name in self._fetching:
            raise UsageError(
                f"{entry.name} is being fetched already.",
                "Learn (5) shows it; p pauses and resumes it there.",
            )
        outbox = WatcherOutbox(asker)

        def tell(progress: control.Progress) -> None:
            outbox.put(progress)
            self._context.events.tell(progress, but_not=asker)

        self._fetching[entry.name] = entry
        try:
            every = [entry, *catalogue.parts_of(entry.name)]
            paths = [await self._fetch(one, tell) for one in every]
        finally:
            del self._fetching[entry.name]
            await outbox.drain()
        size = sum(path.stat().st_size for path in paths)
        return control.ModelPullReply(entry.name, str(paths[0]), size)

    async def _fetch(self, entry: CatalogueEntry, tell: Tell) -> Path:
        proxy = self._context.model_proxy
        fetching = ModelFetch(self._context.home, entry, tell, proxy)
        with self._context.jobs.steerable(fetching) as fetching.number:
            return await fetching.run()

    async def model_use(
        self, asker: Asker, request: control.ModelUse
    ) -> control.ModelUseReply:
        """Use a model from the next reply on, once it has written a token.

        A mouth speaks from the next voice message on.
        """
        entry = catalogue.entries().get(request.name)
        if entry is not None and entry.kind == catalogue.MOUTH:
            await self._context.settings.change("model.mouth", entry.name)
            folder = self._context.home.models / entry.name
            return control.ModelUseReply(entry.name, str(folder))
        path = catalogue.locate(self._context.home, request.name)
        if path is None:
            if request.name in catalogue.entries():
                raise UsageError(
                    f"The model {request.name} is not on this computer yet.",
                    f"Fetch it with `mynah models pull {request.name}`.",
                )
            raise not_known(request.name)
        await asyncio.to_thread(self._context.local.check, path)
        has_name = path.parent == self._context.home.models
        has_name |= request.name in catalogue.entries()
        name = request.name if has_name else str(path)
        await self._context.local.try_out(name)
        await self._context.settings.change("model.name", name)
        self._context.local.retry()
        return control.ModelUseReply(name, str(path))

    async def model_load(
        self, asker: Asker, request: control.ModelLoad
    ) -> control.ModelLoadReply:
        """Load the model in use, or free its memory until the next reply."""
        local = self._context.local
        if request.load:
            await local.load()
        else:
            local.unload()
        return control.ModelLoadReply(local.model, request.load)

    async def model_tune(
        self, asker: Asker, request: control.ModelTune
    ) -> control.ModelTuneReply:
        """Measure a model's formats on this machine, and keep the better file."""
        outbox = WatcherOutbox(asker)
        try:
            reply = await self._tuning.tune(request.name, outbox.put)
        finally:
            await outbox.drain()
        return control.ModelTuneReply(request.name, **vars(reply))

    async def model_remove(
        self, asker: Asker, request: control.ModelRemove
    ) -> control.ModelRemoveReply:
        """Delete the files of a catalogue model, but never the owner's own files."""
        begun = download.begun(self._context.home)
        if request.name not in {*catalogue.own(self._context.home), *begun}:
            catalogue.find(request.name)
        if request.name in self._fetching:
            raise UsageError(f"{request.name} is being fetched.", "Stop that first.")
        # The system takes a while to free gigabytes.
        freed = await asyncio.to_thread(
            _remove, self._context.home.models, request.name
        )
        if not freed:
            raise UsageError(f"The model {request.name} is not on this computer.")
        return control.ModelRemoveReply(request.name, freed)

    def _entry(self, entry: CatalogueEntry, used: str) -> control.ModelEntry:
        local, parts = self._context.local, catalogue.parts_of(entry.name)
        home, is_mouth = self._context.home, entry.kind == catalogue.MOUTH
        find = catalogue.mouth_at if is_mouth else catalogue.locate
        path = find(home, entry.name)
        used = self._context.settings.home.model.mouth if is_mouth else used
        eyes = "" if is_mouth else _of_eyes(path, is_known=bool(parts))
        measured = local.measured(entry.name)
        return control.ModelEntry(
            name=entry.name,
            kind=entry.kind,
            bytes=entry.bytes + sum(part.bytes for part in parts),
            ram_gigabytes=entry.ram_gigabytes,
            licence=entry.licence,
            note=entry.note + eyes,
            present=path is not None,
            used=entry.name == used,
            set_aside=local.why_aside(entry.name) or "",
            fits=fits(entry),
            tokens_per_second=measured.decode if measured else None,
            fetched=download.fetched(home, entry),
        )

    def _headers(self, names: list[str]) -> dict[str, Header | None]:
        """Return the header of each file; None of one that is missing or broken."""
        found: dict[str, Header | None] = {}
        for name in names:
            path = catalogue.locate(self._context.home, name)
            try:
                found[name] = gguf_header.cached(path) if path else None
            except AppError:
                found[name] = None
        return found

    def _outlook_of(
        self, name: str, used: str, header: Header | None, view: Outlook
    ) -> control.ModelEntry:
        """Return a file with its memory at the context that is set, and its time."""
        own = self._own_file(name, used)
        if header is None:
            return replace(own, answer_seconds=view.seconds.get(name))
        context = self._context.settings.home.model.context
        need = round(header.resident_bytes(context) / 1e9, 1)
        return replace(
            own,
            ram_gigabytes=need,
            fits=need <= memory_gigabytes(),
            answer_seconds=view.seconds.get(name) or view.estimate(own.bytes),
        )

    def _elsewhere(self, model: FoundModel, view: Outlook) -> control.ModelEntry:
        used = self._context.settings.home.model.name
        return replace(
            self._outlook_of(str(model.path), used, model.header, view),
            note=f"{model.program} keeps it in {model.path.parent}",
            title=model.title,
        )

    def _own_file(self, name: str, used: str) -> control.ModelEntry:
        path = catalogue.locate(self._context.home, name)
        local = self._context.local
        measured = local.measured(name)
        return control.ModelEntry(
            name=name,
            kind="llm",
            bytes=path.stat().st_size if path else 0,
            ram_gigabytes=None,
            licence="",
            note="a file of your own" + _of_eyes(path, is_known=False),
            present=path is not None,
            used=name == used,
            set_aside=local.why_aside(name) or "",
            fits=None,
            tokens_per_second=measured.decode if measured else None,
        )


def _of_eyes(path: Path | None, *, is_known: bool) -> str:
    """Say what is known of a model's projector."""
    if path and (eyes := catalogue.projector_beside(path)):
        return f"; sees pictures with {eyes.name}"
    return "; its projector is not here yet" if path and is_known else ""


def _remove(models: Path, name: str) -> int:
    """Delete the files of a model, and what is here of one; return their bytes."""
    freed = 0
    folder, part = models / name, models / ".partial" / name
    for path in (*models.glob(f"{name}.*gguf"), *folder.glob("*/*"), *part.rglob("*")):
        if path.is_file():
            freed += path.stat().st_size
            path.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(part, ignore_errors=True)
    return freed
