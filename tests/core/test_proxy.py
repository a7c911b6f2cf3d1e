"""Addresses of proxies, and their logins."""

import pytest

from app.core import secrets
from app.core.errors import ConfigError
from app.core.paths import Home
from app.core.proxy import Proxy, check, proxy_of


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("http://proxy.lan:3128", "http://proxy.lan:3128"),
        ("https://proxy.lan/", "https://proxy.lan"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_proxy_is_a_plain_address(text: str, kept: str) -> None:
    assert check("bot.proxy", text) == kept


@pytest.mark.parametrize(
    "text",
    ["proxy.lan", "socks5://proxy.lan", "http://", "http://p.lan:x", "http://p.lan/a",
     "http://p.lan?a=b", "http://p.lan:99999"],
)  # fmt: skip
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match=r"bot\.proxy") as refused:
        check("bot.proxy", text)
    assert "http://proxy.lan:3128" in (refused.value.hint or "")


def test_a_login_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as refused:
        check("bot.proxy", "http://ann:s3cret@proxy.lan")
    assert "s3cret" not in f"{refused.value}{refused.value.hint}"


def test_the_login_is_a_secret(home: Home) -> None:
    secrets.put(home, "discord_proxy_login", "ann:s3:cret")
    proxy = proxy_of(home, "http://proxy.lan", "discord_proxy_login")
    assert proxy == Proxy("http://proxy.lan", ("ann", "s3:cret"))
    assert "s3" not in repr(proxy)
    assert proxy_of(home, "", "discord_proxy_login") is None
