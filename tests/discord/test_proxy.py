"""Everything for Discord passes the owner's proxy, which is named when it is down."""

from dataclasses import replace

import pytest

from app.core import secrets
from app.core.paths import Home
from app.core.proxy import Proxy
from app.service.service import Service
from app.service.token_check import test_bot_token as check_token
from app.settings.config_file import save
from tests.discord.conftest import Running
from tests.discord.scene import Scene
from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.home_files import files_with
from tests.proxy_stand_in import ProxyStandIn

LOGIN = "ann:s3cret-word"


@pytest.fixture
def proxied(running: Running, service: Service) -> Running:
    """A bot whose proxy is that of the settings."""
    context = service.context
    around = replace(running.surroundings, proxy=lambda: context.discord_proxy)
    running.surroundings = around
    return running


def nothing_holds_the_login(home: Home, caplog: pytest.LogCaptureFixture) -> bool:
    held = files_with(home.root, "s3cret-word")
    return "s3cret" not in caplog.text and held == [home.secrets_file]


async def test_requests_and_the_gateway_go_through_the_proxy(
    stand_in: DiscordStandIn,
    proxied: Running,
    scene: Scene,
    home: Home,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "app")
    secrets.put(home, "discord_proxy_login", LOGIN)
    async with ProxyStandIn(LOGIN).running() as proxy:
        save(home.config_file, "bot.proxy", proxy.url)
        async with proxied.connected():
            await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hi")
            await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
            shown = await stand_in.command(scene.general, scene.ann, "help")
            found = await check_token(TOKEN, Proxy(proxy.url, ("ann", "s3cret-word")))
    own = stand_in.base_url.removeprefix("http://")
    assert {host for _, host in proxy.asked} == {own}
    assert proxy.upgrades == 1 and proxy.refused == 0
    assert len(proxy.asked) == len(stand_in.rest.requests) + 1, "nothing goes past it"
    assert shown.text and found.detail.startswith("This is the token of")
    assert nothing_holds_the_login(home, caplog)


@pytest.mark.parametrize(
    ("login", "words"), [("", "refuses its login"), ("x:y", "refuses its login")]
)
async def test_a_proxy_that_wants_another_login_is_named(
    stand_in: DiscordStandIn, proxied: Running, home: Home, login: str, words: str
) -> None:
    if login:
        secrets.put(home, "discord_proxy_login", login)
    async with ProxyStandIn(LOGIN).running() as proxy:
        save(home.config_file, "bot.proxy", proxy.url)
        async with proxied.started():
            await stand_in.wait_for(
                lambda: any(words in one.detail for one in proxied.states)
            )
        found = await check_token(TOKEN, Proxy(proxy.url))
    assert "discord_proxy_login" in proxied.states[-1].hint or any(
        "discord_proxy_login" in one.hint for one in proxied.states
    )
    assert not found.ok and stand_in.rest.requests == []


async def test_a_proxy_that_is_down_is_named_and_tried_again(
    stand_in: DiscordStandIn, proxied: Running, home: Home
) -> None:
    async with ProxyStandIn().running() as proxy:
        pass
    save(home.config_file, "bot.proxy", proxy.url)
    async with proxied.started():
        await stand_in.wait_for(
            lambda: any("does not answer" in one.detail for one in proxied.states)
        )
        assert any("bot.proxy" in one.hint for one in proxied.states)
        save(home.config_file, "bot.proxy", "")
        await stand_in.wait_for(lambda: proxied.states[-1].name == "online")
    found = await check_token(TOKEN, Proxy(proxy.url))
    assert "proxy" in found.detail
