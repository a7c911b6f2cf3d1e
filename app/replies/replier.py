"""Makes replies: context, recall, drafts, ladder, and the row that explains each."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from random import Random
from typing import Protocol

from app.chat import reply_time
from app.chat.best_of_n import BestOf, Refuse
from app.chat.circuit_breaker import Clock
from app.chat.ladder import Answer, Ladder, OnPiece, Rung
from app.chat.prompt_settings import choose_mode
from app.core.names import GuildId
from app.core.never_said import holding_back
from app.modelfiles.catalogue import ECHO
from app.providers.base import Prompt, Provider
from app.replies import unsaid
from app.replies.cloud_examples import Illustrator, Remembers
from app.replies.conversation_context import ConversationContext
from app.replies.guild_habits import StaleLines
from app.replies.ladder_builder import LadderBuilder
from app.replies.mode_choice import ModeChoice
from app.replies.plan import ReplyPlan, as_member, as_role, in_time
from app.replies.prompt_maker import LoreSource, PromptMaker
from app.replies.request import MadeReply, ReplyRequest, Stages
from app.replies.viewer import PictureMaker, Viewer
from app.settings.effective import Settings
from app.settings.host_gate import Gate
from app.settings.host_names import LOCAL
from app.store import members, replies
from app.store.database import Database
from app.store.reply import outcomes
from app.voice.voice import Voice

TRIES = 6
"""The most times a reply is made while messages it drew on are being forgotten."""

DRAFT_SHARE = 0.2
"""The share of the deadline after which there is no time for drafts."""

PICTURES = "pictures"
"""The stage in which pictures are read."""


class VoiceSource(Protocol):
    """A source of guilds' voices."""

    async def voice(self, guild: GuildId) -> Voice: ...


