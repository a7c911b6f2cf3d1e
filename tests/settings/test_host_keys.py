"""The keys of hosts, as far as they must be known to be hidden."""

import zipfile
from pathlib import Path

import pytest

from app.cli import main
from app.core import secrets
from app.core.paths import Home
from app.service import support_bundle
from app.settings import config_file, host_keys
from app.settings.hosts import Host, host_of
from app.settings.model_sections import HostSettings
from tests.keyring_stand_in import Ring


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
    monkeypatch.setenv("OPENROUTER_API_KEY", "from outside")
    secrets.put(home, "model_proxy_login", "ann:two words")
    assert sorted(host_keys.values(home)) == ["from outside", "from the file"]


@pytest.mark.parametrize(
    "broken",
    [
        '[hosts.big-pc]\nbase_url = "http://10.0.0.2/v1/"\n[reply\n',
        'hosts = {big-pc = {base_url = "http://10.0.0.2/v1/"\n',
        "[hosts.big-pc]\nbase_url = 'http://10.0.0.2/v1/'\n# \xe4",
        "[hosts.big-pc]\nbase_url = 10\n",
    ],
)
def test_a_key_in_the_keyring_is_hidden_and_deleted_with_broken_settings(
    home: Home, ring: Ring, tmp_path: Path, broken: str
):
    pc = Host("big-pc", HostSettings(base_url="http://10.0.0.2/v1/"))
    host_keys.put(home, pc, "sesame-of-the-pc")
    home.config_file.write_bytes(broken.encode("latin-1"))
    home.log_file.parent.mkdir(parents=True, exist_ok=True)
    line = "2026-01-01 10:00:00,000 INFO app.x: it is sesame-of-the-pc\n"
    home.log_file.write_text(line)
    support_bundle.write(home, tmp_path / "report.zip", [], [])
    assert main(["--home", str(home.root), "uninstall", "--yes"]) == 0
    assert not ring.kept
    with zipfile.ZipFile(tmp_path / "report.zip") as bundle:
        log = bundle.read(f"logs/{home.log_file.name}").decode()
    assert "it is [secret]" in log
