"""The owner forgets an account that is stored under its proxied names alone."""

import time
from random import Random

from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.service.service import open_service
from app.store import authors, guilds
from app.store.authors import AuthorKey, ProxiedName
from tests.asking import ask


async def test_an_account_is_found_by_its_id_though_it_wrote_under_names_alone(
    home: Home,
) -> None:
    async with open_service(home, Random(1)) as service:
        run, voices = service.context.database.run, service.context.voices
        guild = (await run(guilds.ensure, "den")).id
        key = AuthorKey.load(home.author_key_file)
        linked = authors.linked_key("Luna", key.author("42"))
        name = key.author(authors.proxied_key("Luna"))
        luna = ProxiedName(name, key.author("42"), key.author(linked))
        await run(authors.link_proxied, guild, luna)
        now = int(time.time() * 1000)
        said = Record(linked, "Luna", "hello", "1", now, None, "general", "7")
        assert await voices.hear(guild, [said])
        gone = await ask(service, control.Forget("den", author="42"))
    assert gone.messages == 1
