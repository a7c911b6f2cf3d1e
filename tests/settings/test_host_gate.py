"""The gate looks at what is in a request, whoever asks."""

import re
from pathlib import Path

import pytest

from app.core.errors import NotAllowedError
from app.core.names import GuildId
from app.providers.base import Prompt, Turn
from app.settings.base_url import parse
from app.settings.effective import Settings
from app.settings.host_gate import Gate
from app.store import guilds
from app.store.database import Database

APP = Path(__file__).parents[2] / "app"
CLOUD = parse("https://api.openai.com/v1/")


@pytest.fixture
async def gate(home):
    """Guild 1 agreed, guild 2 is locked and agreed before, guild 3 said nothing."""
    with Database(home.database) as database:
        rows = [database.call(guilds.ensure, name).id for name in "abc"]
        assert rows == [1, 2, 3]
        settings = Settings(home, database)
        await settings.agree(GuildId(1), "replies")
        await settings.agree(GuildId(2), "replies")
        await settings.change("reply.local_only", "on", GuildId(2))
        yield Gate(settings)


def prompt(**parts) -> Prompt:
    turns = parts.pop("turns", (Turn("ann", "hi", guild=GuildId(1)),))
    return Prompt(GuildId(1), "1:1", "Mynah", turns, **parts)


async def test_what_one_server_said_passes_where_it_agreed(gate):
    assert (await gate.permit(CLOUD, "replies", prompt().guilds)).address is CLOUD


@pytest.mark.parametrize("guild", [2, 3, None, 0])
@pytest.mark.parametrize("part", ["turns", "moments", "lent"])
async def test_no_part_of_a_prompt_smuggles_words_of_another_server(gate, part, guild):
    strange = Turn("bob", "psst", guild=guild)
    parts = {
        "turns": (strange, Turn("ann", "hi", guild=GuildId(1))),
        "moments": ((strange,),),
        "lent": frozenset([guild]),
    }
    with pytest.raises(NotAllowedError):
        asked = prompt(**{part: parts[part]})
        await gate.permit(CLOUD, "replies", asked.guilds)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/v1/", "http://gpu.lan/v1/"])
async def test_the_lock_holds_for_the_cloud_alone(gate, url):
    address = parse(url, ["gpu.lan"])
    assert await gate.permit(address, "replies", [2, 3])
    assert await gate.permit(address, "tuning", [2, 3])


@pytest.mark.parametrize("other", ["tuning", "summaries"])
async def test_consent_to_replies_is_none_to_tuning_or_summaries(gate, other):
    with pytest.raises(NotAllowedError, match=f"for {other}"):
        await gate.permit(CLOUD, other, [1])


async def test_the_reason_tells_a_locked_server_from_one_that_was_not_asked(gate):
    assert "this server is locked" in (await gate.refuses(CLOUD, "replies", [2]) or "")
    mixed = await gate.refuses(CLOUD, "replies", [1, 2]) or ""
    assert mixed.startswith("a server whose words it holds is locked")
    unasked = await gate.refuses(CLOUD, "replies", [3]) or ""
    assert "agreed" in unasked and "api.openai.com" in unasked
    assert "mynah config set reply.provider openai" in unasked


async def test_the_refusals_of_many_servers_are_those_of_each(gate):
    near = parse("http://127.0.0.1:8080/v1/", [])
    for address in (CLOUD, near):
        refused = await gate.refusals(dict.fromkeys([1, 2, 3], address), "replies")
        assert {guild: refused.get(guild) for guild in (1, 2, 3)} == {
            guild: await gate.refuses(address, "replies", [guild])
            for guild in (1, 2, 3)
        }


def test_only_the_gate_makes_permits_and_no_client_is_made_without_one():
    sources = {path: path.read_text("utf-8") for path in APP.rglob("*.py")}
    makers = {
        path.name for path, text in sources.items() if re.search(r"\bPermit\(", text)
    }
    clients = {
        path.name
        for path, text in sources.items()
        if re.search(r"AsyncOpenAI\(|AsyncClient\(|OpenAI\(", text)
    }
    assert makers == {"host_gate.py"}
    assert clients == {"client.py"}
