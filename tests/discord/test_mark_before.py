"""The slash command talks as before a day, on a real home."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.time_units import start_of
from app.importers.records import Record
from app.service.service import Service
from app.store import guilds
from tests.discord.conftest import Running
from tests.discord.real_host import LINES, taught
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn

OLD = [f"olol{n} sails and olol{n % 3} rows the old barge{n % 2}" for n in range(20)]


async def test_it_says_only_words_of_then(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        (guild,) = await service.context.database.run(guilds.every)
        ts, channel = start_of("2021-05-01"), str(scene.general.id)
        records = [
            Record("7", "ann", text, f"77{n}", ts + n, None, "general", channel)
            for n, text in enumerate(OLD)
        ]
        await service.context.voices.hear(guild.id, records)
        for _ in range(5):
            shown = await stand_in.command(
                scene.general, scene.ann, "mark", before="2021-06-30", seed="the tide"
            )
            known = {word for line in OLD for word in line.split()}
            assert set(shown.texts[0].split()) <= known
        tomorrow = datetime.now(UTC) + timedelta(days=2)
        shown = await stand_in.command(
            scene.general, scene.ann, "mark", before=f"{tomorrow:%Y-%m-%d}",
            seed="the tide",
        )  # fmt: skip
        assert shown.texts[0].startswith("the tide")
        assert shown.texts[0] not in LINES


@pytest.mark.parametrize(
    ("day", "why"), [("in May", "is not a day"), ("1999-01-01", "Nothing is learned")]
)
async def test_a_day_that_cannot_be_is_told(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    day: str,
    why: str,
) -> None:
    async with taught(running, stand_in, service, scene):
        shown = await stand_in.command(scene.general, scene.ann, "mark", before=day)
        assert why in shown.texts[0]
