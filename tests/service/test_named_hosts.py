"""Several hosts with names: added, found, keyed, chosen, priced and removed."""

import asyncio
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import pytest

from app.core import secrets
from app.core.errors import ConfigError, UsageError
from app.core.paths import Home
from app.ipc import control
from app.service import token_check
from app.service.handlers.settings import NO_PROXY
from app.service.service import Service, open_service
from app.settings import host_keys, host_presets
from app.store import guilds
from tests.asking import ask
from tests.keyring_stand_in import Ring
from tests.openai_stand_in import CLOUD, REPLY, StandIn, running
from tests.proxy_stand_in import ProxyStandIn


@pytest.fixture
async def cloud():
    async with running(StandIn(models=("far",))) as server:
        yield server


@pytest.fixture
async def pc():
    async with running(StandIn(models=("near",))) as server:
        yield server


@asynccontextmanager
async def opened(home: Home):
    async with open_service(home, Random(1)) as service:
        await service.context.database.run(guilds.ensure, "den", "7")
        yield service


@pytest.fixture
async def bot(home: Home):
    home.config_file.write_text(
        "[reply]\nllm_seconds = 20.0\n[memory]\nenabled = false\n", encoding="utf-8"
    )
    async with opened(home) as service:
        yield service


async def put(bot: Service, key: str, value: str, guild: str | None = None, **options):
    return await ask(bot, control.ConfigSet(key, value, guild, **options))


async def say(bot: Service) -> control.SayReply:
    return await ask(bot, control.Say("den", "anyone?", mode="llm"))


async def add(bot: Service, name: str, address: str, model: str = "", **options):
    return await ask(bot, control.HostAdd(name, address, model, **options))


async def listed(bot: Service, name: str) -> control.HostEntry:
    hosts = (await ask(bot, control.Hosts())).hosts
    return next(host for host in hosts if host.name == name)


async def checked(bot: Service, name: str) -> control.Check:
    told = await ask(bot, control.Doctor())
    return next(check for check in told.checks if check.name == name)


async def test_several_hosts_are_rungs_in_the_owners_order(
    bot: Service, pc: StandIn, cloud: StandIn
):
    await add(bot, "pc", pc.base_url, "near")
    await add(bot, "far", cloud.cloud_url, "far")
    await put(bot, "hosts.far.daily_tokens", "100000")
    await put(bot, "reply.provider", "PC , far", "den", agreed=True)
    said = await say(bot)
    assert (said.provider, said.text, said.cost) == ("pc", REPLY, 0)
    pc.choose = lambda body: "broken"
    said = await say(bot)
    tried = [(rung.provider, rung.outcome) for rung in said.rungs]
    assert tried == [("pc", "failed"), ("far", "answered")]
    assert cloud.served[0].body["model"] == "far"
    assert {one.body["model"] for one in pc.served} == {"near"}
    await put(bot, "reply.provider", "local, pc", "den")
    pc.choose = lambda body: "fine"
    said = await say(bot)
    assert [rung.provider for rung in said.rungs] == ["local", "pc"]


async def test_consent_is_asked_for_every_host_of_an_order(
    bot: Service, pc: StandIn, cloud: StandIn
):
    await add(bot, "pc", pc.base_url, "near")
    await add(bot, "far", cloud.cloud_url, "far")
    with pytest.raises(UsageError, match=r"cloud\.example.*leave this computer"):
        await put(bot, "reply.provider", "pc, far", "den")
    await put(bot, "reply.provider", "pc", "den")
    home = bot.context.settings

    bot.context.home.config_file.write_text(
        bot.context.home.config_file.read_text("utf-8").replace(
            "[reply]", '[reply]\nprovider = "far"'
        ),
        encoding="utf-8",
    )
    home._looked = None
    await put(bot, "reply.provider", None, "den")  # type: ignore[arg-type]
    said = await say(bot)
    assert not cloud.served and "nobody has agreed" in said.rungs[0].reason
    assert "`mynah hosts use far --guild SERVER`" in said.rungs[0].reason
    with pytest.raises(UsageError, match=r"cloud\.example"):
        await ask(bot, control.HostUse("far", "den"))
    await ask(bot, control.HostUse("far", "den", agreed=True))
    assert (await say(bot)).provider == "far"


