"""The receipt: a search of the home for what was forgotten, in `stores.STORES`.

What to search for is taken before the deletion and kept in memory alone.
"""

import asyncio
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from app.core.names import GuildId
from app.core.patterns import WithoutThoseIn, groups, without_those_in
from app.ipc.control import Receipt
from app.ipc.jobs import SearchJob
from app.service import stores
from app.service.app_context import AppContext
from app.store import forgetting

SHORTEST = 12
"""Characters; what is shorter than that stands in files by chance."""

MOST = 2000
"""Texts searched for, the longest first."""

MOST_CHARS = 1 << 20
"""Of all texts together, so that they fit into one request."""


AT_ONCE = 10_000
"""Messages that are read together; replies read between them."""


async def texts_of(
    context: AppContext, guild: GuildId, rows: Sequence[int]
) -> list[str]:
    """Take the texts to search for, before they are forgotten."""
    return await context.database.run(forgetting.texts_of, guild, rows)


async def prove(context: AppContext, texts: Sequence[str]) -> Receipt:
    """Search the home for texts that were just forgotten."""
    chosen, different = await asyncio.to_thread(_chosen, texts)
    wanted = sorted(await _unsaid(context, chosen))
    job = SearchJob(wanted, list(stores.FILES_WITHOUT_TEXT))
    done = await context.jobs.run(job, lambda progress: None)
    return Receipt(
        stores.searched(isinstance(context.database.place, Path)),
        done.files,
        done.bytes,
        len(wanted),
        different - len(wanted),
        done.found,
    )


async def _unsaid(context: AppContext, texts: Sequence[str]) -> set[str]:
    """Return the texts that are part of no message that stays.

    It reads all messages once: by the index, a text of frequent words takes a second
    among ten million.
    """
    spelt = [text.encode(errors="surrogatepass") for text in texts]
    searches = [without_those_in(some) for some in groups(spelt)]
    left, row = set(spelt), 0
    while left:
        read = await context.reader.run(forgetting.texts_after, row, AT_ONCE)
        if not read:
            break
        row = read[-1][0]
        # No text has this byte, so none is found across two.
        said = b"\xff".join(text.encode(errors="surrogatepass") for _, text in read)
        left = await asyncio.to_thread(_left, searches, said)
    return {text.decode(errors="surrogatepass") for text in left}


def _left(searches: Sequence[WithoutThoseIn], said: bytes) -> set[bytes]:
    return {text for search in searches for text in search(said)}


def _chosen(texts: Sequence[str]) -> tuple[list[str], int]:
    """Return the texts to search for, and how many different ones there are."""
    long = {text for text in texts if len(text) >= SHORTEST}
    longest = sorted(long, key=len, reverse=True)[:MOST]
    lengths = accumulate(map(len, longest))
    chosen = [t for t, sum_ in zip(longest, lengths, strict=True) if sum_ <= MOST_CHARS]
    return chosen, len(set(texts))
