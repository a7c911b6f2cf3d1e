import pytest

from app.core.errors import ConfigError
from app.settings.base_url import own_host, parse


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
        ("http://127.9.8.7/", "http://127.9.8.7/", False, True),
        ("http://LOCALHOST/", "http://localhost/", False, True),
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
        "http://localhost@evil.example/v1",
        "http://127.0.0.1:80@evil.example/v1",
        "http://@evil.example/v1",
        "http://evil.example#@localhost/",
        "http://localhost%2eevil.com/v1",
        "http://localhost\\.evil.com/v1",
        "http://local host/v1",
    ],
)
def test_addresses_that_would_give_secrets_away_are_refused(url):
    with pytest.raises(ConfigError):
        parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.evil.com/v1",
        "http://127.0.0.1.nip.io/v1",
        "http://localhost./v1",
        "http://127.0.0.1.evil.com/v1",
        "http://128.0.0.1/v1",
        "http://0.0.0.0/v1",
        "http://2130706433/v1",
        "http://0x7f.0.0.1/v1",
        "http://127.1/v1",
        "http://[::]/v1",
        "http://[::2]/v1",
        "http://[::ffff:8.8.8.8]/v1",
        "http://1\uff12\uff17.0.0.1/v1",
        "http://loc\u0430lhost/v1",
    ],
)
def test_nothing_that_only_looks_like_this_computer_is_here(url):
    assert parse(url).reach == "cloud"


@pytest.mark.parametrize(
    ("url", "reach"),
    [
        ("http://gpu.lan/v1", "own"),
        ("https://gpu.lan:8443/v1", "own"),
        ("http://box.lan:8000/v1", "own"),
        ("http://box.lan:8001/v1", "cloud"),
        ("http://box.lan/v1", "cloud"),
        ("http://[fd00::1]:8000/v1", "own"),
        ("http://gpu.lan.evil.com/v1", "cloud"),
        ("http://my.gpu.lan/v1", "cloud"),
        ("https://api.openai.com/v1", "cloud"),
        ("http://127.0.0.1/v1", "here"),
    ],
)
def test_a_host_is_the_owners_if_it_is_marked_by_exactly_its_name(url, reach):
    marked = ["gpu.lan", own_host("Box.lan:8000"), own_host("fd00::1")]
    assert parse(url, [*marked, "api.openai.com"]).reach == reach


@pytest.mark.parametrize(
    "text",
    [
        "api.openai.com",
        "http://gpu.lan",
        "gpu.lan/v1",
        "*.lan",
        "a@gpu.lan",
        "",
        "a b/",
    ],
)
def test_only_a_host_can_be_marked_and_never_openai(text):
    with pytest.raises(ConfigError):
        own_host(text)


def test_an_address_says_where_it_is():
    assert parse("http://localhost:1/").described == "localhost:1 (here)"
    assert parse("https://x.example/").described == "x.example (in the cloud)"
    assert parse("http://x.example/").described == "http://x.example (in the cloud)"
    own = parse("http://gpu.lan/", ["gpu.lan"])
    assert own.described == "gpu.lan (your own host)"
