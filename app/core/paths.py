"""Every file and directory of the program; the only module that uses appdirs."""

import os
import site
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import appdirs

from app.core.names import GuildId, typed_path
from app.core.system import private

TREE: Mapping[str, str] = {
    "config.toml": "the settings; edit it while Mynah runs",
    "prices.toml": "your own prices of cloud models, if you create this file",
    "secrets.json": "bot token and keys, on a computer without a keyring",
    "author.key": "the key for hashing author ids",
    "mynah.db": "everything learned, said and spent (SQLite)",
    "guilds": "voices and indexes, one folder per server; rebuilt from the database",
    "models": "language models",
    "embedding-models": "embedding models",
    "hosts": "vocabularies of hosts whose models write with the voice",
    "backups": "the database before an update changed its tables",
    "logs": "the log, at most 6 MB",
    "discord.json": "the state of the Discord connection across restarts",
    "crashed-models.json": "crashed models, set aside until you try them again",
    "model-speeds.json": "how fast each model wrote when it was last loaded",
    "theme": "the colors of the screens that you chose last",
    "tour-shown": "a marker: the screens named their five keys",
    "layout.json": "the panels of the screens that you enlarged or hid",
    "reserve": "8 MB of room for the day that the disk is full",
    "tmp": "files that are not finished yet; emptied at every start",
    "uploads": "files sent with /train, until all of them is learned",
    "telemetry-removed": "a marker that a library's leftovers were deleted",
    "lock": "the lock of the one process that writes here",
    "endpoint.json": "the address of the running bot for commands and screens",
    "metrics.key": "the key to the bot's figures, if `metrics.port` is set",
}
"""The contents of a home, with their purpose."""


