"""Decides who looks at the pictures of a call, and reads them for whoever does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.core.errors import AppError
from app.core.explanation import RungOutcome
from app.replies.ladder_builder import LadderBuilder
from app.replies.request import ReplyRequest
from app.settings.host_gate import Gate
from app.settings.host_names import LOCAL
from app.settings.schema import Config

BLIND = "it cannot look at the picture"
NOBODY = "no model here can look at pictures"


class PictureMaker(Protocol):
    """Makes pictures fit for models."""

    async def plain(self, data: bytes) -> bytes: ...


@dataclass(frozen=True)
class Sighting:
    """The models to ask about a call, and the pictures that they see."""

    names: Sequence[str]
    pictures: tuple[bytes, ...] = ()
    skipped: tuple[RungOutcome, ...] = ()
    """The models that are not asked, since they would talk of what they do not see."""
    unseen: str = ""
    """The reason why nobody sees the pictures."""


class Viewer:
    """Looks at pictures for the models that may have them."""

    def __init__(self, gate: Gate, rungs: LadderBuilder, maker: PictureMaker) -> None:
        self._gate = gate
        self._rungs = rungs
        self._maker = maker

    async def look(
        self, request: ReplyRequest, config: Config, names: Sequence[str]
    ) -> Sighting:
        """Return what is seen of a call's pictures, and by which of those models.

        Nobody looks where nobody asked, or where the chain writes alone.
        """
        is_off = config.context.pictures == "off"
        if not request.pictures or not names or request.is_choosy or is_off:
            return Sighting(names)
        seeing = [name for name in names if await self._sees(name, request, config)]
        left = [name for name in names if name not in seeing]
        skipped = tuple(RungOutcome(name, "skipped", BLIND) for name in left)
        if not seeing:
            return Sighting([], skipped=skipped, unseen=NOBODY)
        try:
            seen = [await self._maker.plain(await read()) for read in request.pictures]
        except AppError as error:
            return Sighting([], skipped=skipped, unseen=error.message)
        return Sighting(seeing, tuple(seen), skipped)

    async def _sees(self, name: str, request: ReplyRequest, config: Config) -> bool:
        """Return whether a model can see, and may."""
        if name == LOCAL:
            return self._rungs.picture_ms > 0
        address = self._rungs.addresses([name]).get(name)
        if address is None or config.context.pictures != "host":
            return False
        return not await self._gate.refuses(address, "pictures", [request.guild])
