"""Handlers that ask a hub which models it has; nothing else ever asks it."""

import asyncio
from dataclasses import replace

from app.ipc import control
from app.modelfiles import catalogue, hub_search
from app.modelfiles.catalogue import CatalogueEntry
from app.modelfiles.hub_search import FoundFiles, FoundRepository
from app.providers.local.outlook import Outlook, best_of, fits, outlook
from app.service.app_context import AppContext
from app.service.events import Asker


class HubHandlers:
    """Answers the requests about the models of a hub."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def hub(self, asker: Asker, request: control.Hub) -> control.HubReply:
        """Tell which host a search would ask."""
        return control.HubReply(hub_search.host())

    async def hub_search(
        self, asker: Asker, request: control.HubSearch
    ) -> control.HubSearchReply:
        """Ask the hub for models with these words in their names."""
        found, left_out = await asyncio.to_thread(
            hub_search.search, request.words, self._context.model_proxy
        )
        repositories = [_repository(one) for one in found]
        return control.HubSearchReply(hub_search.host(), repositories, left_out)

    async def hub_files(
        self, asker: Asker, request: control.HubFiles
    ) -> control.HubFilesReply:
        """Ask the hub for the files of a repository, and estimate each here."""
        found = await asyncio.to_thread(
            hub_search.files, request.repository, self._context.model_proxy
        )
        context = self._context.settings.home.model.context
        view = outlook(self._context.home, self._context.local)
        entries = [_with_memory(one, found, context) for one in found.files]
        best = _best(entries, view)
        return control.HubFilesReply(
            hub_search.host(),
            _repository(found.repository),
            [self._file(entry, view) for entry in entries],
            context,
            best,
            view.without_best(best) if entries else "",
            found.parts,
            found.projectors,
            found.others,
        )

    def _file(self, entry: CatalogueEntry, view: Outlook) -> control.HubFile:
        path = catalogue.file_of(self._context.home, entry.name)
        is_here = path.is_file() and path.stat().st_size == entry.bytes
        model = control.ModelEntry(
            name=entry.name,
            kind=entry.kind,
            bytes=entry.bytes,
            ram_gigabytes=entry.ram_gigabytes,
            licence=entry.licence,
            note="",
            present=is_here,
            used=False,
            set_aside="",
            fits=fits(entry),
            tokens_per_second=None,
            answer_seconds=view.estimate(entry.bytes),
            title=entry.file,
        )
        return control.HubFile(
            entry.address, hub_search.quantisation(entry.file), model
        )


def _repository(found: FoundRepository) -> control.HubRepository:
    return control.HubRepository(
        found.name, found.licence, found.downloads, found.parameters, found.is_gated
    )


def _with_memory(
    entry: CatalogueEntry, found: FoundFiles, context: int
) -> CatalogueEntry:
    parameters = found.repository.parameters
    need = hub_search.about_bytes(entry.bytes, parameters, context)
    return replace(entry, ram_gigabytes=round(need / 1e9, 1))


def _best(entries: list[CatalogueEntry], view: Outlook) -> str:
    """Return the address of the best one; empty while nothing was measured."""
    if not view.measured:
        return ""
    named = [replace(one, name=one.address) for one in entries]
    return best_of(named, {one.name: view.estimate(one.bytes) or 0.0 for one in named})