async def test_each_host_has_its_own_key_and_none_goes_to_another_address(
    bot: Service, pc: StandIn, cloud: StandIn, monkeypatch
):
    await add(bot, "pc", pc.base_url, "near")
    await add(bot, "far", cloud.cloud_url, "far")
    await put(bot, "hosts.far.daily_tokens", "100000")
    for name in ("openai_key", "server_key", "far_key"):
        await ask(bot, control.SecretSet(name, f"secret-{name}"))
    await put(bot, "reply.provider", "far, pc", "den", agreed=True)
    await say(bot)
    assert cloud.served[-1].headers["authorization"] == "Bearer secret-far_key"
    await put(bot, "reply.provider", "pc", "den")
    await say(bot)
    assert "secret" not in pc.served[-1].headers.get("authorization", "")
    # The same name at another address: the key was not given to that one.
    await put(bot, "hosts.far.base_url", pc.url_at("other.example"))
    await put(bot, "reply.provider", "far", "den", agreed=True)
    await say(bot)
    assert "secret" not in pc.served[-1].headers.get("authorization", "")
    assert not (await listed(bot, "far")).has_key
    kept = bot.context.home.secrets_file.read_text("utf-8")
    assert "secret-far_key" in kept


async def test_the_loop_does_not_wait_for_the_keyring(
    bot: Service, cloud: StandIn, ring: Ring, monkeypatch: pytest.MonkeyPatch
):
    """Neither for a reply nor for a trial; an entered secret has all asked again."""
    monkeypatch.setattr("app.providers.openai.provider.needs_key", lambda _: True)
    await add(bot, "far", cloud.cloud_url, "far")
    await put(bot, "hosts.far.daily_tokens", "100000")
    await put(bot, "reply.provider", "far", "den", agreed=True)
    await ask(bot, control.SecretSet("far_key", "sk-far"))
    ring.threads.clear()
    assert (await say(bot)).provider == "far"
    await ask(bot, control.SecretSet("bot_token", "another"))
    assert (await ask(bot, control.HostTest("far"))).ok
    sent = {one.headers["authorization"] for one in cloud.served}
    assert sent == {"Bearer sk-far"}
    assert ring.asked and threading.current_thread() not in ring.threads


async def test_a_key_works_only_after_a_request_with_it(bot: Service, cloud: StandIn):
    """A list of models proves nothing: OpenRouter shows it to everybody."""
    await add(bot, "far", cloud.cloud_url, "far")
    told = await ask(bot, control.SecretTest("far_key"))
    assert not told.ok and "`mynah config set far_key`" in told.hint
    await ask(bot, control.SecretSet("far_key", "good"))
    told = await ask(bot, control.SecretTest("far_key"))
    assert told.ok and "The key works" in told.detail
    assert cloud.served[-1].headers["authorization"] == "Bearer good"
    cloud.choose = lambda body: "key"
    told = await ask(bot, control.SecretTest("far_key"))
    assert not told.ok and "rejected the key" in told.detail
    assert "`mynah config set far_key`" in told.hint
    await put(bot, "openai.base_url", cloud.cloud_url)
    for useless in ("openai_key", "nobodys_key"):
        with pytest.raises(UsageError):
            await ask(bot, control.SecretTest(useless))


async def test_a_host_without_a_key_needs_none(bot: Service, pc: StandIn):
    await add(bot, "pc", pc.base_url)
    assert (await listed(bot, "pc")).model == "near"
    await ask(bot, control.HostUse("pc"))
    status = await ask(bot, control.Status())
    assert (status.provider, status.cloud.name) == ("pc", "pc")
    assert not status.cloud.needs_key and status.hosts == ["openai", "pc"]
    assert (await say(bot)).provider == "pc"
    check = await checked(bot, "host pc")
    assert check.ok and "First word after" in check.detail


