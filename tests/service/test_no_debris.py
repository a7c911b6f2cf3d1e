"""What nobody would say again is learned by no voice, live or from files."""

import re
from random import Random

import pytest

from app.core.paths import Home
from app.importers.records import Record
from app.ipc.control import Say
from app.service.service import open_service
from app.settings.config_file import save
from app.store import voice_changes
from app.store.guilds import ensure
from tests.service.test_opinions import NOBODY

SHOWS = ("the captain", "old marta", "the twin", "the butler")
ENDS = ("i cried", "what a season", "lol", "my jaw dropped")
MARKED = (
    "omg ||{0} marries a duke|| {1}",
    "try this ```\ngit push --force\n``` {0} {1}",
    "**really {1}** and (honestly {0})",
    "[the wiki](https://a.example/c) says {0} was great, {1}",
    "> {0} was quoted\ni think {0} is great, {1}",
    "<:pepe:> {0} was great in that show, {1}",
    "so {0} https://cdn.discordapp.com/attachments/1/a.png?ex=6&hm=7 {1}",
)
DEBRIS = re.compile(
    r"duke|marries|git|push|force|quoted|cdn\.|a\.example|\]\(|```|\|\||<:pepe:>"
)


def texts() -> list[str]:
    rng = Random(3)
    return [
        MARKED[n % len(MARKED)].format(rng.choice(SHOWS), rng.choice(ENDS))
        for n in range(140)
    ]


@pytest.mark.parametrize("is_live", [True, False])
async def test_no_reply_has_debris_or_a_mark_alone(home: Home, is_live: bool) -> None:
    save(home.config_file, "reply.mode", "markov")
    async with open_service(home, Random(1)) as service:
        context = service.context
        guild = await context.database.run(ensure, "Show", None)
        records = [
            Record("7", "ann", text, str(at), at * 1000, None, "general", "5")
            for at, text in enumerate(texts(), 1)
        ]
        await context.voices.hear(guild.id, records)
        rows = await context.database.run(voice_changes.learnable_page, guild.id)
        assert len(rows) == len(records)
        assert not [text for _, text, _ in rows if DEBRIS.search(text)]
        if not is_live:
            await context.voices.rebuild(guild.id)
        said = [
            await service.call(NOBODY, Say("Show", "what a show")) for _ in range(60)
        ]
    assert not [one.text for one in said if DEBRIS.search(one.text)]
    assert not [one.text for one in said if one.text.count("**") % 2]
