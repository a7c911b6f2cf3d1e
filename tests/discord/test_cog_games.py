"""Games with what a server said."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence

import pytest
from PIL import Image

from app.core.names import GuildId
from app.core.time_units import DAY_MS
from app.discord.actions import guess_round
from app.discord.pictures import year_picture
from app.discord.pictures.origin_picture import WIDTH, draw
from app.ipc import control
from app.providers.base import Completion, Prompt
from app.providers.local.provider import LocalProvider
from app.service.service import Service
from app.service.words.guild_year import GuildYear
from app.service.words.phrase_origin import PhraseOrigin
from app.store import comparisons, guilds
from app.store.rows import StoredMessage
from app.store.stats import Liked
from tests.discord.conftest import Running
from tests.discord.real_host import LINES, eventually, taught, until_stored
from tests.discord.scene import Scene
from tests.discord.test_controller import NOBODY
from tests.discord_stand_in.server import DiscordStandIn

DAY = DAY_MS / 1000


async def test_origin_shows_the_first_who_may_be_told_with_a_link_and_a_picture(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, side, ann, ben, mod = (
        scene.general, scene.side, scene.ann, scene.ben, scene.mod,
    )  # fmt: skip
    side.for_moderators = True
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        for channel in (general, side):
            await stand_in.command(channel, mod, "listen add", channel=channel)
        await stand_in.say(side, mod, "the Kraken sleeps", age_seconds=90 * DAY)
        opted = await stand_in.say(general, ben, "kraken!", age_seconds=80 * DAY)
        first = await stand_in.say(general, ann, "a kraken", age_seconds=70 * DAY)
        await stand_in.say(general, ann, "krakens are not it", age_seconds=75 * DAY)
        await stand_in.say(general, mod, "KRAKEN again")
        await until_stored(service, 5)
        early = await stand_in.command(general, ann, "origin", phrase="kraken")
        await stand_in.command(general, ben, "privacy opt-out")
        shown = await stand_in.command(general, ann, "origin", phrase=" Kraken ")
        inside = await stand_in.command(side, mod, "origin", phrase="kraken sleeps")
        outside = await stand_in.command(general, mod, "origin", phrase="kraken sleeps")
        await stand_in.command(
            general, mod, "config set", key="games.origin", value="false"
        )
        off = await stand_in.command(general, ann, "origin", phrase="kraken")
    assert "Ben" in early.text and str(opted) in early.text
    link = f"https://discord.com/channels/{scene.guild.id}/{general.id}/{first}"
    assert "Ann" in shown.text and link in shown.text and "2 messages" in shown.text
    assert "Ben" not in shown.text and "sleeps" not in shown.text
    (part,) = shown.parts
    assert part.files == ["origin.png"]
    assert Image.open(io.BytesIO(part.file_bodies[0])).width == WIDTH
    assert "Mod" in inside.text and "Nobody has said it since" in inside.text
    assert "know no message" in outside.text and not outside.parts[0].files
    assert "games.origin" in off.text


async def test_origin_tells_nothing_of_words_that_are_never_said(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.command(
            scene.general, scene.mod, "listen add", channel=scene.general
        )
        await stand_in.say(scene.general, scene.ann, "the frak of it")
        await until_stored(service, 1)
        await service.context.settings.change("speak.never_say", "frak")
        told = await stand_in.command(
            scene.general, scene.ann, "origin", phrase="the frak"
        )
        ping = await stand_in.command(
            scene.general, scene.ann, "origin", phrase="@everyone"
        )
    assert "never say" in told.text and "never say" in ping.text


@pytest.mark.parametrize("phrase", ["kraken", "クラーケン", "\u202e\ud83d", "x" * 100])
@pytest.mark.parametrize("count", [1, 24, 300])
def test_a_picture_is_drawn_whatever_was_said(phrase: str, count: int) -> None:
    first = StoredMessage(
        1, GuildId(1), 1, "general", 1, "a", "Ann", False, "5", 0, phrase, None, None
    )
    times = tuple((f"{2000 + n}", n * n) for n in range(count))
    origin = PhraseOrigin(
        phrase, first, None, count, True, 1, times, ((phrase, count),) * 5
    )
    image = Image.open(io.BytesIO(draw(origin)))
    image.load()
    assert image.format == "PNG" and image.width == WIDTH


GAMES = 6
FUSED = "gulls stole the whole market"


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model here that always writes the same line."""

    async def write(
        self: LocalProvider, prompt: Prompt
    ) -> AsyncIterator[str | Completion]:
        yield Completion(FUSED)

    monkeypatch.setattr(LocalProvider, "write", write)
    monkeypatch.setattr(LocalProvider, "unavailable", lambda self, prompt: None)


