"""Checks the hosts that replies come from."""

import asyncio

from app.core.errors import AppError, ConfigError
from app.ipc.control import Check, SecretTestReply
from app.service.app_context import AppContext
from app.service.hosts.host_users import hosts_in_use, without_consent
from app.settings import host_keys
from app.settings.consent import how_to_agree
from app.settings.host_names import OPENAI, to_choose_model, to_enter_key
from app.settings.hosts import Host, host_of, hosts_for, hosts_of, needs_key, preset_of

MOST_LOADING_SECONDS = 60.0


async def check_hosts(context: AppContext) -> list[Check]:
    """Check every host in use, and OpenAI if its key is here.

    Where the servers cannot be asked for theirs, those of the home are checked.
    """
    home = context.settings.home
    found, hosts = [], hosts_for(home)
    try:
        hosts = await hosts_in_use(context)
        openai = host_of(home, OPENAI)
        if not hosts and openai.address.is_openai:
            if await asyncio.to_thread(host_keys.get, context.home, openai):
                hosts = [openai]
    except AppError as error:
        found = [Check("hosts", False, error.message, error.hint)]
    found += [await check_host(context, host) for host in hosts]
    off = Check("cloud", True, "Off; everything stays on this computer.")
    return [*(found or [off]), *await _keys_left_over(context)]


async def _keys_left_over(context: AppContext) -> list[Check]:
    """Name the keys that hosts left which were deleted from the settings' file."""
    hosts = hosts_of(context.settings.home)
    left = await asyncio.to_thread(host_keys.left_over, context.home, hosts)
    return [
        Check(
            "keys",
            False,
            f"{host}_key is still kept, but there is no host {host}.",
            f"Delete it: `mynah config set {host}_key`, and enter nothing.",
        )
        for host in (name.removesuffix("_key") for name in left)
    ]


def _title(host: Host) -> str:
    return "cloud" if host.name == OPENAI else f"host {host.name}"


async def check_host(context: AppContext, host: Host) -> Check:
    """Check a host; one of the owner's is asked for a word."""
    title = _title(host)
    try:
        detail = await _answers(context, host)
        await _agreed(context, host)
        _priced(context, host)
        _fused(context, host)
    except AppError as error:
        hint = error.hint or (
            f"Check {host.section}.base_url and the internet connection."
        )
        return Check(title, False, error.message, hint)
    return Check(title, True, detail)


async def _answers(context: AppContext, host: Host) -> str:
    address = host.address
    key = await asyncio.to_thread(host_keys.get, context.home, host)
    if needs_key(address) and not key:
        whose = "OpenAI key" if address.is_openai else f"key for {address.host}"
        hint = f"Enter it with {to_enter_key(host.name, is_openai=address.is_openai)}."
        raise ConfigError(f"There is no {whose}.", hint)
    models = await context.host_finder.look(host)
    host = host_of(context.settings.home, host.name)
    if not _offers(models, host):
        hint = f"Choose one with {to_choose_model(host.name)}."
        raise ConfigError(
            f"{host.address.described} does not offer {host.model}.", hint
        )
    told = "" if address.is_cloud else await _first_word(context, host)
    return f"{host.address.described} offers {host.model}.{told}"


def _offers(models: list[str], host: Host) -> bool:
    """Tell if a list has the host's model.

    Ollama lists `llama3.2:latest` for `llama3.2`; llama-server answers to every name,
    and Azure lists models where it takes the names of deployments.
    """
    preset = preset_of(host.address)
    if preset and preset.name in ("azure", "llamaserver"):
        return True
    return host.model in models or f"{host.model}:latest" in models


async def _first_word(context: AppContext, host: Host) -> str:
    """Have a host of the owner's say a word, and tell how long it took."""
    provider = context.providers.host(host.name)
    try:
        async with asyncio.timeout(MOST_LOADING_SECONDS):
            await provider.measure()
    except TimeoutError:
        return f" It is still loading: {provider.loading()}."
    seconds = provider.first_word_seconds()
    return "" if seconds is None else f" First word after {seconds:.1f} s."


