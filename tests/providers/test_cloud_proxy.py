"""Requests to the cloud pass the owner's proxy; those to other hosts do not."""

import time
from contextlib import aclosing

import pytest

from app.core.errors import ProviderError
from app.core.names import GuildId
from app.core.proxy import Proxy
from app.providers.base import Completion, Prompt, Turn
from app.providers.openai.prices import load
from app.providers.openai.provider import OpenAIProvider
from app.settings.model_sections import OpenAISettings
from tests.openai_stand_in import CLOUD, REPLY, AnyoneMay, StandIn, running
from tests.proxy_stand_in import ProxyStandIn

LOGIN = "ann:s3cret-word"
ASK = Prompt(GuildId(7), "7:1", "Mynah", (Turn("ann", "anyone here?"),))


def provider_of(url: str, proxy: str, login: str = LOGIN) -> OpenAIProvider:
    user, _, password = login.partition(":")
    return OpenAIProvider(
        lambda: OpenAISettings(base_url=url, model="gpt-4o-mini", proxy=proxy),
        lambda address: None,
        load,
        lambda spent: None,
        time.monotonic,
        AnyoneMay(),
        proxy=lambda: Proxy(proxy, (user, password)) if proxy else None,
    )


async def text_of(provider: OpenAIProvider) -> str:
    try:
        async with aclosing(provider.write(ASK)) as stream:
            async for item in stream:
                if isinstance(item, Completion):
                    return item.text
    finally:
        await provider.close()
    raise AssertionError("no completion came")


async def test_the_cloud_is_reached_through_the_proxy() -> None:
    async with running(StandIn()) as stand_in:
        hosts = {CLOUD: ("127.0.0.1", stand_in.port)}
        async with ProxyStandIn(LOGIN, hosts).running() as proxy:
            assert await text_of(provider_of(stand_in.cloud_url, proxy.url)) == REPLY
    assert proxy.asked == [("POST", f"{CLOUD}:{stand_in.port}")]
    (served,) = stand_in.served
    assert "proxy-authorization" not in {name.lower() for name in served.headers}


async def test_an_encrypted_host_is_reached_by_a_tunnel() -> None:
    async with ProxyStandIn(LOGIN, {CLOUD: ("127.0.0.1", 9)}).running() as proxy:
        with pytest.raises(ProviderError, match="through the proxy"):
            await text_of(provider_of(f"https://{CLOUD}/v1/", proxy.url))
    assert set(proxy.asked) == {("CONNECT", f"{CLOUD}:443")}


async def test_this_computer_is_reached_without_the_proxy() -> None:
    async with running(StandIn()) as stand_in, ProxyStandIn().running() as proxy:
        url = stand_in.url_at("127.0.0.1")
        assert await text_of(provider_of(url, proxy.url)) == REPLY
    assert proxy.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_down_is_named_and_its_login_is_not(scheme: str) -> None:
    async with ProxyStandIn().running() as proxy:
        pass
    with pytest.raises(ProviderError) as failed:
        await text_of(provider_of(f"{scheme}://{CLOUD}/v1/", proxy.url))
    told = f"{failed.value} {failed.value.hint}"
    assert proxy.url in told and "openai.proxy" in told and "s3cret" not in told


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "socks://127.0.0.1:9"])
async def test_an_environments_proxy_that_no_client_can_use_leaves_the_next_rung(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Desktops set ALL_PROXY so for every program."""
    monkeypatch.setenv("ALL_PROXY", proxy)
    async with running(StandIn()) as stand_in:
        provider = provider_of(stand_in.cloud_url, "")
        with pytest.raises(ProviderError, match="ALL_PROXY"):
            await provider.models()
        with pytest.raises(ProviderError, match="ALL_PROXY"):
            await text_of(provider)
    assert stand_in.served == []
