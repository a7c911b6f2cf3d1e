"""The cloud as its owner sees it: consent, a reply, the bill, the lock."""

from random import Random

import pytest

from app.cli import usage
from app.core.errors import UsageError
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.service.service import open_service
from app.store import guilds
from tests.asking import ask
from tests.openai_stand_in import REPLY, StandIn


@pytest.fixture
async def bot(home: Home, stand_in: StandIn):
    """A service with one learned guild, that asks the stand-in when it may."""
    home.config_file.write_text(
        f'[openai]\nbase_url = "{stand_in.cloud_url}"\n'
        "[reply]\nllm_seconds = 20.0\n[memory]\nenabled = false\n",
        encoding="utf-8",
    )
    async with open_service(home, Random(1)) as service:
        row = await service.context.database.run(guilds.ensure, "den")
        lines = ["the cat sat", "the dog sat too", "a cat ate fish"]
        records = [
            Record("1", "ann", line, str(number), number, None, "c", "c1")
            for number, line in enumerate(lines)
        ]
        await service.context.voices.hear(row.id, records)
        yield service


def say(**options) -> control.Say:
    return control.Say("den", "anyone?", mode="llm", **options)


def switch(key: str, value: str, *, guild: str | None = "den", agreed: bool = False):
    return control.ConfigSet(key, value, guild, None, agreed)


TO_CLOUD = switch("reply.provider", "openai", agreed=True)


async def test_the_first_switch_says_what_leaves_and_asks(bot, stand_in):
    with pytest.raises(UsageError, match="leave this computer"):
        await ask(bot, switch("reply.provider", "openai"))
    assert (await ask(bot, say())).provider == "markov"
    assert not stand_in.served
    await ask(bot, TO_CLOUD)
    said = await ask(bot, say())
    assert (said.provider, said.text) == ("openai", REPLY)
    assert said.cost > 0


async def test_usage_tells_what_it_cost_and_what_left(bot, stand_in, capsys):
    await ask(bot, TO_CLOUD)
    for _ in range(2):
        await ask(bot, say())
    told = await ask(bot, control.UsageReport())
    (day,) = told.days
    assert (day.guild, day.model, day.calls) == ("den", "gpt-4o-mini", 2)
    served = stand_in.served
    assert day.bytes_sent == sum(one.bytes_received for one in served)
    assert day.prompt_tokens == sum(one.prompt_tokens for one in served)
    assert told.today == pytest.approx(day.cost)
    assert [one.host for one in told.sent] == ["cloud.example"] * 2
    assert all(one.reply for one in told.sent)
    usage.show(told)
    text = capsys.readouterr().out
    for words in (
        "Today",
        "By server",
        "den",
        "By model",
        "gpt-4o-mini",
        "cloud.example",
    ):
        assert words in text


async def test_a_used_up_budget_ends_the_cloud_and_not_the_talk(bot, stand_in):
    await ask(bot, TO_CLOUD)
    await ask(bot, say())
    await ask(bot, switch("openai.daily_budget", "0.000001", guild=None))
    said = await ask(bot, say())
    assert said.provider == "markov"
    assert "budget of the day for all is used up" in said.rungs[0].reason
    assert len(stand_in.served) == 1


async def test_a_locked_server_sends_nothing_whatever_is_asked(bot, stand_in):
    await ask(bot, TO_CLOUD)
    await ask(bot, switch("reply.local_only", "on"))
    said = await ask(bot, say(provider="openai"))
    assert said.provider == "markov"
    assert "locked to this computer" in said.rungs[0].reason
    assert not stand_in.served


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("key", "rejected the key"),
        ("quota", "no credit left"),
        ("model", "has no model gpt-4o-mini"),
        ("html", "an internal problem (502)"),
        ("malformed", "an unreadable answer"),
        ("rate_long", "asks Mynah to slow down"),
        ("redirect", "redirects to another address"),
        ("hang_up", "cannot be reached"),
    ],
)
async def test_every_failure_is_told_in_words(bot, stand_in, fault, words):
    stand_in.choose = lambda body: fault
    await ask(bot, TO_CLOUD)
    said = await ask(bot, say())
    assert said.provider == "markov"
    assert words in said.rungs[0].reason
    assert len(stand_in.served) <= 2


async def test_a_lasting_trouble_names_the_key_of_its_host_until_the_owner_acts(
    bot, stand_in
):
    stand_in.choose = lambda body: "key"
    await ask(bot, TO_CLOUD)
    await ask(bot, say())
    cloud = (await ask(bot, control.Status())).cloud
    assert cloud.state == "key"
    assert "config set server_key" in cloud.hint
    await ask(bot, say())
    assert len(stand_in.served) == 1
    stand_in.choose = lambda body: "fine"
    await ask(bot, control.SecretSet("server_key", "local-0123456789"))
    assert (await ask(bot, say())).provider == "openai"
    assert "local-0123456789" in str(stand_in.served[-1].headers)
