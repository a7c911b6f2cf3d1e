"""A home and a Discord that play against each other, and what must be true of them.

Every message carries one planted word, `zq17zq`, so that a search of the home tells
which messages left a trace in it.
"""

import asyncio
import contextlib
import gc
import itertools
import json
import logging
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, TypeVar, cast

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.discord.controller import ports_of
from app.discord.ports import (
    Ask,
    DirectAsk,
    Incoming,
    MessagePlace,
    Ports,
    ReadyReply,
)
from app.ipc import control
from app.ipc.jobs import SearchJob, SearchJobReply, TokenVoiceJob
from app.ipc.wire import Request
from app.jobs import import_and_rebuild, token_voice
from app.providers.local.idle_model import IdleModel
from app.service import logs, summaries
from app.service.app_context import AppContext
from app.service.bootstrap import assemble
from app.service.job_runner import JobRunner, OnProgress
from app.service.search_keeper import SearchKeeper
from app.service.service import Service
from app.service.summaries import Summaries
from app.settings.config_file import save
from app.store import guilds, messages, replies
from app.store.database import bound
from app.store.search import message_search
from app.store.search.message_search import Sought
from app.voice.tokens import NAME, TokenVoice
from tests.asking import ask
from tests.discord_stand_in.world import snowflake
from tests.home_files import files_with, matches_in
from tests.memory.conftest import WordEmbedder
from tests.openai_stand_in import StandIn, running
from tests.runner import tiny

R = TypeVar("R")

PLANTED = re.compile(r"zq[0-9]+zq")
WORDS = "the tide takes small boats out to the cat and the harbour".split()
BOT = 900_000_000_000_000_001


@dataclass
class Said:
    """A message as Discord has it."""

    id: int
    place: MessagePlace
    author: int
    text: str
    is_there: bool = True
    """False once it is deleted on Discord."""
    state: str = "unknown"
    """`kept` once the bot acknowledged it, `gone` once it must be nowhere."""
    returns_by: str = ""
    """What may bring it back: `import` after everything was forgotten, `listen` where
    nobody listened."""

    @property
    def word(self) -> str:
        return planted(self.text).pop()


