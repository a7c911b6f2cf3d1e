"""Makes prompts: the talk, its language, the bot's book, facts of members, moments."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Protocol

from app.chat.circuit_breaker import Clock
from app.chat.persona_rules import rules_in
from app.chat.prompt_settings import build
from app.core.names import GuildId
from app.providers.base import LoreText, Prompt, ToldFact, Turn
from app.replies.cloud_examples import LAST_TURNS, Remembers
from app.replies.conversation_context import ConversationContext, gather
from app.replies.guild_habits import Bursts
from app.replies.guild_languages import LEAST, GuildLanguages
from app.replies.plan import ReplyPlan
from app.replies.request import ReplyRequest, Stages
from app.settings.schema import Config
from app.store import voice_changes
from app.store.database import Database
from app.store.given import facts
from app.store.given.member_facts import sentence
from app.voice.conversation_cache import RECENT
from app.voice.voice import Voice

NOT_HEARD = "nobody here understood the voice message"

LEAST_TURNS = 4
"""The fewest turns that show how people write where nothing is learned."""


class LoreSource(Protocol):
    """A source of what guilds' lorebooks tell of a talk."""

    async def told(
        self, guild: GuildId, name: str, turns: Sequence[Turn]
    ) -> tuple[LoreText, ...]: ...


class PromptMaker:
    """Fills the prompt of each reply with all that its writers may know."""

    def __init__(
        self,
        database: Database,
        rng: Random,
        clock: Clock,
        memory: Remembers | None,
        lore: LoreSource | None,
    ) -> None:
        self._database = database
        self._memory = memory
        self._lore = lore
        self._bursts = Bursts(database, rng, clock)
        self._languages = GuildLanguages(database, clock)

    async def prepare(self, guild: GuildId, voice: Voice) -> None:
        """Find out which languages a guild speaks, which takes a second."""
        if voice.messages > LEAST:
            await self._languages.prepare(guild)

    async def fill(
        self,
        reply: int | None,
        plan: ReplyPlan,
        gathered: ConversationContext,
        unseen: str,
        stages: Stages,
    ) -> Prompt:
        """Return the prompt of a reply.

        Args:
            unseen: Why nobody looked at its pictures; empty if somebody did.
        """
        unheard = NOT_HEARD if plan.request.is_unheard else ""
        prompt = self._prompt(reply, plan, gathered)
        prompt = replace(prompt, unseen=unseen, unheard=unheard)
        prompt = await self._in_language(prompt, plan, gathered)
        if plan.names:
            prompt = await self._remember(prompt, plan, stages)
        if "local" in plan.names:
            prompt = await self._overhear(prompt, plan.request)
        return prompt

    async def gather(self, request: ReplyRequest) -> ConversationContext:
        last = Turn(
            request.speaker, request.text, message=request.message, guild=request.guild
        )
        stored = await gather(self._database, request.guild, request.channel, last)
        if request.past:
            # Nothing of what is talked about now was said then.
            stored = ConversationContext(last, speakable=stored.speakable)
        earlier = (*stored.conversation, *request.earlier)
        # The owner's own replies draw on everything.
        speakable = None if request.is_private else stored.speakable
        return replace(stored, conversation=earlier, speakable=speakable)

    def _prompt(
        self, reply: int | None, plan: ReplyPlan, gathered: ConversationContext
    ) -> Prompt:
        request = plan.request
        prompt = build(
            plan.config,
            plan.mode,
            request.guild,
            str(request.channel or request.speaker),
            [*gathered.conversation, gathered.last],
            dial=request.dial,
            seed=request.seed,
            reply=reply,
            summary=gathered.summary,
            summary_of=gathered.summary_of,
            lent=frozenset(filter(None, [gathered.summary_guild])),
            channels=gathered.speakable,
            spans=request.spans,
            near=frozenset(filter(None, [request.channel, request.root])),
        )
        is_first = not plan.voice.messages and len(gathered) < LEAST_TURNS
        if request.lots is not None:
            prompt = replace(prompt, random_seed=request.lots, chain_seed=request.lots)
        if like := request.like:
            prompt = replace(prompt, bot_name=like.name, persona="")
        return replace(prompt, is_first=is_first)

    async def _in_language(
        self, prompt: Prompt, plan: ReplyPlan, gathered: ConversationContext
    ) -> Prompt:
        """Speak from the channels that have the language of the talk, if some differ.

        A persona's own language goes first.
        """
        request = plan.request
        is_few = plan.voice.messages <= LEAST
        if is_few or request.like or rules_in(prompt.persona).language:
            return prompt
        language, channels = await self._languages.spoken(
            request.guild, request.channel, gathered.turns, gathered.speakable
        )
        return replace(prompt, language=language, channels=channels)

    async def _overhear(self, prompt: Prompt, request: ReplyRequest) -> Prompt:
        """Add what was said in the channel lately, for the voice of a hybrid reply.

        People of another time, and members, do not talk about it.
        """
        if prompt.mode != "hybrid" or request.past or request.like:
            return prompt
        channel = request.channel or 0
        recent = await self._database.run(
            voice_changes.recent, request.guild, channel, RECENT
        )
        return replace(prompt, recent=recent)

    async def _remember(
        self, prompt: Prompt, plan: ReplyPlan, stages: Stages
    ) -> Prompt:
        """Add how the guild writes, its lore, and moments recalled by meaning."""
        request, config = plan.request, plan.config
        lines = await self._bursts.lines(request.guild, config.reply.lines)
        prompt = replace(prompt, lines=lines)
        stages.end("prompt")
        # People of another time, and members, do not know the bot's book.
        if self._lore and config.context.lore and not (request.past or request.like):
            recent = prompt.turns[-LAST_TURNS:]
            told = await self._lore.told(request.guild, prompt.bot_name, recent)
            prompt = replace(prompt, lore=told)
            stages.end("lore")
        if config.memory.people and not (request.past or request.like):
            prompt = replace(prompt, people=await self._facts(request, config))
            stages.end("people")
        limit = config.memory.recall if config.memory.enabled else 0
        if self._memory is None or not limit:
            return prompt
        moments = await self._memory.recall(
            request.guild, prompt.turns[-LAST_TURNS:], _visible(request), limit
        )
        stages.end("recall")
        if past := request.past:
            moments = [one for one in moments or () if all(map(past.has, one))]
        return replace(prompt, moments=tuple(moments or ()))

    async def _facts(
        self, request: ReplyRequest, config: Config
    ) -> tuple[ToldFact, ...]:
        """Return what the member who is answered told of themselves, to all here."""
        if not request.asker or request.is_private:
            return ()
        guild, channel, visible = request.guild, request.channel, request.visible
        run, name = self._database.run, request.speaker
        known = await run(facts.sayable, guild, request.asker, channel, visible)
        return tuple(
            ToldFact(one.kind, sentence(name, one.kind, one.value), one.messages)
            for one in known
            if not config.speak.forbids(one.value)
        )


def _visible(request: ReplyRequest) -> frozenset[int] | None:
    """Return channels whose moments every reader may see."""
    if request.is_private:
        return None
    if request.visible is not None:
        return request.visible
    return frozenset() if request.channel is None else frozenset({request.channel})
