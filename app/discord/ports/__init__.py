"""The seven ports between the Discord client and the service, and what passes there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.discord.ports.character_faces import CharacterFaces as CharacterFaces
from app.discord.ports.exchange import STARTS as STARTS
from app.discord.ports.exchange import Ask as Ask
from app.discord.ports.exchange import Attached as Attached
from app.discord.ports.exchange import DirectAsk as DirectAsk
from app.discord.ports.exchange import EarlierReply as EarlierReply
from app.discord.ports.exchange import Incoming as Incoming
from app.discord.ports.exchange import LearnedFile as LearnedFile
from app.discord.ports.exchange import MessagePlace as MessagePlace
from app.discord.ports.exchange import ReadyReply as ReadyReply
from app.discord.ports.exchange import Situation as Situation
from app.discord.ports.exchange import Unsent as Unsent
from app.discord.ports.exchange import VoiceAnswer as VoiceAnswer
from app.discord.ports.guilds import GuildEvents as GuildEvents
from app.discord.ports.members import MemberData as MemberData
from app.discord.ports.messages import MessageEvents as MessageEvents
from app.discord.ports.replies import Replies as Replies
from app.discord.ports.reply_records import ReplyRecords as ReplyRecords
from app.ipc.control import Check, ModelEntry, StatusReply


class Machine(Protocol):
    """The owner's computer: the model, and the health of everything."""

    async def status(self) -> StatusReply:
        """Return the state of model, cloud and replies."""
        ...

    async def checks(self, *, is_owner: bool) -> Sequence[Check]:
        """Look for common problems.

        Raises:
            AppError: If somebody else than the owner asks.
        """
        ...

    async def models(self) -> Sequence[ModelEntry]:
        """Return the language models that are on the computer."""
        ...

    async def cloud_host(self) -> str:
        """Return the name of the host in the cloud that the owner set up."""
        ...

    async def use_model(self, name: str, *, is_owner: bool) -> str:
        """Use a model of the list from the next reply on, in every server.

        Raises:
            AppError: If it cannot be used, or somebody else than the owner asks.
        """
        ...


@dataclass(frozen=True)
class Ports:
    """All that the Discord client may ask of the service."""

    guilds: GuildEvents
    messages: MessageEvents
    replies: Replies
    records: ReplyRecords
    members: MemberData
    machine: Machine
    faces: CharacterFaces
