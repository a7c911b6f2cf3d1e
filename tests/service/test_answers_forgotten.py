"""Answers to questions that are not stored go with whoever asked them."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from app.ipc import control
from app.service import opinions
from app.settings.config_file import save
from app.store import replies
from app.store.rows import StoredReply
from tests.service.forgetting_world import Said, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A home that listens to #general alone, and says questions again."""
    made = World(tmp_path, Random(1))
    save(made.home.config_file, "reply.hybrid_seconds", 20.0)
    await made.open()
    await made.switch_host("one.example")
    await made.listen(made.places[0], True)
    for author in made.people:
        await made.say(made.places[0], author)
    await made.agree(made.guilds[0])
    made.host.reply = lambda body: f"what do you mean by {made.asked} out there?"
    yield made
    await made.end()


async def asked_elsewhere(world: World) -> tuple[Said, StoredReply]:
    """Ask in a channel that is not listened to; the answer repeats the question."""
    place = next(one for one in world.places if one.channel_name == "elsewhere")
    await world.mention(place, world.people[0])
    (row,) = await world.context.database.run(replies.latest)
    said = next(one for one in world.said.values() if one.word in row.text)
    assert said.place == place
    return said, row


@pytest.mark.parametrize("how", ["ban", "opt out", "owner", "moderator", "member"])
async def test_an_answer_goes_with_what_its_asker_forgets(
    world: World, how: str
) -> None:
    _, row = await asked_elsewhere(world)
    await world.forget_person(world.guilds[0], world.people[0], how)
    await world.check()
    found = await world.context.database.run(replies.get, row.id)
    assert found is not None and (found.text, found.asker) == ("", "")


async def test_another_answer_goes_with_the_deleted_question(world: World) -> None:
    said, row = await asked_elsewhere(world)
    world.asked = said.word
    again = await world.ports.replies.again(row.id, said.author, 77, said.text)
    assert again is not None and said.word in " ".join(again.parts)
    await world.delete(said)
    await world.check()
    found = await world.context.database.run(replies.get, again.reply)
    assert found is not None and found.text == ""


async def test_an_answer_goes_with_the_words_that_its_question_had(
    world: World,
) -> None:
    said, row = await asked_elsewhere(world)
    before = said.text
    await world.ports.messages.edited(said.place.guild, said.id, before, is_edit=False)
    found = await world.context.database.run(replies.get, row.id)
    assert found is not None and found.text == row.text, "a preview is no edit"
    await world.edit(said)
    await world.check()
    found = await world.context.database.run(replies.get, row.id)
    assert found is not None and found.text == ""


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_answers_in_a_forgotten_channel_go_with_it(
    world: World, is_deleted: bool
) -> None:
    said, row = await asked_elsewhere(world)
    if is_deleted:
        await world.ports.guilds.channel_deleted(said.place.guild, said.place.channel)
    else:
        name = str(said.place.channel)
        await world.ask(control.Forget(str(said.place.guild), channel=name))
    assert said.state == "unknown"
    said.state = "gone"
    await world.check()
    found = await world.context.database.run(replies.get, row.id)
    assert found is not None and found.text == ""


async def test_old_words_of_a_draft_are_not_kept_once_it_was_forgotten(
    world: World,
) -> None:
    said, row = await asked_elsewhere(world)
    await world.forget_person(world.guilds[0], said.author, "member")
    # The owner reworded the draft, and the answer left while this was forgotten.
    rate = opinions.rate
    await rate(world.context, row.id, "owner", -1, "edited", row.text)
    await world.check()


async def test_what_others_asked_keeps_its_words(world: World) -> None:
    _, row = await asked_elsewhere(world)
    await world.ports.members.forget_author(world.guilds[0], 42)
    found = await world.context.database.run(replies.get, row.id)
    assert found is not None and found.text == row.text
