"""A guild's week: its words, its teachers, and the picture of it."""

import io

import pytest
from PIL import Image

from app.discord.pictures.week_picture import HEIGHT, WIDTH, draw
from app.service.service import Service
from app.service.weekly_stats import GuildWeek, words_of_the_week
from app.store.stats import Taught
from tests.discord.conftest import Running
from tests.discord.real_host import until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn

OLD = ["the tide is low today", "the boats are in the harbour", "the cat took a fish"]
NEW = ["a kraken took the boat", "the kraken is in the harbour", "kraken kraken kraken"]
DAY = 86_400.0


def test_a_word_of_the_week_is_said_more_than_before() -> None:
    found = words_of_the_week(NEW * 4, OLD * 40, 5)
    assert found[0] == ("kraken", 12)
    assert "the" not in dict(found) and "harbour" not in dict(found)


def test_a_message_full_of_one_word_makes_no_word_of_the_week() -> None:
    assert words_of_the_week(["spam " * 500], OLD * 40, 5) == []


def test_without_a_past_nothing_tells_the_week_from_it() -> None:
    assert words_of_the_week(NEW * 4, [], 5) == []
    assert words_of_the_week([], OLD, 5) == []


def week(names: list[str]) -> GuildWeek:
    rows = tuple(Taught(name, 10 + number) for number, name in enumerate(names))
    return GuildWeek(rows, rows, (3, 0, 12, 1, 0, 7, 40), 30, 5, 2, 812.0)


@pytest.mark.parametrize(
    "names",
    [
        ["kraken", "tide", "gulls"],
        ["クラーケン", "潮", "🐙🐙", "👨‍👩‍👧", "מים", "ação"],
        ["x" * 300, "\u202e\u0000\ud83d", "", "   ", "\n\n"],
        [],
    ],
)
def test_a_picture_is_drawn_whatever_people_are_called(names: list[str]) -> None:
    image = Image.open(io.BytesIO(draw(week(names), "".join(names) or "Harbour")))
    image.load()
    assert image.format == "PNG" and image.size == (WIDTH, HEIGHT)
    colors = image.getcolors(WIDTH * HEIGHT)
    assert colors is not None and len(colors) > 10


async def test_stats_show_the_week_as_a_picture_with_words_for_those_who_cannot_see_it(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, side, ann, ben, mod = (
        scene.general, scene.side, scene.ann, scene.ben, scene.mod,
    )  # fmt: skip
    scene.side.for_moderators = True
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        empty = await stand_in.command(general, ann, "stats")
        for channel in (general, side):
            await stand_in.command(channel, mod, "listen add", channel=channel)
        for number in range(40):
            text = OLD[number % 3]
            await stand_in.say(general, ann, text, age_seconds=20 * DAY - number)
        for number in range(9):
            await stand_in.say(general, (ann, ben)[number % 2], NEW[number % 2])
            await stand_in.say(side, mod, "the treasury is empty")
        await until_stored(service, 58)
        await stand_in.command(general, ben, "privacy opt-out")
        shown = await stand_in.command(general, ann, "stats")
        inside = await stand_in.command(side, mod, "stats")
    assert "learned nothing" in empty.text and not empty.parts[0].files
    (part,) = shown.parts
    assert part.files == ["week.png"]
    image = Image.open(io.BytesIO(part.file_bodies[0]))
    assert image.size == (WIDTH, HEIGHT) and len(part.file_bodies[0]) < 200_000
    (told,) = part.payload["attachments"]
    assert told["description"] == part.text
    assert "kraken" in part.text and "Ann" in part.text
    assert "Ben" not in part.text and "treasury" not in part.text
    assert "treasury" in inside.text and "Mod" in inside.text