class InlineJobs(JobRunner):
    """Does the work of children in a thread of this process, which starts at once."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._at = home
        self._threads = ThreadPoolExecutor(1)

    async def run(self, request: Request[R], on_progress: OnProgress) -> R:
        if isinstance(request, SearchJob):
            searching = asyncio.to_thread(self._search, request)
            return cast(R, await searching)
        async with self._turn:
            work = self._threads.submit(self._do, request, on_progress)
            return await asyncio.wrap_future(work)

    def _search(self, request: SearchJob) -> SearchJobReply:
        """Search by another program: closing a file here would drop SQLite's locks."""
        without = [f"--exclude={name}" for name in request.without]
        texts = [word for text in request.texts for word in ("-e", text)]
        command = ["grep", "-rlaF", *without, *texts, str(self._at.root)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        names = found.stdout.splitlines() if texts else []
        assert names == [], f"the receipt of a forgetting names {names}"
        return SearchJobReply(1, 1, names)

    def close(self) -> None:
        """Wait for what was begun; a thread cannot be killed."""
        self._threads.shutdown()

    def _do(self, request: Any, on_progress: OnProgress) -> Any:
        if isinstance(request, TokenVoiceJob):
            return token_voice.run(request, self._at, on_progress)
        interval = sys.getswitchinterval()
        try:
            return import_and_rebuild.run(request, self._at, on_progress)
        finally:
            gc.enable()
            sys.setswitchinterval(interval)


class Echo:
    """A model that sums up by saying every planted word again."""

    billions, context_size, is_idle = 9.0, 4096, True

    async def complete(
        self,
        guild: int,
        text: str,
        max_tokens: int,
        seconds: float,
        never: Sequence[str] = (),
        grammar: str = "",
    ) -> str:
        return f"They spoke of {' and '.join(sorted(planted(text)))}."


@dataclass
class World:
    """What there is on Discord, and the home that heard of it."""

    root: Path
    rng: Random
    jobs: Callable[[Home], JobRunner] = InlineJobs
    said: dict[int, Said] = field(default_factory=dict)
    listened: set[int] = field(default_factory=set)
    opted_out: set[tuple[int, int]] = field(default_factory=set)
    own: dict[int, str] = field(default_factory=dict)
    """The bot's own messages."""
    words: int = 0
    """How many were planted."""
    locked: set[int] = field(default_factory=set)
    agreed: set[tuple[int, str]] = field(default_factory=set)
    """Guilds, and the hosts that their owner agreed to."""
    agreed_to_tuning: set[tuple[int, int]] = field(default_factory=set)
    """Guilds and people."""
    imitable: set[tuple[int, int]] = field(default_factory=set)
    """Guilds and people who agreed to be imitated."""
    tokens: dict[GuildId, str] = field(default_factory=dict)
    """The guilds (rows) that have a token voice, and the model's vocabulary."""
    asked: str = ""
    """The word of the question that is being answered, wherever it was asked."""
    direct: dict[str, int] = field(default_factory=dict)
    """The words planted in direct messages, and the guilds in whose voice."""
    echoed: set[str] = field(default_factory=set)
    """Those among them that the bot said itself."""
    homes: int = 0
    done: "Counter[str]" = field(default_factory=Counter)
    """How often what was done and checked."""

    def __post_init__(self) -> None:
        self.guilds = [snowflake(), snowflake()]
        self.people = [snowflake() for _ in range(4)]
        self.places = [
            MessagePlace(
                guild, f"guild{n}", snowflake(), name, is_private=name == "den"
            )
            for n, guild in enumerate(self.guilds)
            for name in ("general", "den", "elsewhere")
        ]
        self.home = Home(self.root / "home0").create()
        save(self.home.config_file, "reply.mode", "markov")
        self.host = StandIn()
        self._net = AsyncExitStack()

    # What is true, for another process.

    def as_json(self) -> dict[str, Any]:
        """Return what is on Discord, and what the bot acknowledged."""
        said = [
            [at, asdict(one) | {"place": self.places.index(one.place)}]
            for at, one in self.said.items()
        ]
        return {
            "root": str(self.root), "home": str(self.home.root), "said": said,
            "listened": sorted(self.listened), "opted_out": sorted(self.opted_out),
            "own": list(self.own.items()), "words": self.words,
            "agreed_to_tuning": sorted(self.agreed_to_tuning),
            "imitable": sorted(self.imitable),
            "tokens": list(self.tokens.items()),
            "guilds": self.guilds, "people": self.people,
            "places": [asdict(place) for place in self.places],
        }  # fmt: skip

    @staticmethod
    def from_json(
        known: dict[str, Any], rng: Random, jobs: Callable[[Home], JobRunner]
    ) -> "World":
        """Return the world of `as_json`, whose home is there."""
        world = World(Path(known["root"]), rng, jobs)
        world.home = Home(Path(known["home"]))
        world.guilds, world.people = known["guilds"], known["people"]
        world.places = [MessagePlace(**place) for place in known["places"]]
        world.said = {
            at: Said(**one | {"place": world.places[one["place"]]})
            for at, one in known["said"]
        }
        world.listened = set(known["listened"])
        world.opted_out = {(guild, one) for guild, one in known["opted_out"]}
        world.own = dict(known["own"])
        world.words = known["words"]
        tuned = known["agreed_to_tuning"]
        world.agreed_to_tuning = {(guild, one) for guild, one in tuned}
        world.imitable = {(guild, one) for guild, one in known["imitable"]}
        world.tokens = dict(known["tokens"])
        return world

    # Opening, closing, killing.

    async def open(self) -> None:
        """Start as the bot does, with Discord's catching up."""
        if not self.host.port:
            self.host.reply = self._answer
            await self._net.enter_async_context(running(self.host))
        self._stack = AsyncExitStack()
        context = await self._stack.enter_async_context(assemble(self.home, self.rng))
        self._log_to_home()
        jobs = context.__dict__["jobs"] = self.jobs(self.home)
        if isinstance(jobs, InlineJobs):
            self._stack.callback(jobs.close)
        context.voices._voices._scrub_seconds = 0.0
        context.memory._open_embedder = lambda model: WordEmbedder()  # type: ignore
        # The model has always rested long enough.
        hours = itertools.count(0.0, 3600.0)
        idle = context.memory.idle_model = IdleModel(Echo(), lambda: next(hours))
        context.memory._summarising = Summaries(
            context.database, context.settings, idle, context.held, context.parts
        )
        if self.model.exists():
            context.token_voices._model = lambda: self.model
        await context.voices.start()
        await context.uploads.forget_first()
        await context.uploads.go_on()
        self.context: AppContext = context
        self.service = Service(context)
        self.ports: Ports = ports_of(context, self.rng)
        for place in self.places:
            await self.ports.guilds.channels_seen([place])
        await self.catch_up()

    @property
    def model(self) -> Path:
        """A tiny model, once somebody asks for a voice in its words."""
        return self.root / "tiny.gguf"

    async def close(self) -> None:
        await self._stack.aclose()

    async def end(self) -> None:
        """Close the home, and the server of the hosts."""
        await self.close()
        await self._net.aclose()

    def _answer(self, body: dict[str, Any]) -> str:
        """Say some of the words in a request again."""
        said = " ".join(message["content"] for message in body["messages"]).split()
        return " ".join(self.rng.choices(said, k=6))

    def _log_to_home(self) -> None:
        handler = logs.to_file(self.home)
        root = logging.getLogger()
        root.addHandler(handler)
        self._stack.callback(handler.close)
        self._stack.callback(root.removeHandler, handler)

    async def restart(self) -> None:
        await self.close()
        await self.open()

    async def kill_during(self, work: Callable[[], Awaitable[object]]) -> None:
        """Go on from the files as they are at a random moment of some work."""
        task = asyncio.ensure_future(work())
        self.done["kills"] += 1
        await self._after_questions(self.rng.randrange(40), task)
        self.homes += 1
        after = self.root / f"home{self.homes}"
        await self.context.database.run(_copy, self.home.root, after)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self.close()
        # A thread of the cancelled work may still delete files of its own.
        shutil.rmtree(self.home.root, ignore_errors=True)
        self.home = Home(after)
        await self.open()

    async def _after_questions(self, number: int, task: "asyncio.Future[Any]") -> None:
        """Wait until work asked the database so often, or has ended."""
        database, asked = self.context.database, 0
        submit = database.submit

        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal asked
            asked += 1
            return submit(*args, **kwargs)

        database.submit = counted  # type: ignore[method-assign]
        while asked < number and not task.done():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
        database.submit = submit  # type: ignore[method-assign]

    async def settle(self) -> None:
        """Wait until nothing is done in the background any more."""
        async with asyncio.timeout(60):
            while tasks := self.context.voices._voices._tasks:
                await asyncio.gather(*tasks)
            await asyncio.gather(*self.context.token_voices._building.values())

    # What people do.

    def next_text(self) -> str:
        words = self.rng.choices(WORDS, k=self.rng.randrange(3, 7))
        words.insert(self.rng.randrange(len(words)), f"zq{self.words}zq")
        self.words += 1
        return " ".join(words)

    def is_learned(self, said: Said) -> bool:
        away = (said.place.guild, said.author) in self.opted_out
        return said.place.channel in self.listened and not away

    async def say(self, place: MessagePlace, author: int, text: str = "") -> Said:
        said = Said(snowflake(), place, author, text or self.next_text())
        self.said[said.id] = said
        if not self.is_learned(said):
            said.state = "gone"
            if (place.guild, author) not in self.opted_out:
                said.returns_by = "listen"
        await self.ports.messages.hear_live(incoming(said))
        if said.state != "gone":
            said.state = "kept"
        return said

    async def catch_up(self) -> None:
        """Hear the whole history again, and follow what was missed."""
        for place in self.places:
            if place.channel not in self.listened:
                continue
            there = [
                incoming(one)
                for one in self.said.values()
                if one.is_there and one.place == place
            ]
            await self.ports.messages.hear(there)
            await self.ports.messages.recheck(place, there, 0, snowflake())

    async def edit(self, said: Said) -> None:
        before = said.word
        said.text = self.next_text()
        gone = Said(0, said.place, said.author, before, False, "gone")
        self.said[-snowflake()] = gone
        await self.ports.messages.edited(said.place.guild, said.id, said.text)

    async def delete(self, *gone: Said) -> None:
        for said in gone:
            said.is_there = False
        ids = [said.id for said in gone]
        await self.ports.messages.deleted(gone[0].place.guild, ids)
        self._are_gone(gone)

    async def forget_person(self, guild: int, author: int, how: str) -> None:
        """Forget all of one person's messages, in one of the ways."""
        members = self.ports.members
        mine = [
            one
            for one in self.said.values()
            if (one.place.guild, one.author) == (guild, author)
        ]
        if how == "opt out":
            self.imitable.discard((guild, author))
        if how == "ban":
            await self.ports.messages.banned(guild, author)
        elif how == "opt out":
            self.opted_out.add((guild, author))
            await members.opt_out(guild, author, True)
        elif how == "owner":
            if not await self._is_known(guild, author):
                # Nobody, or all of it went before a kill.
                for one in mine:
                    one.state = "unknown" if one.state == "kept" else one.state
                return
            await self.ask(control.Forget(str(guild), author=str(author)))
        else:
            await members.forget_author(guild, author, by_owner=how == "moderator")
        self._are_gone(mine)
        await asyncio.sleep(0.003)

    async def _is_known(self, guild: int, author: int) -> bool:
        kept = await self.ports.members.kept(guild, author)
        return kept.messages > 0

    async def opt_in(self, guild: int, author: int) -> None:
        self.opted_out.discard((guild, author))
        await self.ports.members.opt_out(guild, author, False)
        await asyncio.sleep(0.003)

    async def forget_channel(self, place: MessagePlace) -> None:
        here = [one for one in self.said.values() if one.place == place]
        self.listened.discard(place.channel)
        if self.rng.random() < 0.5:
            await self.ports.guilds.channel_deleted(place.guild, place.channel)
        else:
            name = control.Forget(str(place.guild), channel=str(place.channel))
            await self.ask(name)
        self._are_gone(one for one in here if one.state == "kept")

    async def forget_everything(self, guild: int) -> None:
        here = [one for one in self.said.values() if one.place.guild == guild]
        await self.ask(control.Forget(str(guild), everything=True))
        for one in here:
            if one.state != "gone":
                one.state, one.returns_by = "gone", "import"
        await asyncio.sleep(0.003)

    async def import_all(self, guild: int) -> None:
        """Learn a file with everything of a guild's listened channels once more."""
        path = self.root / "export.jsonl"
        lines = [
            one
            for one in self.said.values()
            if one.id > 0 and one.place.guild == guild
            if one.place.channel in self.listened
        ]
        path.write_text("".join(json.dumps(exported(one)) + "\n" for one in lines))
        await self.ask(control.Import(f"guild{self.guilds.index(guild)}", [str(path)]))
        for one in lines:
            if one.returns_by == "import":
                one.state, one.returns_by = "unknown", ""

    async def listen(self, place: MessagePlace, on: bool) -> None:
        (self.listened.add if on else self.listened.discard)(place.channel)
        for one in self.said.values() if on else ():
            if one.place == place and one.returns_by == "listen":
                one.state, one.returns_by = "unknown", ""
        await self.ports.guilds.set_learning(place, on)

    async def mention(self, place: MessagePlace, author: int) -> None:
        """Ask the bot something; it answers, unless it makes a draft."""
        said = await self.say(place, author)
        self.asked = said.word
        request = Ask(place, said.id, author, name_of(author), said.text, "mention")
        answer = await self.ports.replies.answer(request)
        if answer is not None:
            self.check_readers(place, " ".join(answer.parts))
            await self._send(answer)
        self.asked = ""

    async def ask_directly(self, guild: int, author: int) -> None:
        """Ask the bot in a direct message, of which it stores nothing."""
        text, number = self.next_text(), snowflake()
        (self.asked,) = planted(text)
        self.direct[self.asked] = guild
        ask = DirectAsk(guild, number, author, name_of(author), text)
        answer = await self.ports.replies.answer_direct(ask)
        self.done["direct messages"] += 1
        if answer is not None:
            said = " ".join(answer.parts)
            # A word that the bot says itself is in the row of its reply.
            self.echoed |= planted(said) & self.direct.keys()
            private = [one for one in self.said.values() if one.place.is_private]
            heard = {one.word for one in private} & planted(said)
            assert not heard, f"{heard} was said in a direct message"
            await self._send(answer)
        if self.rng.random() < 0.5:
            await self.ports.messages.direct_deleted(number)
        self.asked = ""

    async def _send(self, answer: ReadyReply) -> None:
        text = " ".join(answer.parts)
        self.check_speech(text)
        self.check_requests()
        for one in self.said.values():
            is_asked = one.word == self.asked and one.state == "gone"
            if is_asked and one.word in planted(text):
                # The bot said the word itself, so the reply's row has it.
                one.state, one.returns_by = "unknown", ""
        if answer.is_draft or not answer.parts:
            return
        number = snowflake()
        self.own[number] = text
        await self.ports.replies.sent(answer.reply, [number])
        value = self.rng.choice((1, -1, 0))
        await self.ports.records.rate(answer.reply, self.rng.choice(self.people), value)

    async def decide(self) -> None:
        """Send the drafts there are, in the owner's words, as the controller does."""
        for row in await self.context.database.run(replies.latest):
            if row.state == "draft":
                change = {"text": f"{row.text} indeed"}
                finish = replies.finish
                if await self.context.database.run(finish, row.id, change) is None:
                    continue
                if not await self.ports.replies.may_send(row.id):
                    continue
                assert row.channel_id is not None
                at = await self.context.database.run(guilds.get_channel, row.channel_id)
                known = at.discord_id if at else None
                (place,) = [one for one in self.places if str(one.channel) == known]
                self.check_readers(place, change["text"])
                await self._send(ReadyReply(row.id, (change["text"],)))

    async def hide(self, number: int, on: bool) -> None:
        """Make a channel private, or public."""
        before = self.places[number % len(self.places)]
        after = replace(before, is_private=on)
        self.places[self.places.index(before)] = after
        for one in self.said.values():
            one.place = after if one.place == before else one.place
        await self.ports.guilds.channels_seen([after])

    async def allow_tuning(self, guild: int, author: int, on: bool) -> None:
        change = self.agreed_to_tuning.add if on else self.agreed_to_tuning.discard
        change((guild, author))
        await self.ports.members.allow_tuning(guild, author, on)

    async def allow_voice(self, guild: int, author: int, on: bool) -> None:
        (self.imitable.add if on else self.imitable.discard)((guild, author))
        await self.ports.members.allow_voice(guild, author, on)

    async def imitate(self, place: MessagePlace, author: int) -> None:
        """Ask the bot to speak like a person, which only their own wish allows."""
        await self.change(place.guild, "speak.imitate", "on")
        request = Ask(
            place, snowflake(), self.people[0], "you", "the tide", "like", like=author
        )
        try:
            answer = await self.ports.replies.answer(request)
        except UsageError:
            self.done["refused imitations"] += 1
            return
        if answer is None:
            return
        text = " ".join(answer.parts)
        assert (place.guild, author) in self.imitable, text
        own = {one.word for one in self.said.values() if one.author == author}
        assert planted(text) <= own, f"{text} is not like {author}"
        self.done["imitations"] += 1
        self.check_readers(place, text)
        await self._send(answer)

    async def build_tokens(self, guild: int) -> None:
        """Build a guild's voice in the words of a model, which is kept from then on."""
        if not self.model.exists():
            await asyncio.to_thread(tiny.write, self.model)
        voices, row = self.context.token_voices, await self.row(guild)
        voices._model = lambda: self.model
        assert await voices.prepare(row)
        self.tokens[row] = voices._path(row, self.model).name

    async def talk(self, guild: int) -> None:
        """Talk in the Playground as the owner, who sees all channels."""
        try:
            told = await self.ask(control.Say(str(guild), "the tide"))
        except Exception as error:
            if "forgotten" not in str(error):
                raise
        else:
            self.check_speech(told.text)
        self.check_requests()

    async def row(self, guild: int) -> GuildId:
        found = await self.context.database.run(guilds.find, str(guild))
        return found.id if found else GuildId(0)

    async def change(
        self, guild: int, name: str, value: str, *, agreed: bool = False
    ) -> None:
        row, change = await self.row(guild), self.context.settings.change
        await change(name, value, row, agreed=agreed)

    async def lock(self, guild: int, on: bool) -> None:
        await self.change(guild, "reply.local_only", "on" if on else "off")
        (self.locked.add if on else self.locked.discard)(guild)

    async def agree(self, guild: int) -> None:
        """Let a guild's replies come from the host that is set now."""
        await self.change(guild, "reply.provider", "openai", agreed=True)
        await self.change(guild, "reply.mode", "hybrid")
        self.agreed.add((guild, self.context.settings.home.openai.address.host))

    async def switch_host(self, name: str) -> None:
        url = self.host.url_at(name)
        await self.context.settings.change("openai.base_url", url)

    def check_requests(self) -> None:
        """Nothing left that is locked, forgotten, or meant for another host."""
        written = {one.word: one for one in self.said.values()}
        for served in self.host.served:
            self.done["requests"] += 1
            host = served.headers["host"].split(":")[0]
            for word in planted(served.everything):
                one = written.get(word)
                guild = one.place.guild if one else self.direct[word]
                self.done["planted words in requests"] += 1
                assert guild not in self.locked, f"{word} {one} is locked"
                assert (guild, host) in self.agreed, f"{word} {one} went to {host}"
                is_gone = one is None or one.state == "gone"
                assert not is_gone or word == self.asked, f"{word} {one} went to {host}"
        self.host.served.clear()

    async def sum_up(self) -> None:
        made = self.context.memory._summarising
        assert made is not None
        with few_turns():
            self.done["summaries"] += await made.look()

    async def remember(self) -> None:
        """Embed and index what is new, as a running bot does by itself."""
        await self.context.memory._catch_up()
        await SearchKeeper(self.context).catch_up()

    async def ask(self, request: Request[Any]) -> Any:
        return await ask(self.service, request)

    def _are_gone(self, gone: "Iterator[Said] | list[Said] | tuple[Said, ...]") -> None:
        for one in gone:
            one.state, one.returns_by = "gone", ""

    # What must be true.

    def counts(self) -> "Counter[str]":
        """What was done, for a bench to print."""
        states = Counter(f"messages {one.state}" for one in self.said.values())
        return self.done + states

    def check_speech(self, text: str) -> None:
        """Nothing that was forgotten is said."""
        self.done["replies"] += 1
        self.done["planted words in replies"] += len(planted(text))
        said = (planted(text) & self.gone()) - {self.asked}
        assert not said, f"{said} was forgotten, and said in {text!r}"

    def check_readers(self, place: MessagePlace, text: str) -> None:
        """Nothing is said that the readers of a channel cannot see."""
        for one in self.said.values():
            if one.word in planted(text) and one.place.is_private:
                assert one.place == place, f"{one} was said in {place}"

    def gone(self) -> set[str]:
        said = {one.word for one in self.said.values() if one.state == "gone"}
        return said | (self.direct.keys() - self.echoed)

    async def check(self) -> None:
        """Compare the home with what must be kept, and what must be gone."""
        await self.settle()
        self.check_requests()
        self.done["checks"] += 1
        assert self.context.database.is_sound()
        left = words_in(self.home.root) & self.gone()
        if left:
            where = {word: files_with(self.home.root, word) for word in sorted(left)}
            rows = await self.context.database.run(_rows_with, left)
            said = [one for one in self.said.values() if one.word in left]
            raise AssertionError(f"forgotten, and still there: {where} {rows} {said}")
        await self._check_tokens()
        stored = await self.context.database.run(_stored)
        for one in self.said.values():
            if one.state == "kept":
                assert stored.get(str(one.id)) == one.text, f"{one} is not stored"
        await self._check_search()

    async def _check_search(self) -> None:
        """Whoever looks for the words of a message finds it until it is forgotten."""
        for one in self.said.values():
            found = await self.context.database.run(_found, one.word)
            if one.state == "kept":
                assert str(one.id) in found, f"{one} is not found"
            if one.state == "gone":
                assert not found, f"{one} is found as {found}"

    async def _check_tokens(self) -> None:
        """Every message in a token voice is one that is stored."""
        for row, vocabulary in self.tokens.items():
            path = self.home.token_voice(row, vocabulary)
            if (path / f"{NAME}.json").exists():
                voice = await asyncio.to_thread(TokenVoice.open, path)
                page = await self.context.database.run(messages.page, row, limit=10_000)
                voice.forget(one.id for one in page)
                assert voice.messages == 0, f"{voice.messages} are left in {path}"
                self.done["token voices"] += 1


def _found(word: str) -> set[str]:
    """Search every server's messages for a word; return their external ids."""
    rows = message_search.newest(bound(), Sought((word,)), 100)
    return {message.external for message in messages.by_rows(rows)}


def planted(text: str) -> set[str]:
    return set(PLANTED.findall(text))


def name_of(author: int) -> str:
    return f"Person {author % 97}"


def incoming(said: Said) -> Incoming:
    at = (said.id >> 22) + 1_420_070_400_000
    return Incoming(
        said.place, said.id, said.author, name_of(said.author), said.text, at
    )


def exported(said: Said) -> dict[str, str]:
    at = (said.id >> 22) + 1_420_070_400_000
    return {
        "channel": said.place.channel_name, "id": str(said.id),
        "author": str(said.author), "text": said.text,
        # With milliseconds, as exporters write it: a person is forgotten up to one.
        "ts": datetime.fromtimestamp(at / 1000, UTC).isoformat("T", "milliseconds"),
    }  # fmt: skip


def words_in(root: Path) -> set[str]:
    """Every planted word in any file."""
    return matches_in(root, PLANTED.pattern)


def _stored() -> dict[str, str]:
    return {
        one.external: one.text
        for guild in guilds.every()
        for one in messages.page(guild.id, limit=10_000)
    }


def _rows_with(words: set[str]) -> list[str]:
    """The rows of the database that hold one of the words, for a report."""
    connection = bound().connection()
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [
        f"{table}: {row}"
        for (table,) in tables.fetchall()
        for row in connection.execute(f"SELECT * FROM {table}")
        if not words.isdisjoint(planted(str(row)))
    ]


def _copy(root: Path, target: Path) -> None:
    """Copy a home while nothing is written: what a kill would leave."""
    with bound().atomic("IMMEDIATE"):
        # By another process, as in `tests/home_files.py`. Files of voices may go
        # meanwhile, as they may at a kill.
        copied = subprocess.run(["cp", "-r", root, target], stderr=subprocess.PIPE)
        faults = copied.stderr.decode().splitlines()
        assert all("No such file" in fault for fault in faults), faults
        # The log last: what is moved out of it meanwhile is in both.
        if (root / "mynah.db-wal").exists():
            subprocess.run(["cp", root / "mynah.db-wal", target], check=True)
    (target / "mynah.db-shm").unlink(missing_ok=True)


@contextlib.contextmanager
def few_turns() -> Iterator[None]:
    """Sum up conversations of a few turns."""
    before = summaries.STEP, summaries.KEPT
    summaries.STEP, summaries.KEPT = 3, 1
    try:
        yield
    finally:
        summaries.STEP, summaries.KEPT = before
