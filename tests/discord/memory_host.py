"""The ports kept in memory, answering with their trigger's text."""

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace

from app.chat.halt import Halt
from app.core.explanation import DrawnMessage, Explanation, RungOutcome, TokenCounts
from app.core.labels import Origin
from app.core.names import GuildId
from app.discord.ports import (
    Ask,
    DirectAsk,
    EarlierReply,
    Incoming,
    LearnedFile,
    MessagePlace,
    Ports,
    ReadyReply,
    Situation,
    Unsent,
    VoiceAnswer,
)
from app.discord.ports.character_faces import Face
from app.ipc.control import Check, ModelEntry, StatusReply
from app.replies.request import FileReader
from app.service.digest import Digest
from app.service.given.character_cards import CharacterCard
from app.service.given.personas import Persona
from app.service.voices.forgetter import Forgotten
from app.service.weekly_stats import GuildWeek
from app.service.words.guess_game import GuessGame
from app.service.words.guild_year import GuildYear
from app.service.words.member_portrait import Portrait
from app.service.words.phrase_origin import PhraseOrigin
from app.settings import owner_rules
from app.settings.effective import ResolvedSetting
from app.settings.schema import Config
from app.settings.setting_keys import (
    check,
    find_key,
    from_text,
    keys,
    value_of,
    with_overrides,
)
from app.store.feedback import Kind
from app.store.members import Kept
from app.store.places import Claim
from app.store.rows import StoredCharacter, StoredLoreEntry