async def test_a_host_is_found_with_the_usual_slip_in_its_address(
    bot: Service, pc: StandIn
):
    bare = pc.base_url.removesuffix("v1/")
    for slip in (bare, bare.rstrip("/"), f"{bare}v1/chat/completions"):
        await add(bot, "pc", slip, "near")
        await ask(bot, control.HostUse("pc"))
        check = await checked(bot, "host pc")
        assert check.ok, check
        assert (await listed(bot, "pc")).address == pc.base_url
        assert bot.context.settings.home.hosts["pc"].base_url == pc.base_url


async def test_a_reply_at_a_wrong_address_has_the_right_one_looked_for(
    bot: Service, pc: StandIn
):
    await put(bot, "hosts.pc.base_url", pc.base_url.removesuffix("v1/"))
    await put(bot, "hosts.pc.model", "near")
    await put(bot, "reply.provider", "pc", "den")
    said = await say(bot)
    assert said.rungs[0].outcome == "failed"
    await asyncio.gather(*bot.context.host_finder._searches)
    assert (await listed(bot, "pc")).address == pc.base_url
    assert (await say(bot)).provider == "pc"
    events = "\n".join(event.text for event in bot.context.events.events)
    assert f"pc answers at {pc.base_url}" in events


async def test_an_address_in_the_cloud_is_looked_for_through_the_proxy(
    bot: Service, cloud: StandIn
):
    slip = cloud.cloud_url.removesuffix("v1/")
    await add(bot, "far", slip, "far")
    places = {CLOUD: ("127.0.0.1", cloud.port)}
    async with ProxyStandIn("", places).running() as proxy:
        await put(bot, "openai.proxy", proxy.url)
        assert (await ask(bot, control.HostTest("far"))).ok
    assert (await listed(bot, "far")).address == cloud.cloud_url
    assert ("GET", f"{CLOUD}:{cloud.port}") in proxy.asked


async def test_the_login_of_the_proxy_is_tried_at_a_host_behind_it(
    bot: Service, pc: StandIn, cloud: StandIn, home: Home
):
    """OpenAI, which has no key here, and a host on this computer are not asked."""
    await add(bot, "pc", pc.base_url, "near")
    await add(bot, "far", cloud.cloud_url, "far")
    trial = control.SecretTest("model_proxy_login")
    assert "openai.proxy" in (await ask(bot, trial)).hint
    places = {CLOUD: ("127.0.0.1", cloud.port)}
    async with ProxyStandIn("ann:s3cret", places).running() as proxy:
        await put(bot, "openai.proxy", proxy.url)
        with pytest.raises(UsageError, match="NAME:PASSWORD"):
            await ask(bot, control.SecretSet(trial.name, "s3cret"))
        await ask(bot, control.SecretSet(trial.name, "ann:wrong"))
        refused = await ask(bot, trial)
        assert not refused.ok and not cloud.served
        await ask(bot, control.SecretSet(trial.name, "ann:s3cret"))
        tried = await ask(bot, trial)
        assert tried.ok and f"{CLOUD} answers" in tried.detail
        await ask(bot, control.HostRemove("far"))
        alone = await ask(bot, trial)
    assert not alone.ok and "No host in the cloud" in alone.detail
    assert len(cloud.served) == 1 and not pc.served


async def test_the_login_of_discords_proxy_is_not_tried_where_there_is_none(
    bot: Service, monkeypatch: pytest.MonkeyPatch
):
    async def asked(*words: object) -> None:
        raise AssertionError("Discord would be asked, past any proxy")

    monkeypatch.setattr(token_check, "test_bot_token", asked)
    await ask(bot, control.SecretSet("discord_proxy_login", "ann:word"))
    tried = await ask(bot, control.SecretTest("discord_proxy_login"))
    assert (tried.ok, tried.detail) == (False, NO_PROXY)
    assert "bot.proxy" in tried.hint


async def test_looking_never_switches_chat_off(bot: Service, cloud: StandIn):
    """A key that is limited to chat may not list models."""
    await add(bot, "far", cloud.cloud_url, "far")
    await put(bot, "hosts.far.daily_tokens", "100000")
    await put(bot, "reply.provider", "far", "den", agreed=True)
    for status in (401, 403, 404, 500, 200):
        cloud.list_status = status
        await checked(bot, "host far")
        await ask(bot, control.HostTest("far"))
        assert (await say(bot)).provider == "far", status