class Replier:
    """Makes every reply."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        rungs: LadderBuilder,
        voices: VoiceSource,
        rng: Random,
        memory: Remembers | None = None,
        clock: Clock = time.perf_counter,
        lore: LoreSource | None = None,
        pictures: PictureMaker | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._gate = Gate(settings)
        self._rungs = rungs
        self._voices = voices
        self._rng = rng
        self._memory = memory
        self._clock = clock
        self._prompts = PromptMaker(database, rng, clock, memory, lore)
        self._illustrator = Illustrator(database, rng, memory)
        self._choosing = ModeChoice(database, rng)
        self._stale = StaleLines(database, rng, clock)
        self._ends = reply_time.EndTime(clock)
        self.on_end: Callable[[str, MadeReply | None], None] = lambda state, made: None
        """Hears the state of each reply at its end, with what was made."""
        self._viewer = Viewer(self._gate, rungs, pictures) if pictures else None

    @property
    def waiting(self) -> int:
        """The requests that wait for their turn at the cloud."""
        return self._rungs.waiting

    async def prepare(self, guild: GuildId) -> None:
        """Find out which languages a guild speaks, which takes a second."""
        await self._prompts.prepare(guild, await self._voices.voice(guild))

    async def reply(
        self, request: ReplyRequest, on_piece: OnPiece = lambda piece: None
    ) -> MadeReply | None:
        """Make a reply; None when its trigger has one already, or as in `fulfil`.

        Args:
            on_piece: Receives the text as it is written; None withdraws it.
        """
        reply, began = None, self._clock()
        if request.trigger is not None or request.mode != "markov":
            reply = await self._database.run(
                replies.claim,
                request.guild,
                request.channel,
                request.reason,
                request.trigger,
            )
            if reply is None:
                return None
        if request.arrived is None:
            request = replace(request, arrived=began)
        return await self.fulfil(reply, request, on_piece, began)

    async def fulfil(
        self,
        reply: int | None,
        request: ReplyRequest,
        on_piece: OnPiece = lambda piece: None,
        began: float | None = None,
    ) -> MadeReply | None:
        """Write a reply whose row is claimed, or with None made when it is written.

        None if its trigger was forgotten meanwhile, or what it drew on time and again.

        Args:
            began: The beginning of the work on it; None means now.
        """
        made = await self._fulfil(
            reply, request, on_piece, self._clock() if began is None else began
        )
        self.on_end(made.state if made else "forgotten", made)
        return made

    async def _fulfil(
        self, reply: int | None, request: ReplyRequest, on_piece: OnPiece, began: float
    ) -> MadeReply | None:
        if reply is not None and request.like:
            begin = members.begin_imitation
            if not await self._database.run(begin, reply, request.like.author):
                await self._database.run(outcomes.set_state, reply, "forgotten")
                return None
        for attempt in range(TRIES):
            if attempt == TRIES // 2:
                # Where much is edited, only the chain is quick enough.
                request = replace(request, mode="markov")
            made, is_cut = None, False
            stages = Stages(self._clock, request.arrived, began)
            try:
                with self._memory.quiet() if self._memory else nullcontext():
                    made = await self._make(reply, request, on_piece, stages)
            except asyncio.CancelledError:
                is_cut = True
                raise
            finally:
                if made is None and not is_cut:
                    self.on_end("failed", None)
                if made is None and reply is not None:
                    await self._note_end(reply, request, is_cut)
            if (kept := await self._keep(made)) is not None:
                self._stale.note(request.guild, made.said)
                self._ends.note(stages.since_models(made.answer))
                return kept
            if reply and await self._database.run(replies.is_forgotten, reply):
                return None
            on_piece(None)  # It is made again, without what was forgotten.
        if reply is not None:
            await self._database.run(outcomes.set_state, reply, "forgotten")
        return None

    async def _note_end(self, reply: int, request: ReplyRequest, is_cut: bool) -> None:
        """Note why a reply was not made.

        Args:
            is_cut: It was cancelled; the next session answers a trigger.
        """
        if not is_cut:
            await self._database.run(outcomes.note_failed, reply)
        elif request.trigger is None:
            await self._database.run(outcomes.set_state, reply, "failed")

    async def _make(
        self,
        reply: int | None,
        request: ReplyRequest,
        on_piece: OnPiece,
        stages: Stages,
    ) -> MadeReply:
        plan = await self._plan(reply, request)
        if request.is_unheard:
            plan = replace(plan, names=[])
        gathered = await self._prompts.gather(plan.request)
        stages.end("context")
        plan, gathered, unseen = await self._seen(plan, gathered, stages)
        limit = self._time_limit_ms(plan, len(gathered.last.pictures), stages)
        deadline = reply_time.left_of(request.max_ms or limit, stages.waited)
        plan = in_time(plan, stages.worked, deadline)
        prompt = await self._prompts.fill(reply, plan, gathered, unseen, stages)
        await self._rungs.read_keys(plan.names)
        refused = await self._refused(prompt, plan.names)
        prompt = await self._illustrate(prompt, plan, refused, deadline, stages)
        is_echo = self._rungs.model_of("local", plan.config) == ECHO
        prompt = await unsaid.with_unsaid(
            prompt, gathered.turns, plan.voice, self._stale, is_echo=is_echo
        )
        reserve = self._ends.reserve_ms(deadline)
        stages.models_until = deadline - reserve
        ladder = self._ladder(plan, prompt, gathered, refused, on_piece, reserve)
        answer = await _climb(ladder, prompt, deadline, stages)
        answer = replace(answer, rungs=(*plan.skipped, *answer.rungs))
        silence = await self._silence(answer) if request.is_choosy else ""
        # The chain reads no turns, though a model was to read some.
        is_read = bool(plan.names) and answer.provider != "markov"
        return MadeReply(
            reply or 0,
            plan.request,
            plan.mode,
            prompt.dial,
            self._rungs.model_of(answer.provider, plan.config),
            answer,
            len(gathered) - len(answer.prompt.turns) if is_read else 0,
            stages.timings,
            plan.drawn.why if plan.drawn else "",
            str(plan.drawn.arm) if plan.drawn and plan.drawn.is_turn else "",
            silence=silence,
        )

    async def _seen(
        self, plan: ReplyPlan, gathered: ConversationContext, stages: Stages
    ) -> tuple[ReplyPlan, ConversationContext, str]:
        """Look at the pictures of the call; return why that is not possible, too."""
        if not (self._viewer and plan.request.pictures):
            return plan, gathered, ""
        view = await self._viewer.look(plan.request, plan.config, plan.names)
        if view.pictures:
            stages.end(PICTURES)
        plan = replace(plan, names=view.names, skipped=view.skipped)
        last = replace(gathered.last, pictures=view.pictures)
        return plan, replace(gathered, last=last), view.unseen

    def _time_limit_ms(self, plan: ReplyPlan, pictures: int, stages: Stages) -> float:
        """Return the time for a reply; what was spent on its pictures comes on top."""
        limit = self._rungs.time_limit_ms(plan.mode, plan.config, plan.names, pictures)
        return limit + stages.timings.get(PICTURES, 0.0)

    async def _plan(self, reply: int | None, request: ReplyRequest) -> ReplyPlan:
        """Choose mode and models, by the settings in effect."""
        config = await self._settings.of(
            request.guild, request.root or request.channel or 0
        )
        voice = await self._voices.voice(request.guild)
        if request.role:
            config = as_role(config, request.role)
        if request.like:
            request = as_member(request, config)
        drawn = await self._choosing.draw(reply, request, config, voice.messages)
        if drawn:
            request = replace(request, mode=drawn.arm.mode, dial=drawn.arm.dial)
        wanted = request.mode or config.reply.mode
        mode = choose_mode(wanted, learned=voice.messages, seed=request.seed)
        order = self._rungs.order
        names = order(config, request.provider, is_free=request.is_free)
        if request.like:
            # They agreed to be imitated here, and to nothing elsewhere.
            names = [name for name in names if name == LOCAL]
        return ReplyPlan(
            request, config, voice, mode, names if mode != "markov" else [], drawn
        )

    async def _illustrate(
        self,
        prompt: Prompt,
        plan: ReplyPlan,
        refused: Mapping[str, str | None],
        deadline: float,
        stages: Stages,
    ) -> Prompt:
        """Add examples and drafts, if a host may have them and there is time."""
        is_early = stages.worked < deadline * DRAFT_SHARE
        is_allowed = any(reason is None for reason in refused.values())
        if not (is_allowed and plan.mode == "hybrid" and is_early):
            return prompt
        prompt = await self._illustrator.illustrate(prompt, plan.config, plan.voice)
        stages.end("drafts")
        return prompt

    def _ladder(
        self,
        plan: ReplyPlan,
        prompt: Prompt,
        gathered: ConversationContext,
        refused: Mapping[str, str | None],
        on_piece: OnPiece,
        reserve: float,
    ) -> Ladder:
        request, guard = plan.request, unsaid.guard(plan.voice, prompt)
        rungs = self._rungs.build(
            plan.names, request.guild, plan.config, gathered, refused
        )
        if plan.mode == "hybrid":
            rungs = self._at_best(rungs, plan, guard)
        # What may not be said after all is not shown while it is written.
        is_secret = request.is_choosy or bool(prompt.hidden) or request.like is not None
        shows = _nobody if is_secret else holding_back(on_piece, prompt.never)
        return Ladder(rungs, self._clock, guard, shows, request.halt, reserve)

    async def _silence(self, answer: Answer) -> str:
        """Return why a line that nobody asked for is not said; empty if it is."""
        text, turns = answer.finished.text, answer.prompt.turns
        return await self._illustrator.misfit(text, turns)

    async def _refused(
        self, prompt: Prompt, names: Sequence[str]
    ) -> dict[str, str | None]:
        """Return for each host why it may not have this prompt, or None.

        That is before more is put into it; the provider asks the same of what it sends.
        """
        return {
            name: await self._gate.refuses(address, "replies", prompt.guilds)
            for name, address in self._rungs.addresses(names).items()
        }

    def _at_best(
        self,
        rungs: Sequence[Rung],
        plan: ReplyPlan,
        guard: Refuse,
    ) -> list[Rung]:
        """Return the same rungs, with several lines to choose from by the model here.

        A reply that streams has one, and so has one of a slow model, of which a part
        counts when the time is up.
        """
        is_slow = not reply_time.has_time_for_tries(self._rungs.speed)
        settings = plan.config.reply
        if settings.candidates <= 1 or settings.stream or is_slow:
            return [*rungs]
        count = max(1, settings.candidates - plan.request.waiting)
        return [
            replace(rung, provider=self._best_of(rung.provider, count, guard))
            if rung.provider.name == "local"
            else rung
            for rung in rungs
        ]

    def _best_of(self, provider: Provider, count: int, guard: Refuse) -> BestOf:
        judge, crowd = self._illustrator.judge, self._rungs.local_replies
        return BestOf(provider, count, judge, guard, self._clock, crowd)

    async def _keep(self, made: MadeReply) -> MadeReply | None:
        """Fill in or make the row of the reply, unless it may not be kept."""
        fields, sources = made.fields, made.sources
        if made.reply:
            finish, is_said = replies.finish, not made.request.is_private
            files = await self._database.run(
                finish,
                made.reply,
                fields,
                sources,
                is_said=is_said,
                overheard=made.overheard,
            )
            return None if files is None else replace(made, files=tuple(files))
        asked = made.request
        fields |= {"channel": asked.channel, "reason": asked.reason}
        if asked.like:
            fields |= {"imitates": asked.like.author}
        reply = await self._database.run(
            replies.add, asked.guild, fields, sources, overheard=made.overheard
        )
        return None if reply is None else replace(made, reply=reply)


def _nobody(piece: str | None) -> None:
    """Show a piece of text to nobody."""


async def _climb(
    ladder: Ladder, prompt: Prompt, deadline_ms: float, stages: Stages
) -> Answer:
    """Return the ladder's answer within what is left of the time for the reply."""
    before = stages.total
    answer = await ladder.answer(prompt, deadline_ms - stages.worked)
    stages.end("ladder")
    stages.timings["first_token"] = before + answer.first_token_ms
    stages.timings["total"] = stages.total
    return answer
