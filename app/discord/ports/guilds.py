"""The port of guilds and channels."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from app.discord.ports.exchange import MessagePlace
from app.service.given.character_cards import CharacterCard
from app.service.given.personas import Persona
from app.service.voices.forgetter import Forgotten
from app.service.weekly_stats import GuildWeek
from app.service.words.guess_game import GuessGame
from app.service.words.guild_year import GuildYear
from app.service.words.phrase_origin import PhraseOrigin
from app.settings.effective import ResolvedSetting
from app.settings.schema import Config
from app.store.rows import StoredCharacter, StoredLoreEntry


class GuildEvents(Protocol):
    """Guilds and channels: which there are, and what is set for them.

    Here and in the other ports ids are Discord's, unless called rows.
    """

    async def settings(self, place: MessagePlace) -> Config:
        """Return the effective settings of a channel."""
        ...

    async def server_settings(self, guild: int) -> Config:
        """Return the settings of a server, wherever in it."""
        ...

    async def starting_talk(self, present: Collection[int]) -> list[int]:
        """Return the servers where the bot may start talk, or in a channel of them."""
        ...

    async def explain_settings(self, place: MessagePlace) -> list[ResolvedSetting]:
        """Return every setting that can differ in a channel, with its origin."""
        ...

    async def withdraw_consent(self, guild: int) -> list[str] | None:
        """Take back the owner's consents for a guild; return them in words.

        None if the owner agreed for every guild, which is taken back elsewhere.
        """
        ...

    async def change_setting(
        self,
        place: MessagePlace,
        name: str,
        text: str | None,
        *,
        channel_only: bool,
        everywhere: bool = False,
        agreed: bool = False,
        is_owner: bool = False,
    ) -> ResolvedSetting:
        """Set (or with None reset) a setting of the guild, or of the channel alone.

        Args:
            everywhere: Of the home instead, for every guild.
            agreed: The person was told what leaves the machine, and agreed.
            is_owner: The owner asks, who alone may change what costs or leaks.

        Raises:
            AppError: If the name or the value does not fit, nobody agreed yet, or the
                person may not do this.
        """
        ...

    async def learning_channels(self, guild: int) -> set[int]:
        """The channels of a guild that are listened to."""
        ...

    async def set_learning(self, place: MessagePlace, on: bool) -> None: ...

    async def present(self, guilds: Mapping[int, str]) -> None:
        """The bot is in these guilds, by id and name, and in no other."""
        ...

    async def joined(self, guild: int, name: str) -> None: ...

    async def left(self, guild: int) -> None: ...

    async def channels_seen(self, places: Sequence[MessagePlace]) -> None:
        """Note these channels and their readers, for owners to choose and for replies.

        Of threads only those count that are stored.
        """
        ...

    async def unknown_channels(self) -> list[tuple[int, int]]:
        """Return (server, channel) of stored ones whose readers nobody told yet."""
        ...

    async def channel_gone(self, guild: int, channel: int) -> None:
        """Note that Discord does not have an imported channel; it stays."""
        ...

    async def channel_deleted(self, guild: int, channel: int) -> Forgotten: ...

    async def servers_with(self, channel: int) -> list[int]:
        """Return the servers of which that channel is stored."""
        ...

    async def week(self, guild: int, channels: Collection[int]) -> GuildWeek:
        """Return the last seven days of some channels."""
        ...

    async def origin(self, place: MessagePlace, phrase: str) -> PhraseOrigin | None:
        """Return who said a phrase first, from what may be said there."""
        ...

    async def guess_game(self, place: MessagePlace) -> GuessGame | None:
        """Make a game of lines that may be said there; None if there are too few."""
        ...

    async def note_guess(self, game: GuessGame, place: int) -> None:
        """Count somebody's guess, by the line's place."""
        ...

    async def note_shown(
        self,
        place: MessagePlace,
        message: int,
        sources: Sequence[int],
        lines: Sequence[int] = (),
    ) -> bool:
        """Note an answer that quotes members, so that it goes when their words do.

        Args:
            sources: Rows of the messages that it quotes.
            lines: Rows of replies that it shows as well.

        Returns:
            False if some of it was forgotten meanwhile.
        """
        ...

    async def may_be_told(self, game: GuessGame) -> bool:
        """Tell if none of a game's lines was forgotten meanwhile."""
        ...

    async def year(
        self, guild: int, channels: Collection[int], year: int | None
    ) -> GuildYear:
        """Return a year of some channels; None means the last twelve months."""
        ...

    async def lore(self, guild: int) -> list[StoredLoreEntry]:
        """Return the entries of a server's lorebook."""
        ...

    async def add_lore(
        self, guild: int, name: str, words: Sequence[str], text: str
    ) -> StoredLoreEntry:
        """Write an entry, in place of one of that name.

        Raises:
            AppError: If it is too long, or the book is full.
        """
        ...

    async def remove_lore(self, guild: int, name: str) -> StoredLoreEntry:
        """Delete an entry, and return it.

        Raises:
            AppError: If there is none.
        """
        ...

    async def persona(self, place: MessagePlace, *, channel_only: bool) -> Persona:
        """Return the persona of a server, or of the channel alone."""
        ...

    async def take_card(
        self, place: MessagePlace, data: bytes, *, channel_only: bool
    ) -> CharacterCard:
        """Give a server, or the channel alone, the persona and lore of a card.

        Raises:
            AppError: If the file is no card, or its lorebook has no room.
        """
        ...

    async def drop_persona(self, place: MessagePlace, *, channel_only: bool) -> Persona:
        """Take the persona of a server, or of the channel, away with its lore."""
        ...

    async def cast(self, guild: int) -> list[StoredCharacter]:
        """Return the characters of a server beside the bot itself."""
        ...

    async def add_character(
        self, place: MessagePlace, data: bytes, *, channel_only: bool, dial: int | None
    ) -> CharacterCard:
        """Add the character of a card, which is called by its name.

        Raises:
            AppError: If the file is no card, or there is no room.
        """
        ...

    async def dismiss(self, guild: int, name: str) -> StoredCharacter:
        """Delete a character, with its lore.

        Raises:
            AppError: If there is none.
        """
        ...

    async def emoji(self, place: MessagePlace) -> str | None:
        """Return an emoji of people whose words may be said there, by frequency."""
        ...