async def test_an_unknown_price_is_never_silently_nothing(bot: Service, cloud: StandIn):
    await add(bot, "far", cloud.cloud_url, "far")
    await put(bot, "reply.provider", "far", "den", agreed=True)
    said = await say(bot)
    assert said.cost > 0 and "its price is unknown" in said.notes
    check = await checked(bot, "host far")
    assert not check.ok and "hosts.far.input_price" in check.hint
    assert (await listed(bot, "far")).price == "unknown"
    await put(bot, "hosts.far.input_price", "1")
    await put(bot, "hosts.far.output_price", "10")
    said = await say(bot)
    served = cloud.served[-1]
    bill = (served.prompt_tokens * 1 + served.completion_tokens * 10) / 1e6
    assert said.cost == pytest.approx(bill)
    assert (await checked(bot, "host far")).ok


async def test_a_budget_in_tokens_ends_the_day(bot: Service, cloud: StandIn, home):
    await add(bot, "far", cloud.cloud_url, "far")
    await put(bot, "hosts.far.daily_tokens", "60")
    await put(bot, "reply.provider", "far", "den", agreed=True)
    said = await say(bot)
    assert (said.provider, said.cost) == ("far", 0)
    for _ in range(8):
        said = await say(bot)
    assert "60 tokens of the day for far are used up" in said.rungs[0].reason
    served = len(cloud.served)
    await bot.context.ledger.flush()
    again = type(bot.context.ledger)(bot.context.database, bot.context.ledger._now)
    again.load()
    assert again.refuses_tokens("far", 60)
    assert served < 8 and len(cloud.served) == served


async def test_the_hosts_own_bill_counts(bot: Service, cloud: StandIn):
    """openrouter.ai/docs/use-cases/usage-accounting"""
    await add(bot, "far", cloud.cloud_url, "far")
    await put(bot, "reply.provider", "far", "den", agreed=True)
    cloud.bill = {"cost": 0.0125}
    assert (await say(bot)).cost == 0.0125
    assert (await checked(bot, "host far")).ok
    upstream = {"upstream_inference_cost": 0.25}
    cloud.bill = {"cost": 0.01, "is_byok": True, "cost_details": upstream}
    assert (await say(bot)).cost == pytest.approx(0.26)
    for nonsense in (-1, 1e9, float("nan"), "free", True, None):
        cloud.bill = {"cost": nonsense}
        assert 0 < (await say(bot)).cost < 1


async def test_hosts_on_this_computer_are_found_when_the_owner_asks(
    bot: Service, pc: StandIn, monkeypatch
):
    presets = {
        name: replace(preset, base_url=pc.base_url if name == "vllm" else DEAD)
        if preset.port
        else preset
        for name, preset in host_presets.PRESETS.items()
    }
    monkeypatch.setattr("app.service.handlers.hosts.PRESETS", presets)
    (found,) = (await ask(bot, control.HostsFind())).hosts
    assert (found.name, found.models, found.is_known) == ("vllm", ["near"], False)
    assert not pc.served
    await add(bot, found.name, found.address, found.models[0])
    (found,) = (await ask(bot, control.HostsFind())).hosts
    assert found.is_known


DEAD = "http://127.0.0.1:9/v1/"


async def test_a_host_in_use_is_not_removed_and_another_goes_with_its_key(
    bot: Service, pc: StandIn
):
    await add(bot, "pc", pc.base_url)
    await ask(bot, control.SecretSet("pc_key", "sk-1"))
    await ask(bot, control.HostUse("pc", "den"))
    with pytest.raises(UsageError, match="den"):
        await ask(bot, control.HostRemove("pc"))
    await put(bot, "reply.provider", "local", "den")
    await ask(bot, control.HostRemove("pc"))
    assert secrets.get(bot.context.home, "pc_key") is None
    assert "pc" not in bot.context.home.config_file.read_text("utf-8")
    for request in (control.HostTest("pc"), control.HostUse("pc", "den")):
        with pytest.raises(ConfigError, match="no host 'pc'"):
            await ask(bot, request)
    with pytest.raises(ConfigError, match="no host 'pc'"):
        await put(bot, "reply.provider", "pc", "den")