async def _agreed(context: AppContext, host: Host) -> None:
    if names := await without_consent(context, host):
        where = host.address.name
        raise ConfigError(
            f"Nobody agreed to send words of {names} to {where}.",
            "Replies stay here until you agree:"
            f" `{how_to_agree('replies', host.name)}`.",
        )


def _priced(context: AppContext, host: Host) -> None:
    """Refuse a host whose price nobody knows."""
    if question := price_question(context, host):
        raise ConfigError(*question)


def price_question(context: AppContext, host: Host) -> tuple[str, str] | None:
    """Return what to ask an owner whose host has an unknown price, and the remedy."""
    preset = preset_of(host.address)
    is_told = preset is not None and preset.reports_cost
    is_known = host.own_price is not None or context.prices.knows(host.model)
    if not host.address.is_cloud or is_told or is_known or host.daily_tokens:
        return None
    if context.providers.host(host.name).bills:
        return None
    return (
        f"The price of {host.model} at {host.address.name} is unknown. Mynah counts it"
        " as the dearest model it knows.",
        f"Set {host.section}.input_price and {host.section}.output_price in dollars per"
        f" million tokens, or a budget in tokens: {host.section}.daily_tokens.",
    )


def _fused(context: AppContext, host: Host) -> None:
    """Refuse a host that was to write with the voice, and cannot."""
    if host.settings.fused and (reason := why_unfused(context, host)):
        raise ConfigError(
            f"{host.name} writes without the voice: {reason}.",
            "`mynah help many-servers` tells how vLLM starts with its plug-in; or"
            f" switch {host.section}.fused off.",
        )


def why_unfused(context: AppContext, host: Host) -> str:
    """Return why the voice cannot write with a host's model; empty if it can."""
    if not host.fuses:
        return "it is in the cloud"
    if not context.home.host_tokenizer(host.model).exists():
        return f"the plug-in has not started here with {host.model}"
    return ""


async def test_key(context: AppContext, host: Host) -> SecretTestReply:
    """Send a host a tiny request that carries its key."""
    address = host.address
    key = await asyncio.to_thread(host_keys.get, context.home, host)
    if not key:
        hint = f"Enter it with {to_enter_key(host.name, is_openai=address.is_openai)}."
        return SecretTestReply(False, f"No key is set for {address.host}.", hint)
    if trouble := await _refusal(context, host):
        return trouble
    try:
        models = await context.providers.host(host.name).models()
    except AppError:
        # A key may be good for chat alone.
        models = []
    told = f"The key works; {address.host} answers as {host.model}."
    return SecretTestReply(True, told, models=models)


async def test_proxy(context: AppContext) -> SecretTestReply:
    """Send a host in the cloud a tiny request through the proxy.

    That is the first one in use, or else the first one that may be asked.
    """
    home = context.settings.home
    if not home.openai.proxy:
        hint = "Set openai.proxy to its address."
        return SecretTestReply(False, "There is no proxy on the way to hosts.", hint)
    hosts = [*await hosts_in_use(context), *hosts_of(home)]
    for host in hosts:
        if not (host.has_address and host.address.is_cloud):
            continue
        key = await asyncio.to_thread(host_keys.get, context.home, host)
        if key or not needs_key(host.address):
            told = f"{host.address.host} answers through the proxy."
            return await _refusal(context, host) or SecretTestReply(True, told)
    return SecretTestReply(
        False,
        "No host in the cloud can be asked through the proxy.",
        "Add one with `mynah hosts add NAME`, or enter its key.",
    )


async def _refusal(context: AppContext, host: Host) -> SecretTestReply | None:
    """Ask a host for a word; return why it says none."""
    provider = context.providers.host(host.name)
    provider.forget_troubles()
    try:
        await provider.greet()
    except AppError as error:
        return SecretTestReply(False, error.message, error.hint)
    return None
