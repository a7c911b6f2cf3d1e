"""Games with what a server said."""

import io

import pytest
from PIL import Image

from app.core.names import GuildId
from app.core.time_units import DAY_MS
from app.discord.pictures.origin_picture import WIDTH, draw
from app.service.service import Service
from app.service.words.phrase_origin import PhraseOrigin
from app.store.rows import StoredMessage
from tests.discord.conftest import Running
from tests.discord.real_host import until_stored
from tests.discord.scene import Scene
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
