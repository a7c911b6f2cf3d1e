"""The places where a home keeps words of chats: the table that the receipt searches."""

from collections.abc import Mapping
from typing import NamedTuple


class TextStore(NamedTuple):
    """A place with words of chats, and what takes forgotten ones out of it."""

    name: str
    tables: tuple[str, ...]
    """Tables of the database."""
    files: tuple[str, ...]
    """Entries of a home, as patterns."""
    emptied_by: str
    """In words, for the architecture page."""


STORES = (
    TextStore(
        "messages",
        ("message", "attachment"),
        (),
        "`delete` in `app/store/forgetting.py`; it leaves a tombstone in"
        " `app/store/tombstones.py`",
    ),
    TextStore(
        "the index of the search",
        ("message_index", "message_index_part"),
        (),
        "the triggers of `app/store/search/message_index.py` at once, `compact` in"
        " `app/store/database.py` on disk",
    ),
    TextStore(
        "replies and drafts",
        ("reply", "reply_source", "feedback"),
        (),
        "`blank_replies` and `delete_replies` in `app/store/forgetting.py`",
    ),
    TextStore(
        "summaries",
        ("conversation",),
        (),
        "`count_anew`, `drop_summaries` and `drop_all_summaries` in"
        " `app/store/conversations.py`",
    ),
    TextStore(
        "names of people",
        ("member",),
        (),
        "`delete_author` and `delete_people` in `app/store/forgetting.py`",
    ),
    TextStore(
        "facts of members",
        ("member_fact",),
        (),
        "the database's cascade, as each goes with its message, `remove` in"
        " `app/store/given/facts.py`, and `app/store/given/cleared.py` for the owner",
    ),
    TextStore(
        "servers chosen for direct messages",
        ("home_value",),
        (),
        "`delete_author` and `delete_guild` in `app/store/forgetting.py`",
    ),
    TextStore(
        "names of channels",
        ("channel",),
        (),
        "`delete_channel` in `app/store/forgetting.py`",
    ),
    TextStore(
        "lorebooks",
        ("lore_entry",),
        (),
        "`remove` and `remove_all` in `app/store/given/lore.py`; nothing in them is"
        " learned",
    ),
    TextStore(
        "vectors",
        ("embedding",),
        ("guilds/*/index",),
        "the database's cascade, and `app/service/memory_keeper.py`",
    ),
    TextStore(
        "the database's pages and log",
        (),
        ("mynah.db", "mynah.db-wal", "mynah.db-shm"),
        "`compact` and `truncate_log` in `app/store/database.py`",
    ),
    TextStore(
        "voices",
        (),
        ("guilds/*/voice",),
        "`app/service/voices/forgetter.py` at once,"
        " `app/service/voices/voice_files.py` on disk",
    ),
    TextStore(
        "token voices",
        (),
        ("guilds/*/tokens",),
        "`app/service/voices/token_voices.py` at once, then on disk",
    ),
    TextStore(
        "copies made before an update",
        (),
        ("backups",),
        "`app/service/voices/voice_files.py`",
    ),
    TextStore(
        "unfinished files",
        (),
        ("tmp",),
        "`app/service/bootstrap.py` at every start",
    ),
    TextStore(
        "files sent with /train",
        (),
        ("uploads",),
        "`app/service/voices/uploads.py`, once all of them is learned",
    ),
    TextStore(
        "logs",
        (),
        ("logs",),
        "nobody, as no message is logged; the receipt searches them",
    ),
)

TABLES_WITHOUT_TEXT: Mapping[str, str] = {
    "guild": "the server's name",
    "row_numbers": "a number",
    "conversation_link": "row numbers",
    "sent_message": "Discord's ids of the bot's own messages",
    "consent": "purposes and hosts",
    "usage": "counts, and names of hosts and models",
    "import_checkpoint": "fingerprints of files",
    "setting": "what the owner set",
    "meter_week": "figures",
    "comparison": "row numbers",
    "character": "names, descriptions and pictures out of the cards of moderators",
    "character_hook": "Discord's ids of webhooks",
    "voice_change": "row numbers",
    "voice_gap": "row numbers",
    "snapshot": "row numbers, and what the owner and moderators set or wrote",
    "tombstone": "keyed hashes",
    "forgotten_span": "keyed hashes and times",
    "forgotten_twin": "keyed hashes",
}
"""Every other table, and what it holds instead."""

FILES_WITHOUT_TEXT = (
    "config.toml",
    "reserve",
    "prices.toml",
    "secrets.json",
    "author.key",
    "models",
    "embedding-models",
    "hosts",
    "discord.json",
    "crashed-models.json",
    "model-speeds.json",
    "telemetry-removed",
    "theme",
    "tour-shown",
    "layout.json",
    "lock",
    "endpoint.json",
    "metrics.key",
)
"""Every other entry of a home; the receipt leaves them out."""


def searched(is_file: bool) -> list[str]:
    """The names of the stores that the receipt searches: those with files here.

    Args:
        is_file: The database is a file of the home.
    """
    return [
        store.name
        for store in STORES
        if is_file or (store.files and "mynah.db" not in store.files)
    ]


def as_rows() -> list[str]:
    """The table as the architecture page has it."""
    return [
        f"| {store.name} | {_where(store)} | {store.emptied_by} |" for store in STORES
    ]


def _where(store: TextStore) -> str:
    parts = [f"`{name}`" for name in (*store.tables, *store.files)]
    return ", ".join(parts)
