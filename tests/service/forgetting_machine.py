"""Everything that people and owners do, in any order, with checks after each step."""

import asyncio
import shutil
import tempfile
import traceback
from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from app.core.names import GuildId
from app.ipc import control
from tests.service import forgetting_outputs as outputs
from tests.service.forgetting_world import Said, World

T = TypeVar("T")

SOME = st.integers(0, 2**16)
"""Chooses one of however many there are."""

WAYS = st.sampled_from(["ban", "opt out", "owner", "moderator", "member"])


class Forgetting(RuleBasedStateMachine):
    """A home that hears, speaks, forgets and is killed."""

    @initialize(seed=SOME)
    def begin(self, seed: int) -> None:
        self.loop = asyncio.new_event_loop()
        self.root = Path(tempfile.mkdtemp(prefix="mynah-"))
        self.world = World(self.root, Random(seed))
        self.do(self.world.open())
        self.do(self.world.switch_host("one.example"))
        for place in self.world.places:
            if place.channel_name != "elsewhere":
                self.do(self.world.listen(place, True))
                for author in self.world.people:
                    self.do(self.world.say(place, author))
        self.do(self.world.agree(self.world.guilds[0]))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.do(self.world.end())
            self.loop.close()
            shutil.rmtree(self.root)

    def do(self, work: Awaitable[T]) -> T:
        async def done() -> T:
            return await work

        try:
            return self.loop.run_until_complete(done())
        except Exception:
            # Where a second try goes another way, hypothesis does not show the first.
            traceback.print_exc()
            raise

    def step(self, work: Awaitable[object]) -> None:
        self.do(work)
        self.do(self.world.check())

    def one(self, number: int) -> Said | None:
        """A message that is on Discord."""
        there = [one for one in self.world.said.values() if one.is_there]
        return there[number % len(there)] if there else None

    def place(self, number: int):
        return self.world.places[number % len(self.world.places)]

    def person(self, number: int) -> tuple[int, int]:
        guild = self.world.guilds[number % 2]
        return guild, self.world.people[number // 2 % len(self.world.people)]

    @rule(where=SOME, who=SOME, times=st.integers(1, 6))
    def people_talk(self, where: int, who: int, times: int) -> None:
        world = self.world
        for number in range(times):
            author = world.people[(who + number) % len(world.people)]
            self.do(world.say(self.place(where), author))
        self.do(world.check())

    @rule(where=SOME, who=SOME, times=st.integers(1, 3))
    def somebody_asks_the_bot(self, where: int, who: int, times: int) -> None:
        for number in range(times):
            author = self.world.people[(who + number) % len(self.world.people)]
            self.do(self.world.mention(self.place(where), author))
        self.do(self.world.check())

    @rule(who=SOME)
    def somebody_asks_in_a_direct_message(self, who: int) -> None:
        self.step(self.world.ask_directly(*self.person(who)))

    @rule(which=SOME)
    def a_message_is_edited(self, which: int) -> None:
        if said := self.one(which):
            self.step(self.world.edit(said))

    @rule(which=SOME)
    def a_message_is_deleted(self, which: int) -> None:
        if said := self.one(which):
            self.step(self.world.delete(said))

    @rule(which=SOME)
    def messages_are_deleted_together(self, which: int) -> None:
        if said := self.one(which):
            here = [
                one
                for one in self.world.said.values()
                if one.is_there and one.place == said.place
            ]
            self.step(self.world.delete(*here[: 1 + which % 4]))

    @rule(who=SOME, how=WAYS)
    def a_person_is_forgotten(self, who: int, how: str) -> None:
        self.step(self.world.forget_person(*self.person(who), how))

    @rule(who=SOME)
    def a_person_opts_in(self, who: int) -> None:
        self.step(self.world.opt_in(*self.person(who)))

    @rule(where=SOME)
    def a_channel_is_forgotten(self, where: int) -> None:
        if self.place(where).channel in self.world.listened:
            self.step(self.world.forget_channel(self.place(where)))

    @rule(where=SOME, on=st.booleans())
    def the_bot_listens(self, where: int, on: bool) -> None:
        self.step(self.world.listen(self.place(where), on))

    @rule(which=SOME)
    def everything_is_forgotten(self, which: int) -> None:
        if which % 3 == 0:
            self.step(self.world.forget_everything(self.world.guilds[which % 2]))

    @rule(which=SOME)
    def a_file_is_imported(self, which: int) -> None:
        self.step(self.world.import_all(self.world.guilds[which % 2]))

    @rule()
    def the_history_is_read_again(self) -> None:
        self.step(self.world.catch_up())

    @rule(which=SOME, on=st.booleans())
    def replies_become_drafts(self, which: int, on: bool) -> None:
        change = self.world.context.settings.change
        guild = self.row(which)
        if guild:
            self.step(change("reply.shadow", "on" if on else "off", guild))

    @rule()
    def the_owner_decides(self) -> None:
        self.step(self.world.decide())

    @rule(which=SOME, on=st.booleans())
    def a_server_is_locked(self, which: int, on: bool) -> None:
        if self.row(which):
            self.step(self.world.lock(self.world.guilds[which % 2], on))

    @rule(which=SOME)
    def the_owner_agrees_to_the_host(self, which: int) -> None:
        if self.row(which):
            self.step(self.world.agree(self.world.guilds[which % 2]))

    @rule(name=st.sampled_from(["one.example", "two.example"]))
    def the_owner_switches_hosts(self, name: str) -> None:
        self.step(self.world.switch_host(name))

    @rule(which=SOME)
    def the_owner_talks(self, which: int) -> None:
        if self.row(which):
            self.step(self.world.talk(self.world.guilds[which % 2]))

    @rule()
    def conversations_are_summed_up(self) -> None:
        self.step(self.world.sum_up())

    @rule()
    def the_memory_catches_up(self) -> None:
        self.step(self.world.remember())

    @rule(which=SOME)
    def a_snapshot_is_taken(self, which: int) -> None:
        if self.row(which):
            name = str(self.world.guilds[which % 2])
            self.step(self.world.ask(control.SnapshotTake(name, "kept")))

    @rule(which=SOME)
    def the_voice_is_rolled_back(self, which: int) -> None:
        if self.row(which):
            name = str(self.world.guilds[which % 2])
            found = self.do(self.world.ask(control.Snapshots(name)))
            if found.snapshots:
                kept = found.snapshots[which % len(found.snapshots)].name
                self.step(self.world.ask(control.SnapshotRestore(name, kept)))

    @rule(where=SOME, on=st.booleans())
    def a_channel_turns_private_or_public(self, where: int, on: bool) -> None:
        self.step(self.world.hide(where, on))

    @rule(who=SOME, on=st.booleans())
    def a_person_agrees_to_tuning(self, who: int, on: bool) -> None:
        self.step(self.world.allow_tuning(*self.person(who), on))

    @rule(who=SOME, on=st.booleans())
    def a_person_allows_imitations(self, who: int, on: bool) -> None:
        self.step(self.world.allow_voice(*self.person(who), on))

    @rule(where=SOME, who=SOME)
    def somebody_asks_for_an_imitation(self, where: int, who: int) -> None:
        place, world = self.place(where), self.world
        if place.channel in world.listened:
            self.step(world.imitate(place, world.people[who % len(world.people)]))

    @rule(which=SOME)
    def a_voice_is_built_in_the_words_of_a_model(self, which: int) -> None:
        if self.row(which):
            self.step(self.world.build_tokens(self.world.guilds[which % 2]))

    @rule(which=SOME, kind=st.sampled_from(outputs.KINDS))
    def words_are_handed_out(self, which: int, kind: str) -> None:
        world, guild = self.world, self.world.guilds[which % 2]
        if self.row(which):
            self.do(outputs.look_at_export(world, guild, kind))
            self.do(outputs.look_at_own_data(world, *self.person(which)))
            self.do(outputs.look_at_tuning(world, guild))
            self.do(outputs.look_at_report(world))

    @rule(which=SOME, killed=st.booleans())
    def a_file_takes_the_place_of_all(self, which: int, killed: bool) -> None:
        world, guild = self.world, self.world.guilds[which % 2]
        if which % 4 < 2 and killed:
            work = partial(outputs.replace_by_file, world, guild)
            self.step(world.kill_during(work))
        elif which % 4 < 2:
            self.step(outputs.replace_by_file(world, guild))

    @rule()
    def the_bot_restarts(self) -> None:
        self.step(self.world.restart())

    @rule(which=SOME, how=WAYS)
    def the_bot_is_killed_while_it_forgets(self, which: int, how: str) -> None:
        guild, author = self.person(which)
        world = self.world
        self.do(world.kill_during(lambda: world.forget_person(guild, author, how)))
        self.step(world.forget_person(guild, author, how))

    @rule(which=SOME)
    def the_bot_is_killed_while_it_hears(self, which: int) -> None:
        world = self.world
        author = world.people[which % len(world.people)]
        work = world.mention if which % 2 else world.say
        self.step(world.kill_during(lambda: work(self.place(which), author)))

    def row(self, which: int) -> GuildId:
        return self.do(self.world.row(self.world.guilds[which % 2]))
