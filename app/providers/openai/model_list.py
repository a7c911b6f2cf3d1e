"""The models that a host lists."""

import asyncio
from typing import TYPE_CHECKING

from app.core.errors import ProviderError, WrongAddressError
from app.providers.openai.errors import describe, status_of
from app.settings.base_url import Address
from app.settings.host_names import section_of

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MOST_SECONDS = 10.0


async def list_models(client: "AsyncOpenAI", address: Address, name: str) -> list[str]:
    """Return the models at an address, sorted by name.

    Args:
        name: The host's name, for the remedy.

    Raises:
        WrongAddressError: If there is no list.
        ProviderError: If the host is unreachable or refuses.
    """
    import openai

    try:
        async with asyncio.timeout(MOST_SECONDS):
            page = await client.models.list()
    except (openai.OpenAIError, TimeoutError, ValueError) as error:
        if status_of(error) in (404, 405) or isinstance(error, ValueError):
            raise _no_list(address, name) from error
        trouble = describe(error, address.host, "", name=name)
        raise ProviderError(trouble.reason, trouble.hint) from error
    found: object = page.data
    if not isinstance(found, list):
        # LM Studio answers 200 with an error to a path that it does not know.
        raise _no_list(address, name)
    return sorted(model.id for model in page.data)


def _no_list(address: Address, name: str) -> WrongAddressError:
    return WrongAddressError(
        f"{address.host} has no list of models at {address.url}.",
        f"Set {section_of(name)}.base_url to the address that ends in /v1/.",
    )