def lines_of(text: str) -> list[str]:
    """The lines of a game that is shown, in order."""
    shown = [line for line in text.splitlines() if line.startswith("**")]
    told = [line.partition("** ")[2] for line in shown if line[2].isdigit()]
    return [line.partition(" — *")[0] for line in told]


async def test_members_guess_and_the_answer_comes_when_the_time_is_up(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    model: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guess_round, "SECONDS", 1.5)
    general, ann, ben, mod = scene.general, scene.ann, scene.ben, scene.mod
    run = service.context.database.run
    async with taught(running, stand_in, service, scene):
        shown = await stand_in.command(general, ann, "whosaid")
        lines = lines_of(shown.text)
        again = await stand_in.command(general, ben, "whosaid")
        real = next(at for at, line in enumerate(lines) if line in LINES)
        fused = lines.index(FUSED)
        right = await stand_in.press(shown, ann, f"whosaid-{real}")
        wrong = await stand_in.press(shown, ben, f"whosaid-{fused}")
        twice = await stand_in.press(shown, ben, f"whosaid-{real}")
        message = shown.parts[0].message_id
        await stand_in.wait_for(
            lambda: "found it" in general.messages[message]["content"]
        )
        told = general.messages[message]
        late = await stand_in.press(shown, mod, f"whosaid-{real}")
        await service.context.settings.change("games.whosaid", "false")
        off = await stand_in.command(general, ann, "whosaid")
        guild = (await run(guilds.every))[0].id
        chosen = await run(comparisons.of, guild)
        found = await service.call(NOBODY, control.BlindResults("Harbour"))
    assert len(lines) == 3 and [one["label"] for one in shown.components] == [
        "1",
        "2",
        "3",
    ]
    assert "One game at a time" in again.text and again.ephemeral
    assert right.ephemeral and f"You say {real + 1}" in right.text
    assert wrong.ephemeral and f"You say {fused + 1}" in wrong.text
    assert f"guessed {fused + 1} already" in twice.text
    assert told["content"].startswith(f"**Who said it?** **{real + 1}** is by ")
    assert (
        f"https://discord.com/channels/{scene.guild.id}/{general.id}/"
        in told["content"]
    )
    assert f"{FUSED} — *voice and model together*" in told["content"]
    assert "1 of 2 members found it" in told["content"] and not told["components"]
    assert "game is over" in late.text and "games.whosaid" in off.text
    assert sorted(one.won for one in chosen) == [0, 2]
    assert {one.arm: (one.won, one.of) for one in found.blind} == {
        "markov": (0.5, 2),
        "hybrid at voice 50": (1.5, 2),
    }


async def test_a_game_without_a_model_has_two_lines_and_only_of_those_who_may_be_told(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guess_round, "SECONDS", 0.1)
    general, side, ann, ben, mod = (
        scene.general, scene.side, scene.ann, scene.ben, scene.mod,
    )  # fmt: skip
    side.for_moderators = True
    async with taught(running, stand_in, service, scene):
        await stand_in.command(side, mod, "listen add", channel=side)
        for number in range(5):
            await stand_in.say(side, mod, f"the secret treasury holds {number} coins")
        await until_stored(service, len(LINES) + 5)
        await stand_in.command(general, ben, "privacy opt-out")
        await service.context.settings.change("speak.never_say", "harbour")
        games = []
        for _ in range(GAMES):
            games.append(await stand_in.command(general, ann, "whosaid"))
            await asyncio.sleep(0.3)
    told = [lines_of(game.text) for game in games]
    assert told and all(len(lines) == 2 for lines in told)
    said_by_ann = [line for line in LINES[::2] if "harbour" not in line]
    assert all(set(lines) & set(said_by_ann) for lines in told)
    assert not any("treasury" in game.text for game in games)
    shown = [general.messages[game.parts[0].message_id] for game in games]
    assert not any("Ben" in message["content"] for message in shown)


async def test_a_game_whose_line_is_forgotten_is_not_told(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    model: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guess_round, "SECONDS", 2.0)
    general = scene.general
    async with taught(running, stand_in, service, scene):
        shown = await stand_in.command(general, scene.ann, "whosaid")
        for person in (scene.ann, scene.ben):
            await stand_in.command(general, person, "privacy opt-out")
        message = shown.parts[0].message_id
        await stand_in.wait_for(
            lambda: "I forgot" in general.messages[message]["content"]
        )
    assert not any(line in general.messages[message]["content"] for line in LINES)