@dataclass(frozen=True)
class Home:
    """The data directory of one installation."""

    root: Path

    @property
    def config_file(self) -> Path:
        return self.root / "config.toml"

    @property
    def secrets_file(self) -> Path:
        """The file for secrets without an OS keyring; only the owner can read it."""
        return self.root / "secrets.json"

    @property
    def prices_file(self) -> Path:
        """The owner's own prices of cloud models, which replace the shipped ones."""
        return self.root / "prices.toml"

    @property
    def author_key_file(self) -> Path:
        """The key for hashing author ids."""
        return self.root / "author.key"

    @property
    def database(self) -> Path:
        return self.root / "mynah.db"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def theme_file(self) -> Path:
        """The name of the screens' theme."""
        return self.root / "theme"

    @property
    def tour_marker(self) -> Path:
        """A marker: the screens have named their keys once."""
        return self.root / "tour-shown"

    @property
    def layout_file(self) -> Path:
        """The panels that are enlarged or hidden, of each screen."""
        return self.root / "layout.json"

    @property
    def lock_file(self) -> Path:
        """The lock of the one process that writes this home."""
        return self.root / "lock"

    @property
    def endpoint_file(self) -> Path:
        """The loopback port and key of the running bot."""
        return self.root / "endpoint.json"

    @property
    def metrics_key_file(self) -> Path:
        """The key to the figures of the running bot."""
        return self.root / "metrics.key"

    @property
    def discord_file(self) -> Path:
        """The state of the Discord connection across restarts."""
        return self.root / "discord.json"

    @property
    def crashed_models_file(self) -> Path:
        """The models that ended their process and are set aside."""
        return self.root / "crashed-models.json"

    @property
    def model_speeds_file(self) -> Path:
        """Each model's speed when it was last loaded."""
        return self.root / "model-speeds.json"

    @property
    def reserve_file(self) -> Path:
        """Room that is given to the database when the disk is full."""
        return self.root / "reserve"

    @property
    def temporary(self) -> Path:
        """Folder for files that are not finished yet."""
        return self.root / "tmp"

    @property
    def uploads(self) -> Path:
        """Folder for files that people sent, until all of them is learned."""
        return self.root / "uploads"

    @property
    def telemetry_marker(self) -> Path:
        """A marker: the leftovers of a library outside the home were deleted."""
        return self.root / "telemetry-removed"

    @property
    def log_file(self) -> Path:
        return self.root / "logs" / "mynah.log"

    @property
    def models(self) -> Path:
        """The folder of language models, one file each."""
        return self.root / "models"

    @property
    def embedding_models(self) -> Path:
        return self.root / "embedding-models"

    @property
    def hosts(self) -> Path:
        """The folder where the plug-ins of hosts put their models' tokenizers."""
        return self.root / "hosts"

    def host_tokenizer(self, model: str) -> Path:
        """Return the file of the tokenizer of a host's model, by the model's name."""
        # The screens name their home before they choose hashes without OpenSSL.
        import hashlib

        return self.hosts / f"{hashlib.sha256(model.encode()).hexdigest()[:24]}.json"

    @property
    def guilds(self) -> Path:
        """The folder of all guilds' derived files."""
        return self.root / "guilds"

    def guild(self, row: int) -> Path:
        """Return the folder of a guild's derived files, by its row id."""
        return self.guilds / str(row)

    def voice(self, guild: GuildId) -> Path:
        return self.guild(guild) / "voice"

    def token_voice(self, guild: GuildId, vocabulary: str) -> Path:
        """Return the folder of a guild's token voice for one model vocabulary."""
        return self.guild(guild) / "tokens" / vocabulary

    def index(self, guild: GuildId) -> Path:
        """Return the folder of the nearest-neighbor index of a guild's embeddings."""
        return self.guild(guild) / "index"

    def present(self) -> dict[str, list[Path]]:
        """Return the existing entries of `TREE`, with files SQLite puts beside them."""
        found = {
            name: [
                path
                for path in (self.root / name, *self._beside(name))
                if path.exists()
            ]
            for name in TREE
        }
        return {name: paths for name, paths in found.items() if paths}

    def _beside(self, name: str) -> list[Path]:
        suffixes = ("-wal", "-shm") if name == self.database.name else ()
        return [self.root / f"{name}{suffix}" for suffix in suffixes]

    def create(self) -> "Home":
        """Make the directory, readable only by the owner."""
        if not self.root.is_dir():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            private.keep(self.root)
        return self


def find_home(chosen: str | None, environ: Mapping[str, str] = os.environ) -> Home:
    """Return the home from the command line, else MYNAH_HOME, else the platform's."""
    named = chosen or environ.get("MYNAH_HOME")
    root = Path(named) if named else Path(appdirs.user_data_dir("mynah", False))
    return Home(typed_path(root).resolve())


INSTALLED = Path("share", "mynah")
"""The place of the program's files in an environment that pip, pipx or uv made."""


def bundle() -> Path:
    """Return the directory with `assets` and `models.txt`, wherever Mynah runs from."""
    frozen = getattr(sys, "_MEIPASS", None)
    places = [
        Path(frozen) if frozen else Path(__file__).resolve().parents[2],
        Path(sys.prefix) / INSTALLED,
        Path(site.getuserbase()) / INSTALLED,
    ]
    return next((one for one in places if (one / "models.txt").is_file()), places[0])


def asset(name: str) -> Path:
    """Return a file shipped with the program."""
    return bundle() / "assets" / name


SAMPLE_GUILD = "The Globe"
CHAT_SAMPLE = "The Leaky Kettle"
SAMPLES = {
    CHAT_SAMPLE: "ten friends who chat",
    SAMPLE_GUILD: "eight plays of Shakespeare",
}
"""The sample guilds, by the names under which they are learned: their contents."""


def sample_file(guild: str = SAMPLE_GUILD) -> Path:
    """Return the messages of a sample guild, in the interchange format."""
    return asset("sample") / f"{guild.lower().replace(' ', '-')}.jsonl.gz"


def own_command() -> list[str]:
    """Return the command that starts this program again, in any role."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "app"]
