"""Where a model host is, and what may go there, as commands tell it."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from types import ModuleType, SimpleNamespace

import pytest

from app.cli import config as config_command
from app.cli import hosts as hosts_command
from app.cli import say as say_command
from app.cli import usage as usage_command
from app.core import secrets
from app.core.errors import AppError, NotAllowedError, UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.discord import texts
from app.importers.records import Record
from app.ipc import control
from app.ipc.wire import Request
from app.providers.base import Prompt, Turn
from app.providers.openai.tuning_jobs import CloudTuning, Order
from app.service.service import Service, open_service
from app.store import guilds
from tests.asking import ask
from tests.openai_stand_in import CLOUD, REPLY, StandIn, running


@pytest.fixture
async def bot(home: Home, stand_in: StandIn):
    """A service with one learned guild, whose host is wherever a test says."""
    home.config_file.write_text(
        f'[openai]\nbase_url = "{stand_in.cloud_url}"\n'
        "[reply]\nllm_seconds = 20.0\n[memory]\nenabled = false\n",
        encoding="utf-8",
    )
    async with open_service(home, Random(1)) as service:
        row = await service.context.database.run(guilds.ensure, "den")
        records = [
            Record("1", "ann", f"the cat sat {n} times", str(n), n, None, "c", "c1")
            for n in range(3)
        ]
        await service.context.voices.hear(row.id, records)
        yield service


async def put(bot: Service, key: str, value: str, guild: str | None = None, **options):
    return await ask(bot, control.ConfigSet(key, value, guild, **options))


async def say(bot: Service, **options) -> control.SayReply:
    request = control.Say("den", "anyone?", mode="llm", provider="openai", **options)
    return await ask(bot, request)


async def cloud_check(bot: Service) -> control.Check:
    told = await ask(bot, control.Doctor())
    return next(check for check in told.checks if check.name == "cloud")


async def agree(bot: Service) -> None:
    await put(bot, "reply.provider", "openai", "den", agreed=True)


async def test_a_changed_address_is_missing_consent_on_every_face(
    bot: Service, stand_in: StandIn, capsys
):
    await agree(bot)
    assert (await say(bot)).provider == "openai"
    await put(bot, "openai.base_url", stand_in.url_at("other.example"))
    said = await say(bot, explain=True)
    assert said.provider == "markov" and len(stand_in.served) == 1
    command = "`mynah config set reply.provider openai --guild SERVER`"
    say_command.explain(said)
    for answer in (said.rungs[0].reason, capsys.readouterr().out):
        assert "nobody has agreed" in answer and "other.example" in answer
        assert command in answer
    check = await cloud_check(bot)
    assert not check.ok and "other.example" in check.detail and command in check.hint
    told = await ask(bot, control.Explain(said.reply))
    story = texts.explanation(told)
    assert "nobody has agreed" in story and "other.example" in story
    assert "/config set key:reply.provider value:openai agree:True" in story
    cloud = (await ask(bot, control.Status())).cloud
    assert cloud.state == "consent" and "other.example" in cloud.reason
    with pytest.raises(UsageError, match=r"other\.example.*leave this computer"):
        await put(bot, "reply.provider", "openai", "den")
    await agree(bot)
    assert (await say(bot)).provider == "openai"
    assert (await cloud_check(bot)).ok
    await put(bot, "openai.base_url", stand_in.cloud_url)
    assert (await say(bot)).provider == "openai"


async def run(
    bot: Service, monkeypatch: pytest.MonkeyPatch, command: ModuleType, *words: str
) -> None:
    """Run a command against the open service."""

    @asynccontextmanager
    async def connected(home: Home) -> AsyncIterator[object]:
        async def call(request: Request[object]) -> object:
            return await ask(bot, request)

        yield SimpleNamespace(call=call)

    monkeypatch.setattr(command, "connect", connected)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = parser.parse_args([*words])
    arguments.json = False
    await command._run(bot.context.home, arguments)


async def withdraw(bot: Service, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    await run(bot, monkeypatch, config_command, "withdraw", *words)


@pytest.mark.parametrize(
    ("command", "words", "name"),
    [
        (hosts_command, "add pc http://gpu.lan:8000/v1/ --model m --own", "own_hosts"),
        (config_command, "set openai.own_hosts gpu.lan", "own_hosts"),
        (hosts_command, "use openai", "provider"),
    ],
)
async def test_the_terminal_asks_before_words_may_go_elsewhere(
    bot: Service,
    monkeypatch: pytest.MonkeyPatch,
    command: ModuleType,
    words: str,
    name: str,
):
    def chosen() -> object:
        home = bot.context.settings.home
        return home.openai.own_hosts if name == "own_hosts" else home.reply.provider

    before, answers = chosen(), iter(["n", "y"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    with pytest.raises(AppError, match="Nothing was changed"):
        await run(bot, monkeypatch, command, *words.split())
    assert chosen() == before
    await run(bot, monkeypatch, command, *words.split())
    assert chosen() in (["gpu.lan"], "openai")


async def test_a_withdrawn_consent_holds_from_the_next_request_on(
    bot: Service, stand_in: StandIn, capsys, monkeypatch: pytest.MonkeyPatch
):
    await agree(bot)
    await bot.context.settings.agree(GuildId(1), "tuning")
    assert (await say(bot)).provider == "openai"
    await withdraw(bot, monkeypatch, "--guild", "den")
    told = capsys.readouterr().out
    assert "cloud.example" in told and "replies" in told and "tuning" in told
    said = await say(bot)
    assert said.provider == "markov" and "nobody has agreed" in said.rungs[0].reason
    with pytest.raises(UsageError, match="Agree to that first|leave this computer"):
        start = control.TuneStart("den", "gpt-4o-mini-2024-07-18", agreed=True)
        await ask(bot, start)
    assert len(stand_in.served) == 1 and not stand_in.tunings.log
    await withdraw(bot, monkeypatch, "--guild", "den")
    assert "nothing" in capsys.readouterr().out


async def test_a_consent_for_every_server_is_withdrawn_for_every_server(
    bot: Service, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
):
    await agree(bot)
    await put(bot, "reply.provider", "openai", agreed=True)
    with pytest.raises(UsageError, match="every server"):
        await withdraw(bot, monkeypatch, "--guild", "den")
    assert (await say(bot)).provider == "openai"
    await withdraw(bot, monkeypatch)
    assert (await say(bot)).provider == "markov"
    assert len(stand_in.served) == 1


async def test_the_old_setting_opens_nothing(bot: Service, stand_in: StandIn):
    for guild in ("den", None):
        with pytest.raises(Exception, match="not a setting any more"):
            await put(bot, "reply.cloud_consent", "true", guild)
    assert (await say(bot)).provider == "markov"
    assert not stand_in.served


async def test_consent_to_replies_starts_no_tuning(bot: Service, stand_in: StandIn):
    await agree(bot)
    start = control.TuneStart("den", "gpt-4o-mini-2024-07-18")
    with pytest.raises(UsageError, match="agreed to share leaves this computer"):
        await ask(bot, start)
    assert not stand_in.tunings.log


@pytest.mark.parametrize("is_own", [False, True])
async def test_ones_own_host_is_no_cloud(
    bot: Service, stand_in: StandIn, capsys, is_own: bool
):
    """Locked, without consent, over budget, with a priced model: and yet it answers."""
    url = stand_in.url_at("gpu.example") if is_own else stand_in.base_url
    await put(bot, "openai.base_url", url)
    if is_own:
        await put(bot, "openai.own_hosts", "gpu.example", agreed=True)
    await put(bot, "reply.local_only", "on", "den")
    await put(bot, "reply.provider", "openai", "den")
    await put(bot, "openai.daily_budget", "0.000001")
    for _ in range(2):
        said = await say(bot, explain=True)
        assert (said.provider, said.text, said.cost) == ("openai", REPLY, 0)
    where = "your own host" if is_own else "here"
    say_command.explain(said)
    assert f"({where})" in capsys.readouterr().out
    bill = await ask(bot, control.UsageReport())
    assert (bill.today, bill.sent) == (0, [])
    (day,) = bill.days
    assert (day.calls, day.reach) == (2, "own" if is_own else "here")
    usage_command.show(bill)
    shown = capsys.readouterr().out
    assert "Nothing has left this computer" in shown and f"({where})" in shown
    assert "0 B sent" in shown
    check = await cloud_check(bot)
    assert check.ok and f"({where})" in check.detail
    assert "key" not in check.detail + check.hint
    story = texts.explanation(await ask(bot, control.Explain(said.reply)))
    assert ("my owner's own host" if is_own else "here") in story


async def test_the_check_up_asks_for_no_key_of_openai_for_another_host(
    bot: Service, stand_in: StandIn
):
    await put(bot, "openai.base_url", stand_in.base_url)
    await put(bot, "reply.provider", "openai")
    assert secrets.get(bot.context.home, "openai_key") is None
    assert (await cloud_check(bot)).ok
    status = await ask(bot, control.Status())
    assert not status.cloud.needs_key and status.cloud.reach == "here"
    await put(bot, "openai.base_url", "https://api.openai.com/v1/")
    check = await cloud_check(bot)
    assert not check.ok and "no OpenAI key" in check.detail


async def test_a_host_that_redirects_carries_no_words_elsewhere(
    bot: Service, stand_in: StandIn
):
    async with running(StandIn()) as elsewhere:
        stand_in.elsewhere = elsewhere.cloud_url
        stand_in.choose = lambda body: "redirect"
        await put(bot, "openai.base_url", stand_in.base_url)
        said = await say(bot)
        assert "redirects to another address" in said.rungs[0].reason
        assert not elsewhere.served and len(stand_in.served) == 1


async def test_a_server_that_agreed_is_told_from_one_that_did_not(bot: Service):
    (figures,) = (await ask(bot, control.Guilds())).guilds
    assert "nobody has agreed" in figures.refused and CLOUD in figures.refused
    await agree(bot)
    (figures,) = (await ask(bot, control.Guilds())).guilds
    assert figures.refused == ""
    await put(bot, "openai.base_url", "https://other.example/v1/")
    (figures,) = (await ask(bot, control.Guilds())).guilds
    assert "other.example" in figures.refused


async def test_samples_and_blind_tests_are_made_here_unless_told(
    bot: Service, stand_in: StandIn
):
    await agree(bot)
    said = await ask(bot, control.Say("den", "hm?", mode="llm", is_free=True))
    assert said.provider == "markov" and said.rungs[0].provider == "local"
    with pytest.raises(UsageError):
        await ask(bot, control.Blind("den"))
    assert not stand_in.served
    await put(bot, "openai.base_url", stand_in.base_url)
    said = await ask(bot, control.Say("den", "hm?", mode="llm", is_free=True))
    assert (said.provider, said.cost) == ("openai", 0)


@pytest.fixture
async def locked(bot: Service) -> GuildId:
    """The row of another server, which is locked."""
    row = (await bot.context.database.run(guilds.ensure, "cellar")).id
    await put(bot, "reply.local_only", "on", "cellar")
    return row


async def test_the_host_client_itself_sends_no_words_of_a_locked_server(
    bot: Service, stand_in: StandIn, locked: GuildId
):
    await agree(bot)
    for turns, moments in (
        ((Turn("ann", "psst", guild=locked), Turn("bob", "hi", guild=GuildId(1))), ()),
        (
            (Turn("bob", "hi", guild=GuildId(1)),),
            ((Turn("ann", "psst", guild=locked),),),
        ),
        ((Turn("bob", "hi"),), ()),
    ):
        prompt = Prompt(GuildId(1), "1:1", "Mynah", turns, moments=moments)
        with pytest.raises(NotAllowedError):
            async for _ in bot.context.cloud.write(prompt):
                pass
    assert not stand_in.served


@pytest.mark.parametrize("is_known", [True, False])
async def test_no_tuning_holds_a_row_of_a_locked_server(
    bot: Service, stand_in: StandIn, locked: GuildId, is_known: bool
):
    await agree(bot)
    await bot.context.settings.agree(GuildId(1), "tuning")
    strange = locked if is_known else None
    order = Order(
        GuildId(1),
        "gpt-4o-mini",
        b"{}\n",
        b"",
        9,
        0.0,
        frozenset([GuildId(1), strange]),
    )
    with pytest.raises(NotAllowedError):
        await CloudTuning(bot.context.cloud).start(order)
    assert not stand_in.tunings.log