async def test_answers_that_quote_a_member_are_taken_back_when_the_member_forgets(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guess_round, "SECONDS", 0.1)
    general, ann, ben = scene.general, scene.ann, scene.ben
    withdrawn: set[tuple[str, str]] = set()

    async def note(guild: GuildId, sent: Sequence[tuple[str, str]]) -> None:
        withdrawn.update(sent)

    service.context.forgetter.on_withdrawn = note
    async with taught(running, stand_in, service, scene):
        of_ann = await stand_in.command(general, ben, "origin", phrase="harbour")
        game = await stand_in.command(general, ben, "whosaid")
        for person in (ann, ben):
            await stand_in.command(general, person, "privacy forget")
    shown = [str(one.parts[0].message_id) for one in (of_ann, game)]
    assert "Ann" in of_ann.text
    assert {(str(general.id), one) for one in shown} <= withdrawn


async def test_with_too_little_learned_no_game_begins(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        none = await stand_in.command(scene.general, scene.ann, "whosaid")
        empty = await stand_in.command(scene.general, scene.ann, "wrapped")
    assert "too few lines" in none.text and "learned nothing" in empty.text


async def test_wrapped_shows_the_year_of_what_may_be_told_as_two_pictures(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, side, ann, ben, mod = (
        scene.general, scene.side, scene.ann, scene.ben, scene.mod,
    )  # fmt: skip
    side.for_moderators = True
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        for channel in (general, side):
            await stand_in.command(channel, mod, "listen add", channel=channel)
        for number in range(9):
            await stand_in.say(
                general, (ann, ben)[number % 2], "the kraken took a boat"
            )
            await stand_in.say(side, mod, "the treasury is empty again")
        await stand_in.say(general, ann, "a kraken of old", age_seconds=500 * DAY)
        await until_stored(service, 19)
        await stand_in.command(general, ben, "privacy opt-out")
        await stand_in.say(general, ann, f"{stand_in.bot.mention} kraken?")
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
        own = stand_in.outbox.sent()[0]
        await stand_in.react(general, ann, own.message_id, "👍")

        async def is_liked() -> bool:
            year = await stand_in.command(general, ann, "wrapped")
            return "liked most" in year.text

        await eventually(is_liked)
        shown = await stand_in.command(general, ann, "wrapped")
        inside = await stand_in.command(side, mod, "wrapped")
        past = await stand_in.command(general, ann, "wrapped", year=2016)
        await service.context.settings.change("games.wrapped", "false")
        off = await stand_in.command(general, ann, "wrapped")
    (part,) = shown.parts
    assert part.files == ["times.png", "words.png"]
    sizes = [Image.open(io.BytesIO(body)).width for body in part.file_bodies]
    assert sizes == [year_picture.WIDTH] * 2
    words = [one["description"] for one in part.payload["attachments"]]
    assert words[0] in part.text and words[1] in part.text
    assert "6 messages by 1 member" in part.text and "I replied 1 time." in part.text
    assert " kraken (" in part.text and "1 general (6)" in part.text
    assert f"(+1): {own.text}" in part.text
    assert "treasury" not in part.text and "treasury" in inside.text
    assert "learned nothing" in past.text and "games.wrapped" in off.text


async def test_a_year_with_a_liked_line_is_taken_back_when_what_it_drew_on_goes(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, ann, ben = scene.general, scene.ann, scene.ben
    withdrawn: set[tuple[str, str]] = set()

    async def note(guild: GuildId, sent: Sequence[tuple[str, str]]) -> None:
        withdrawn.update(sent)

    service.context.forgetter.on_withdrawn = note
    async with taught(running, stand_in, service, scene):
        await stand_in.say(general, ann, f"{stand_in.bot.mention} harbour?")
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
        own = stand_in.outbox.sent()[0]
        await stand_in.react(general, ann, own.message_id, "👍")
        shown = []

        async def is_liked() -> bool:
            shown.append(await stand_in.command(general, ben, "wrapped"))
            return own.text in shown[-1].text

        await eventually(is_liked)
        for person in (ann, ben):
            await stand_in.command(general, person, "privacy forget")
    told = shown[-1].parts[0].message_id
    assert (str(general.id), str(told)) in withdrawn


@pytest.mark.parametrize("name", ["kraken", "クラーケン", "\ud83d", "x" * 400, ""])
@pytest.mark.parametrize("count", [0, 1, 8])
def test_a_year_is_drawn_whatever_was_said(name: str, count: int) -> None:
    months = tuple((f"2025-{n:02}", n * n) for n in range(1, 13))
    rows = tuple((name, 10 + n) for n in range(count))
    best = Liked(name * 9, 3, 1) if count else None
    year = GuildYear(
        "2025", 1000, 9, rows[:5], months[: count + 1], tuple(range(24)), rows, 7, best
    )
    for data in (year_picture.draw_times(year, name), year_picture.draw_words(year)):
        image = Image.open(io.BytesIO(data))
        image.load()
        assert image.format == "PNG" and image.width == year_picture.WIDTH
