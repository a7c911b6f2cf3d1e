"""A model host with its name: one of `[hosts.NAME]`, or `[openai]`."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.errors import ConfigError
from app.settings import base_url
from app.settings.base_url import Address
from app.settings.host_names import OPENAI, key_name, names_in, section_of
from app.settings.host_presets import PRESETS, Preset
from app.settings.model_sections import HostSettings
from app.settings.schema import Config


@dataclass(frozen=True)
class Host:
    """One host as the settings of a place describe it."""

    name: str
    settings: HostSettings
    own_hosts: Sequence[str] = ()

    @property
    def section(self) -> str:
        """The part of the settings that is about it."""
        return section_of(self.name)

    @property
    def address(self) -> Address:
        """The destination of requests.

        Raises:
            ConfigError: If it is not an address.
        """
        url = self.settings.base_url
        return base_url.parse(url, self.own_hosts, f"{self.section}.base_url")

    @property
    def has_address(self) -> bool:
        """False while only its model or price is set."""
        return bool(self.settings.base_url)

    @property
    def model(self) -> str:
        """The model to request."""
        return self.settings.model

    @property
    def key_name(self) -> str:
        """The name of its key, as `mynah config set` takes it."""
        is_openai = self.has_address and self.address.is_openai
        return key_name(self.name, is_openai=is_openai)

    @property
    def fuses(self) -> bool:
        """True if the voice is to write together with its model; never in the cloud."""
        return self.settings.fused and not self.address.is_cloud

    @property
    def own_price(self) -> tuple[float, float] | None:
        """The prices that the owner entered."""
        return self.settings.own_price

    @property
    def daily_tokens(self) -> int:
        """The budget in tokens; 0 means no limit."""
        return self.settings.daily_tokens


def preset_of(address: Address) -> Preset | None:
    """Return what is known of a host by its address; None for a stranger."""
    for one in PRESETS.values():
        if one.base_url and base_url.parse(one.base_url).origin == address.origin:
            return one
    return PRESETS["azure"] if address.host.endswith(".azure.com") else None


def needs_key(address: Address) -> bool:
    """Tell if a host answers nobody without a key."""
    preset = preset_of(address)
    return preset is not None and preset.needs_key


def host_of(config: Config, name: str) -> Host:
    """Return the host with that name.

    Raises:
        ConfigError: If there is none.
    """
    if name == OPENAI:
        return Host(OPENAI, config.openai, config.openai.own_hosts)
    if name not in config.hosts:
        raise no_host(config, name)
    return Host(name, config.hosts[name], config.openai.own_hosts)


def hosts_of(config: Config) -> list[Host]:
    """Return every host, `openai` first."""
    return [host_of(config, name) for name in (OPENAI, *config.hosts)]


def hosts_for(config: Config) -> list[Host]:
    """Return the hosts that replies come from, in the order in which to ask them."""
    known = {OPENAI, *config.hosts}
    return [host_of(config, name) for name in names_in(config) if name in known]


def no_host(config: Config, name: str) -> ConfigError:
    """Return the error that a host is not known."""
    names = ", ".join((OPENAI, *config.hosts))
    return ConfigError(
        f"There is no host {name!r}.",
        f"Known hosts: {names}. Add one with `mynah hosts add`.",
    )


def check_change(config: Config, name: str, value: object) -> None:
    """Refuse to change a host that is not known, or to take its address away.

    Args:
        name: Of a setting, perhaps of another section.
        value: None takes the setting back.

    Raises:
        ConfigError: If the host would be left without an address.
    """
    section, _, item = name.rpartition(".")
    host = section.removeprefix("hosts.")
    is_address = item == "base_url"
    if host == section or (is_address and value is not None):
        return
    if host not in config.hosts:
        raise no_host(config, host)
    if is_address:
        raise ConfigError(
            f"The host {host} needs an address.",
            f"Set another one, or remove it with `mynah hosts remove {host}`.",
        )


def check_provider(config: Config, value: str) -> None:
    """Refuse a host that is not known.

    Raises:
        ConfigError: If a name stands for none.
    """
    for name in value.split(", "):
        if name not in ("local", OPENAI) and name not in config.hosts:
            raise no_host(config, name)
