"""Only what a command needs is built."""

import subprocess
import sys
from functools import cached_property

from app.core.paths import Home
from app.ipc import control
from app.service.app_context import AppContext
from app.service.service import open_service
from app.store import guilds
from tests.asking import Nobody

LOADED = """
import sys
from app.cli import main
try:
    main(["--home", sys.argv[1], "guilds"])
except SystemExit:
    pass
print(*sys.modules)
"""

HEAVY = {
    "app.providers.registry",
    "app.providers.local.provider",
    "app.providers.openai.provider",
    "app.memory.embedder",
    "app.memory.memory",
    "app.replies.replier",
    "app.conversations.conversations",
    "openai",
    "fastembed",
    "llama_cpp",
    "discord",
}


def built(context: AppContext) -> set[str]:
    """Names of the parts that exist."""
    kinds = vars(AppContext)
    return {
        name for name in vars(context) if isinstance(kinds.get(name), cached_property)
    }


def test_listing_the_servers_loads_no_provider_no_memory_and_no_library_of_theirs(
    home: Home,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(home.root)],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(done.stdout.split())
    assert "app.service.handlers.guilds" in loaded
    assert loaded & HEAVY == set()


async def test_listing_the_servers_builds_voices_and_nothing_that_answers(
    home: Home,
) -> None:
    async with open_service(home) as service:
        await service.context.database.run(guilds.ensure, "Elsinore")
        await service.call(Nobody(), control.Guilds())
        # The files that wait to be learned are looked for at every start.
        assert built(service.context) == {"voices", "jobs", "uploads"}


async def test_forgetting_reaches_the_memory_though_nothing_had_opened_it(
    home: Home,
) -> None:
    async with open_service(home) as service:
        await service.context.database.run(guilds.ensure, "Elsinore")
        request = control.Forget(guild="Elsinore", everything=True)
        await service.call(Nobody(), request)
        assert {"memory", "token_voices"} <= built(service.context)


async def test_every_request_of_the_service_has_its_handler(home: Home) -> None:
    async with open_service(home) as service:
        handlers = dict(service.handlers)
    known = {kind.method for kind in control.REQUESTS}
    discord = {kind.method for kind in control.DISCORD_REQUESTS}
    assert set(handlers) == known - discord