async def test_a_host_that_is_gone_from_the_file_is_no_rung(
    bot: Service, pc: StandIn, home: Home
):
    await add(bot, "pc", pc.base_url)
    await put(bot, "hosts.pc.model", "other", "den")
    await put(bot, "reply.provider", "pc", "den")
    await bot.context.settings.remove_host("pc")
    said = await say(bot)
    assert [rung.provider for rung in said.rungs] == ["local", "markov"]
    assert bot.context.settings.home.hosts == {}


async def test_the_key_of_a_host_that_was_deleted_by_hand_is_told_of_and_deleted(
    bot: Service, pc: StandIn, home: Home, ring: Ring
):
    await add(bot, "pc", pc.base_url)
    await ask(bot, control.SecretSet("pc_key", "sk-1"))
    assert not [
        c for c in (await ask(bot, control.Doctor())).checks if c.name == "keys"
    ]
    await bot.context.settings.remove_host("pc")
    check = await checked(bot, "keys")
    assert not check.ok
    assert "pc_key is still kept, but there is no host pc" in check.detail
    assert "sk-1" in host_keys.values(home)
    await ask(bot, control.SecretSet("pc_key", None))
    assert not ring.kept
    with pytest.raises(UsageError, match="pc_key"):
        await ask(bot, control.SecretSet("pc_key", "sk-2"))


async def test_no_change_leaves_a_host_without_an_address(bot: Service, pc: StandIn):
    await add(bot, "pc", pc.base_url)
    await ask(bot, control.HostUse("pc"))
    with pytest.raises(ConfigError, match="needs an address"):
        await ask(bot, control.ConfigSet("hosts.pc.base_url", None))
    for guild in (None, "den"):
        with pytest.raises(ConfigError, match="no host 'gone'"):
            await put(bot, "hosts.gone.model", "near", guild)
    shown = await put(bot, "hosts.PC.model", "other")
    assert (shown.key, shown.value) == ("hosts.pc.model", "other")
    assert (await say(bot)).provider == "pc"
    assert list(bot.context.settings.home.hosts) == ["pc"]


@pytest.mark.parametrize("name", ["local", "openai2!", "markov", "server", "a b", ""])
async def test_names_that_mean_something_else_are_refused(bot: Service, name: str):
    with pytest.raises(ConfigError):
        await add(bot, name, "http://127.0.0.1:1/v1/")


async def test_a_host_without_an_address_disturbs_nothing_else(home: Home):
    home.config_file.write_text(
        '[reply]\nprovider = "pc"\n[hosts.pc]\nmodel = "near"\n', encoding="utf-8"
    )
    async with opened(home) as bot:
        assert (await ask(bot, control.Status())).cloud.name == "openai"
        (den,) = (await ask(bot, control.Guilds())).guilds
        assert den.refused
        said = await say(bot)
        assert said.text and "hosts.pc.base_url" in said.rungs[0].reason
        await ask(bot, control.SecretSet("server_key", "sk-5"))
        with pytest.raises(ConfigError, match=r"hosts\.pc\.base_url"):
            await ask(bot, control.SecretSet("pc_key", "sk-6"))
        await put(bot, "reply.provider", "local")
        await ask(bot, control.HostRemove("pc"))
        names = [host.name for host in (await ask(bot, control.Hosts())).hosts]
        assert names == ["openai"]


async def test_the_old_single_address_still_works(home: Home, cloud: StandIn):
    home.config_file.write_text(
        f'[openai]\nbase_url = "{cloud.cloud_url}"\nmodel = "gpt-4o-mini"\n'
        '[reply]\nprovider = "openai"\nllm_seconds = 20.0\n',
        encoding="utf-8",
    )
    secrets.put(home, "server_key", "old")
    async with opened(home) as bot:
        await bot.context.settings.agree(None, "replies")
        assert (await say(bot)).provider == "openai"
        assert cloud.served[0].headers["authorization"] == "Bearer old"