class MemoryHost:
    """All ports in their simplest form."""

    def __init__(self) -> None:
        self.guilds: dict[int, str] = {}
        self.gone: set[int] = set()
        self.learning: dict[int, int] = {}
        self.messages: dict[int, Incoming] = {}
        self.buried: set[int] = set()
        """Deleted messages, which an earlier page may still have."""
        self.buried_with_all: set[int] = set()
        """Those among them that may be learned again on request."""
        self.heard: set[int] = set()
        """Those that Discord had; others are from files."""
        self.overrides: dict[tuple[int, int], dict[str, object]] = {}
        self.opted_out_of: set[tuple[int, int]] = set()
        self.allows_tuning: set[tuple[int, int]] = set()
        self.allows_voice: set[tuple[int, int]] = set()
        self.asked: list[Ask] = []
        self.direct: list[DirectAsk] = []
        self.listened: list[bytes] = []
        self.timbres: list[str] = []
        self.voice: VoiceAnswer | None = None
        """What says every reply aloud."""
        self.chosen: dict[int, int] = {}
        self.hooks: set[int] = set()
        self.replies: dict[int, Ask] = {}
        self.sent_as: dict[int, list[int]] = {}
        self.ratings: dict[tuple[int, int], int] = {}
        self.left_unsent: list[Unsent] = []
        self.held: list[int] = []
        """Replies that became drafts."""
        self.refusals: dict[int, str] = {}
        self.silent: dict[int, str] = {}
        self.declined: dict[int, str] = {}
        self.answer_parts: tuple[str, ...] | None = None
        self.files: tuple[tuple[int, int], ...] = ()
        self.emoji_used: str | None = None
        self.tuned: dict[int, str] = {}
        self.weeks_of: list[frozenset[int]] = []
        self.the_week = GuildWeek((), (), (0,) * 7, 0, 0, 0, 0.0)

    @property
    def ports(self) -> Ports:
        return Ports(self, self, self, self, self, self, self)

    def is_own_hook(self, webhook: int) -> bool:
        return webhook in self.hooks

    async def face(self, guild: int, name: str) -> Face | None:
        return None

    async def picture(self, guild: int, name: str) -> bytes | None:
        return None

    async def hooked_guilds(self) -> list[int]:
        return []

    async def hook(self, guild: int, channel: int, mark: str) -> int | None:
        return None

    async def outdated_hooks(self, guild: int) -> list[int]:
        return []

    async def add_hook(self, guild: int, channel: int, webhook: int, mark: str) -> None:
        self.hooks.add(webhook)

    async def drop_hook(self, webhook: int) -> None:
        self.hooks.discard(webhook)

    async def settings(self, place: MessagePlace) -> Config:
        config = with_overrides(Config(), self.overrides.get((place.guild, 0), {}))
        return with_overrides(config, self.overrides.get((place.guild, place.root), {}))

    async def server_settings(self, guild: int) -> Config:
        return with_overrides(Config(), self.overrides.get((guild, 0), {}))

    async def starting_talk(self, present: Collection[int]) -> list[int]:
        return []

    async def answer_direct(self, ask: DirectAsk) -> ReadyReply | None:
        if ask.trigger in {*self.declined, *(one.trigger for one in self.direct)}:
            return None
        self.direct.append(ask)
        return ReadyReply(0, (f"You said: {ask.text}",), is_fresh=True)

    async def decline_direct(self, ask: DirectAsk, reason: str) -> None:
        self.declined[ask.trigger] = reason

    async def direct_servers(self, messages: Sequence[int]) -> dict[int, int]:
        return {}

    async def direct_edited(self, message: int) -> None:
        return

    async def direct_deleted(self, message: int) -> None:
        return

    async def chosen_server(self, author: int) -> int | None:
        return self.chosen.get(author)

    async def choose_server(self, author: int, guild: int) -> None:
        self.chosen[author] = guild

    async def explain_settings(self, place: MessagePlace) -> list[ResolvedSetting]:
        config = await self.settings(place)
        return [
            ResolvedSetting(key, value_of(config, name), self._origin(place, name))
            for name, key in keys().items()
            if key.scope != "home"
        ]

    def _origin(self, place: MessagePlace, name: str) -> Origin:
        if name in self.overrides.get((place.guild, place.root), {}):
            return "channel"
        return (
            "guild" if name in self.overrides.get((place.guild, 0), {}) else "default"
        )

    async def withdraw_consent(self, guild: int) -> list[str] | None:
        return ["api.openai.com for replies"]

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
        owner_rules.check_change(name, is_owner=is_owner, everywhere=everywhere)
        key = (place.guild, place.root if channel_only else 0)
        values = self.overrides.setdefault(key, {})
        find_key(name)
        if text is None:
            values.pop(name, None)
        else:
            values[name] = check(name, from_text(name, text))
        config = await self.settings(place)
        return ResolvedSetting(
            find_key(name), value_of(config, name), self._origin(place, name)
        )

    async def status(self) -> StatusReply:
        return StatusReply()

    async def checks(self, *, is_owner: bool) -> Sequence[Check]:
        return []

    async def models(self) -> Sequence[ModelEntry]:
        return []

    async def cloud_host(self) -> str:
        return "openai"

    async def use_model(self, name: str, *, is_owner: bool) -> str:
        return name

    async def learning_channels(self, guild: int) -> set[int]:
        return {one for one, where in self.learning.items() if where == guild}

    async def set_learning(self, place: MessagePlace, on: bool) -> None:
        self.learning.pop(place.channel, None)
        if on:
            self.learning[place.channel] = place.guild

    async def present(self, guilds: Mapping[int, str]) -> None:
        self.gone |= set(self.guilds) - set(guilds)
        self.guilds |= guilds

    async def joined(self, guild: int, name: str) -> None:
        self.guilds[guild] = name

    async def channels_seen(self, places: Sequence[MessagePlace]) -> None:
        return

    async def unknown_channels(self) -> list[tuple[int, int]]:
        return []

    async def channel_gone(self, guild: int, channel: int) -> None:
        return

    async def left(self, guild: int) -> None:
        self.gone.add(guild)

    async def hear(self, batch: Sequence[Incoming], *, is_missed: bool = False) -> int:
        new = 0
        for said in batch:
            out = (said.place.guild, said.author) in self.opted_out_of
            is_kept_out = out or said.id in self.buried
            if said.place.root in self.learning and not is_kept_out:
                new += said.id not in self.messages
                self.messages.setdefault(said.id, said)
                self.heard.add(said.id)
        return new

    async def hear_live(self, said: Incoming) -> Situation | None:
        await self.hear([said])
        return await self.situation(said)

    async def proxied(self, said: Incoming, original: int) -> None:
        self.messages.pop(original, None)
        await self.hear([replace(said, is_bot=False)])

    async def recheck(
        self, place: MessagePlace, batch: Sequence[Incoming], first: int, last: int
    ) -> Forgotten:
        there = {one.id: one for one in batch}
        stored = [
            one
            for one in self.messages.values()
            if one.place.channel == place.channel
            and one.id in self.heard
            and first < one.id < last
        ]
        for one in stored:
            if one.id in there:
                self.messages[one.id] = there[one.id]
        gone = [one.id for one in stored if one.id not in there]
        return await self.deleted(place.guild, gone)

    async def oldest_heard(self, place: MessagePlace) -> int | None:
        here = [m for m in self.messages.values() if m.place == place]
        return min((m.id for m in here if m.id in self.heard), default=None)

    async def learn_anew(self, guild: int) -> None:
        self.buried -= self.buried_with_all
        self.buried_with_all.clear()

    async def edited(
        self, guild: int, message: int, text: str, *, is_edit: bool = True
    ) -> None:
        if message in self.messages:
            self.messages[message] = replace(self.messages[message], text=text)

    async def deleted(self, guild: int, messages: Sequence[int]) -> Forgotten:
        self.buried |= set(messages)
        gone = [self.messages.pop(one, None) for one in messages]
        return Forgotten(sum(one is not None for one in gone), 0, 0, False)

    async def known_among(self, guild: int, authors: Collection[int]) -> list[int]:
        stored = {one.author for one in self.messages.values()}
        return sorted(stored & set(authors))

    async def banned(self, guild: int, author: int) -> Forgotten:
        if not (await self.server_settings(guild)).learn.forget_banned:
            return Forgotten(0, 0, 0, False)
        there = [m.id for m in self.messages.values() if m.author == author]
        return await self.deleted(guild, there)

    async def channel_deleted(self, guild: int, channel: int) -> Forgotten:
        if not (await self.server_settings(guild)).learn.forget_deleted_channels:
            return Forgotten(0, 0, 0, False)
        there = [m.id for m in self.messages.values() if m.place.channel == channel]
        self.learning.pop(channel, None)
        return await self.deleted(guild, there)

    async def servers_with(self, channel: int) -> list[int]:
        there = {m.place.guild for m in self.messages.values()
                 if m.place.channel == channel}  # fmt: skip
        return sorted(there)

    async def stored(self, guild: int) -> int:
        return sum(one.place.guild == guild for one in self.messages.values())

    async def forget_learned(self, guild: int) -> Forgotten:
        there = [m.id for m in self.messages.values() if m.place.guild == guild]
        self.buried_with_all |= set(there) - self.buried
        return await self.deleted(guild, there)

    async def check_file(self, guild: int, name: str, data: bytes) -> None:
        return

    async def learn_file(
        self, guild: int, name: str, data: bytes, *, clean: bool
    ) -> LearnedFile:
        gone = await self.forget_learned(guild) if clean else None
        rows = json.loads(data)
        return LearnedFile(len(rows), len(rows), gone=gone)

    async def guess_game(self, place: MessagePlace) -> GuessGame | None:
        return None

    async def note_guess(self, game: GuessGame, place: int) -> None:
        return

    async def note_shown(
        self,
        place: MessagePlace,
        message: int,
        sources: Sequence[int],
        lines: Sequence[int] = (),
    ) -> bool:
        raise NotImplementedError

    async def may_be_told(self, game: GuessGame) -> bool:
        return True

    async def year(
        self, guild: int, channels: Collection[int], year: int | None
    ) -> GuildYear:
        return GuildYear("2025", 0, 0, (), (), (0,) * 24, (), 0, None)

    async def lore(self, guild: int) -> list[StoredLoreEntry]:
        return []

    async def add_lore(
        self, guild: int, name: str, words: Sequence[str], text: str
    ) -> StoredLoreEntry:
        return StoredLoreEntry(name, list(words), text)

    async def remove_lore(self, guild: int, name: str) -> StoredLoreEntry:
        return StoredLoreEntry(name, [], "")

    async def persona(self, place: MessagePlace, *, channel_only: bool) -> Persona:
        return Persona("Mynah", "", 0)

    async def take_card(
        self, place: MessagePlace, data: bytes, *, channel_only: bool
    ) -> CharacterCard:
        return CharacterCard("Mynah", "", (), ())

    async def drop_persona(self, place: MessagePlace, *, channel_only: bool) -> Persona:
        return Persona("Mynah", "", 0)

    async def cast(self, guild: int) -> list[StoredCharacter]:
        return []

    async def add_character(
        self, place: MessagePlace, data: bytes, *, channel_only: bool, dial: int | None
    ) -> CharacterCard:
        return CharacterCard("Mynah", "", (), ())

    async def dismiss(self, guild: int, name: str) -> StoredCharacter:
        return StoredCharacter(name, "", None, [])

    async def digest(
        self, place: MessagePlace, author: int, hours: int | None
    ) -> Digest | None:
        return None

    async def newest(self, servers: Collection[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        mine = (one for one in self.messages.values() if one.place.guild in servers)
        for one in mine:
            channel = one.place.channel
            found[channel] = max(found.get(channel, 0), one.id)
        return found

    async def situation(self, said: Incoming) -> Situation:
        return Situation(
            await self.settings(said.place),
            (said.place.guild, said.author) in self.opted_out_of,
            said.id in self.declined
            or said.id in {ask.trigger for ask in self.replies.values()},
            said.place.root in self.learning,
        )

    async def claim(self, ask: Ask) -> Claim | None:
        if ask.trigger in {one.trigger for one in self.replies.values()}:
            return None
        reply = len(self.replies) + 1
        self.replies[reply] = ask
        return Claim(reply, GuildId(1), 1, 1, None)

    async def answer(self, ask: Ask) -> ReadyReply | None:
        self.asked.append(ask)
        claim = ask.claim or await self.claim(ask)
        if claim is None:
            return None
        parts = self.answer_parts or (f"You said: {ask.seed or ask.text}",)
        reply = (await self.settings(ask.place)).reply
        return ReadyReply(
            claim.reply,
            parts,
            is_draft=reply.shadow,
            files=self.files,
            is_fresh=True,
            has_buttons=reply.buttons,
        )

    async def is_for_character(self, ask: Ask) -> bool:
        return False

    async def stream(self, ask: Ask) -> AsyncIterator[str | ReadyReply | None]:
        answer = await self.answer(ask)
        for part in answer.parts if answer else ():
            yield part[: len(part) // 2]
            yield part
        yield answer

    async def transcript(self, read: FileReader) -> str:
        self.listened.append(await read())
        return "hello from my voice"

    def took(self, setting: str, ms: float) -> None:
        pass

    async def utterance(self, answer: ReadyReply, timbre: str) -> VoiceAnswer | None:
        self.timbres.append(timbre)
        return self.voice

    async def again(
        self,
        reply: int,
        author: int,
        trigger: int,
        text: str = "",
        turns: Sequence[tuple[str, str]] = (),
        pictures: tuple[FileReader, ...] = (),
        halt: Halt | None = None,
    ) -> ReadyReply | None:
        old = self.replies[reply]
        await self.rate(reply, author, -1, "again")
        again = Ask(old.place, trigger, old.author, old.author_name, text, "again")
        again = replace(again, turns=tuple(turns), pictures=pictures)
        return await self.answer(again)

    async def decline(self, said: Incoming, kind: str, reason: str) -> None:
        self.declined.setdefault(said.id, reason)

    async def start_talk(
        self, place: MessagePlace, trigger: int, reason: str
    ) -> Ask | None:
        ask = Ask(place, trigger, 0, "Ann", "the tide", reason)
        claim = await self.claim(ask)
        return replace(ask, claim=claim) if claim else None

    async def sent(self, reply: int, messages: Sequence[int]) -> None:
        self.sent_as[reply] = list(messages)
        self._close(reply)

    def _close(self, reply: int) -> None:
        """Let a reply wait no longer to be sent."""
        self.left_unsent = [one for one in self.left_unsent if one.claim.reply != reply]

    async def last_sent(self, place: MessagePlace) -> int | None:
        return next((ids[-1] for ids in reversed(self.sent_as.values()) if ids), None)

    async def is_asker(self, reply: int, author: int) -> bool:
        return self.replies[reply].author == author

    async def shown_as(self, reply: int) -> list[int]:
        return self.sent_as[reply]

    async def replaced(self, old: int, new: int, messages: Sequence[int]) -> None:
        self.sent_as |= {old: [], new: list(messages)}

    async def keep_silent(self, reply: int, reason: str) -> None:
        self.silent[reply] = reason
        self._close(reply)

    async def refused(self, reply: int, reason: str) -> None:
        self.refusals[reply] = reason
        self._close(reply)

    async def refusal(self, trigger: int) -> str:
        untold = self.refusals | self.silent
        found = {self.replies[one].trigger: r for one, r in untold.items()}
        return found.get(trigger, "")

    async def may_send(self, reply: int) -> bool:
        return True

    async def unsent(self, now: float) -> list[Unsent]:
        return self.left_unsent

    async def earlier(self, place: MessagePlace) -> list[EarlierReply]:
        return []

    async def hold(self, reply: int) -> None:
        self.held.append(reply)
        self._close(reply)

    async def find_reply(self, message: int) -> int | None:
        found = (reply for reply, ids in self.sent_as.items() if message in ids)
        return next(found, None)

    async def answered(self, reply: int) -> int | None:
        return self.replies[reply].trigger

    async def source_channels(self, reply: int) -> set[int]:
        return {self.replies[reply].place.channel}

    async def explain(self, reply: int, channels: Collection[int]) -> Explanation:
        return Explanation(
            id=reply,
            guild=GuildId(1),
            channel=None,
            created=0,
            reason=self.replies[reply].reason,
            state="sent",
            text="You said: hello",
            shares=[100, 50, 0],
            mode="llm",
            provider="echo",
            model="",
            dial=50,
            arm="",
            rungs=[RungOutcome("openai", "skipped", "off")],
            recalled=[],
            filled={},
            notes=[],
            timings={"total": 12.0, "local": 11.0},
            tokens=TokenCounts(0, 0, 0),
            cost=0.0,
            rating=0,
            sources=[DrawnMessage("1", "Ann", "a source *line*", 1, 2, "line")],
        )

    async def forget_sources(self, reply: int) -> Forgotten:
        return Forgotten(2, 1, 1, False)

    async def rate(
        self, reply: int, author: int, value: int, kind: Kind = "thumb"
    ) -> None:
        self.ratings[(reply, author)] = value

    async def take_back(self, reply: int, author: int, value: int) -> None:
        if self.ratings.get((reply, author)) == value:
            del self.ratings[(reply, author)]

    async def take_all_back(self, reply: int, value: int | None = None) -> None:
        for key, rated in list(self.ratings.items()):
            if key[0] == reply and value in (None, rated):
                del self.ratings[key]

    async def how_tuned(self, trigger: int) -> str:
        return self.tuned.get(trigger, "")

    async def week(self, guild: int, channels: Collection[int]) -> GuildWeek:
        self.weeks_of.append(frozenset(channels))
        return self.the_week

    async def origin(self, place: MessagePlace, phrase: str) -> PhraseOrigin | None:
        return None

    async def emoji(self, place: MessagePlace) -> str | None:
        return self.emoji_used

    async def withheld(self, guild: int, said: Sequence[Incoming]) -> set[int]:
        return {one.id for one in said if (guild, one.author) in self.opted_out_of}

    async def allow_tuning(self, guild: int, author: int, on: bool) -> None:
        change = self.allows_tuning.add if on else self.allows_tuning.discard
        change((guild, author))

    async def allow_voice(self, guild: int, author: int, on: bool) -> None:
        change = self.allows_voice.add if on else self.allows_voice.discard
        change((guild, author))

    async def opt_out(self, guild: int, author: int, on: bool) -> Forgotten:
        if not on:
            self.opted_out_of.discard((guild, author))
            return Forgotten(0, 0, 0, False)
        self.opted_out_of.add((guild, author))
        return await self.forget_author(guild, author)

    async def portrait(self, guild: int, author: int) -> Portrait:
        return Portrait(False, [], [], [])

    async def forget_fact(self, guild: int, author: int, number: int) -> int:
        return 0

    async def correct_fact(
        self, guild: int, author: int, number: int, value: str
    ) -> None:
        return

    async def kept(self, guild: int, author: int) -> Kept:
        mine = [m.at_ms for m in self.messages.values() if m.author == author]
        out = (guild, author) in self.opted_out_of
        if not mine:
            return Kept(0, 0, 0, None, None, out)
        return Kept(len(mine), len(mine), 0, min(mine), max(mine), out)

    async def export_author(self, guild: int, author: int) -> bytes:
        mine = [m.text for m in self.messages.values() if m.author == author]
        return "\n".join(json.dumps({"text": text}) for text in mine).encode()

    async def remember_author(self, guild: int, author: int) -> bool:
        return False

    async def forget_author(
        self, guild: int, author: int, since_ms: int = 0, *, by_owner: bool = False
    ) -> Forgotten:
        mine = [
            m.id
            for m in self.messages.values()
            if m.author == author and m.at_ms >= since_ms
        ]
        return await self.deleted(guild, mine)

    async def train_progress(
        self, guild: int, share: float, read: int, rate: float, finished: bool
    ) -> None:
        return
