"""The keys of hosts, as far as they must be known to be hidden."""

from app.core import secrets
from app.core.paths import Home
from app.settings import config_file, host_keys
from app.settings.hosts import host_of


def test_every_key_is_known_and_nothing_else(home: Home, monkeypatch):
    """That of another address, and that of the environment, among them."""
    home.config_file.write_text(
        '[hosts.pc]\nbase_url = "http://10.0.0.2:8000/v1/"\n'
        '[hosts.router]\nbase_url = "https://openrouter.ai/api/v1/"\n',
        encoding="utf-8",
    )
    config = config_file.load(home.config_file)
    host_keys.put(home, host_of(config, "pc"), "from the file")
    config_file.save(home.config_file, "hosts.pc.base_url", "http://10.0.0.3/v1/")
    config = config_file.load(home.config_file)
    monkeypatch.setenv("OPENROUTER_API_KEY", "from outside")
    secrets.put(home, "model_proxy_login", "ann:two words")
    assert sorted(host_keys.values(home, config)) == ["from outside", "from the file"]
