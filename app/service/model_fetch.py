"""A fetch of a model that its owner can pause, stop and take up again."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.core.errors import AppError, StoppedError
from app.core.paths import Home
from app.core.proxy import Proxy
from app.ipc.control import Progress
from app.modelfiles import download
from app.modelfiles.catalogue import CatalogueEntry

Tell = Callable[[Progress], None]


class ModelFetch:
    """One fetch, from its start to the last line about it."""

    def __init__(
        self, home: Home, entry: CatalogueEntry, tell: Tell, proxy: Proxy | None
    ) -> None:
        self.number = 0
        """The number that steers it."""
        self._home = home
        self._entry = entry
        self._tell = tell
        self._proxy = proxy
        self._loop = asyncio.get_running_loop()
        self._go = asyncio.Event()
        self._go.set()
        self._cancelled = threading.Event()
        self._is_stopped = False
        self._is_over = False
        self._done = 0
        self._total = entry.bytes
        self._began: tuple[int, float] | None = None
        """Bytes and time of the first report since it was taken up."""

    async def steer(self, action: str) -> bool:
        """Pause, resume or stop it; False for any other action, or after its end."""
        if self._is_over or action not in ("pause", "resume", "stop"):
            return False
        self._is_stopped |= action == "stop"
        if action == "pause":
            self._go.clear()
        else:
            self._go.set()
        if action != "resume":
            self._cancelled.set()
        self._report()
        return True

    async def run(self) -> Path:
        """Fetch the file; what was fetched before a pause or an error is kept.

        Raises:
            FetchError: If the file is unavailable.
            StoppedError: If the owner stopped it.
        """
        error = "It was interrupted; fetch it again to continue."
        self._done = int(download.fetched(self._home, self._entry) * self._total)
        # It can be stopped before the first byte, which a slow hub keeps back.
        self._report()
        try:
            path = await self._fetch()
            error = ""
        except AppError as failure:
            error = str(failure)
            raise
        finally:
            self._cancelled.set()
            self._end("" if self._is_stopped else error)
        return path

    async def _fetch(self) -> Path:
        while True:
            await self._go.wait()
            if self._is_stopped:
                raise StoppedError("Fetch it again to continue.")
            self._cancelled, self._began = threading.Event(), None
            try:
                return await asyncio.to_thread(
                    download.fetch,
                    self._home,
                    self._entry,
                    self._hear_from_thread,
                    self._cancelled,
                    self._proxy,
                )
            except download.CancelledFetchError:
                continue

    def _hear_from_thread(self, done: int, total: int) -> None:
        self._loop.call_soon_threadsafe(self._hear, done, total)

    def _hear(self, done: int, total: int) -> None:
        self._done, self._total = done, total
        self._began = self._began or (done, time.monotonic())
        self._report()

    def _report(self) -> None:
        if not self._is_over:
            self._tell(self._progress(self._rate, paused=not self._go.is_set()))

    def _end(self, error: str) -> None:
        self._is_over = True
        self._tell(self._progress(finished=True, error=error, stopped=self._is_stopped))

    @property
    def _rate(self) -> float:
        if self._began is None or not self._go.is_set():
            return 0.0
        first, began = self._began
        return (self._done - first) / max(time.monotonic() - began, 1e-6)

    def _progress(
        self,
        rate: float = 0.0,
        *,
        paused: bool = False,
        finished: bool = False,
        error: str = "",
        stopped: bool = False,
    ) -> Progress:
        number = 0 if finished else self.number
        return Progress(
            "pull",
            self._entry.name,
            self._done,
            self._total,
            "bytes",
            rate,
            number,
            paused,
            finished,
            error,
            stopped=stopped,
        )
