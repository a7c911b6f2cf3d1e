import pytest

from app.core.errors import ConfigError
from app.settings.base_url import parse


@pytest.mark.parametrize(
    ("url", "clean", "is_openai", "is_here"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1/", True, False),
        ("https://API.OPENAI.COM/v1/", "https://api.openai.com/v1/", True, False),
        ("http://localhost:11434/v1", "http://localhost:11434/v1/", False, True),
        ("http://[::1]:80/v1", "http://[::1]:80/v1/", False, True),
        ("http://127.0.0.1:1234", "http://127.0.0.1:1234/", False, True),
        ("http://192.168.0.9/v1", "http://192.168.0.9/v1/", False, False),
        ("https://api.openai.com.evil.io/", "https://api.openai.com.evil.io/", 0, 0),
    ],
)
def test_addresses_are_told_apart(url, clean, is_openai, is_here):
    address = parse(url)
    assert address.url == clean
    assert (address.is_openai, address.is_this_machine) == (is_openai, is_here)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com/v1",
        "file:///etc/passwd",
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://user:pw@host/v1",
        "https://host/v1?x=1",
        "http://host:notaport/",
    ],
)
def test_addresses_that_would_give_secrets_away_are_refused(url):
    with pytest.raises(ConfigError):
        parse(url)
