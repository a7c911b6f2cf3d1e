"""The standing problems of one host, and the errors that its rungs raise."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from app.core.errors import InputRefusedError, LoadingError, ProviderError
from app.providers.openai.errors import Trouble, describe
from app.providers.openai.rate_limit import Throttle, retry_after
from app.settings.base_url import Address
from app.settings.host_names import to_enter_key

MOST_BLOCK_SECONDS = 3600.0


class HostFacts(Protocol):
    """The settings of one host."""

    @property
    def address(self) -> Address: ...
    @property
    def model(self) -> str: ...
    @property
    def own_price(self) -> tuple[float, float] | None: ...
    @property
    def daily_tokens(self) -> int: ...


PROXY_HINT = (
    "Check openai.proxy and the proxy. If it asks for a login, enter that with"
    " `mynah config set model_proxy_login`."
)


class HostStanding:
    """Remembers why a host, or one of its models, is not to be asked for a while."""

    def __init__(
        self,
        name: str,
        clock: Callable[[], float],
        throttle: Throttle,
        on_wrong_address: Callable[[str], None],
        proxy_in_use: Callable[[], str] = lambda: "",
    ) -> None:
        """Prepare without troubles.

        Args:
            on_wrong_address: Hears the host's name when no API answers there.
            proxy_in_use: Returns the address of the proxy on the way, if there is one.
        """
        self._proxy_in_use = proxy_in_use
        self._name = name
        self._clock = clock
        self._throttle = throttle
        self._on_wrong_address = on_wrong_address
        self._troubles: dict[tuple[str, str], tuple[Trouble, float]] = {}
        """By address, and model unless it is of all, with the time of their end."""

    def latest(self, url: str) -> Trouble | None:
        """Return the latest problem at an address that is not over."""
        live = [
            trouble
            for (where, _), (trouble, until) in self._troubles.items()
            if where == url and until > self._clock()
        ]
        return live[-1] if live else None

    def refuses(self, url: str, model: str) -> str | None:
        """Return why a model at an address is not to be asked now, or None."""
        for scope in ("", model):
            trouble, until = self._troubles.get((url, scope), (None, 0.0))
            if trouble and until > self._clock():
                return str(trouble)
        return None

    def forget(self) -> None:
        """Retry at once."""
        self._troubles.clear()

    def error_of(
        self, error: Exception, model: str, address: Address, *, has_begun: bool = False
    ) -> ProviderError:
        """Remember the kind of problem, and describe it."""
        headers: Mapping[str, str] = {}
        if response := getattr(error, "response", None):
            headers = response.headers
            self._throttle.note(headers)
        trouble = describe(
            error, address.host, model, has_begun=has_begun, name=self._name
        )
        if trouble.kind == "unreachable" and (proxy := self._proxy_in_use()):
            reason = f"{address.host} cannot be reached through the proxy {proxy}."
            trouble = replace(trouble, reason=reason, hint=PROXY_HINT)
        if trouble.kind == "path":
            self._on_wrong_address(self._name)
        if trouble.stay_away_seconds:
            scope = model if trouble.is_of_model else ""
            until = self._clock() + trouble.stay_away_seconds
            self._troubles[address.url, scope] = (trouble, until)
        elif wait := retry_after(headers):
            self._throttle.block(min(wait, MOST_BLOCK_SECONDS))
        kinds = {"loading": LoadingError, "input": InputRefusedError}
        return kinds.get(trouble.kind, ProviderError)(trouble.reason, trouble.hint)


def no_key(name: str, address: Address) -> str:
    """Say that a host's key is missing, and which one that is."""
    how = to_enter_key(name, is_openai=address.is_openai)
    whose = "OpenAI key" if address.is_openai else f"key for {address.host}"
    return f"no {whose} is set; enter one with {how}"
