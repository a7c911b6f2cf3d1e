"""The one way in for files: their format, their server, and what is left out.

Nothing is stored of a file that this gate does not let through.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.core.errors import UsageError
from app.core.names import is_same
from app.importers import leftovers
from app.importers.formats import discord_package, slack
from app.importers.head import Head
from app.importers.records import BrokenFileError, FileGuild
from app.importers.registry import TEXT, UNKNOWN_JSON, Importer, find_importer
from app.importers.sources import LeftOutFile, SourceFile, Sources
from app.importers.streams import READ_ERRORS, explain_read_error
from app.ipc.control import PassedOver, UnreadFile
from app.store.rows import StoredGuild

PACKAGES = ("package", "package-csv")
EMPTY_LIST = b"[]"

MOST_FAULTS = 1000
"""The most faults that are told of one import, so that a frame has room for them."""


class Target(NamedTuple):
    """The server that files are imported into."""

    name: str
    id: str | None = None
    """Discord's id, from Discord or from earlier files."""
    claimed: str | None = None
    """The name that earlier files without an id gave it."""

    @classmethod
    def of(cls, guild: StoredGuild) -> "Target":
        """Return a stored guild as a target."""
        id = guild.known_id
        is_of_id = (guild.claimed or "").isdigit()
        return cls(guild.name, id, None if is_of_id else guild.claimed)

    def is_it(self, guild: FileGuild) -> bool:
        """Tell if a file's server is this one."""
        if guild.id and self.id:
            return guild.id == self.id
        names = (self.name, self.claimed or self.name, self.id or self.name)
        return any(guild.is_named(name) for name in names)


class ReadingOptions(NamedTuple):
    """The owner's word on files that do not say it themselves."""

    as_format: str | None = None
    """The key of the format to read all files in."""
    dates: str | None = None
    """`dmy` or `mdy`: the order of day and month."""


class Accepted(NamedTuple):
    """A file in a known format."""

    source: SourceFile
    importer: Importer
    guilds: list[FileGuild]


@dataclass
class Survey:
    """The files of an import, by what they are."""

    accepted: list[Accepted] = field(default_factory=list)
    passed_over: list[LeftOutFile] = field(default_factory=list)
    faults: list[LeftOutFile] = field(default_factory=list)

    def servers(self) -> list[FileGuild]:
        """Return every server that the files name, each once."""
        found: list[FileGuild] = []
        named = [guild for file in self.accepted for guild in file.guilds]
        # Those with an id first: a mere name then belongs to one of them.
        for guild in sorted(named, key=lambda one: one.id is None):
            if not guild.is_private and not any(_is_one(guild, one) for one in found):
                found.append(guild)
        return found


def _is_one(one: FileGuild, other: FileGuild) -> bool:
    """Tell if two names mean one server; a private conversation is not a server."""
    if one.is_private or other.is_private:
        return False
    if one.id and other.id:
        return one.id == other.id
    return (
        one.name is not None
        and other.name is not None
        and is_same(one.name, other.name)
    )


def survey(sources: Sources, as_format: str | None = None) -> Survey:
    """Find the format and the server of each file."""
    found = Survey(passed_over=list(sources.passed_over), faults=list(sources.faults))
    for source in sources.files:
        try:
            importer = find_importer(Head(source), as_format)
            found.accepted.append(Accepted(source, importer, importer.guilds(source)))
        except BrokenFileError as error:
            _leave_out(found, source, str(error))
        except READ_ERRORS as error:
            _leave_out(found, source, explain_read_error(error))
    if as_format is None:
        _leave_out_text(found)
        _leave_out_package(found)
    return found


def _leave_out(found: Survey, source: SourceFile, reason: str) -> None:
    is_part = discord_package.is_part(source) or slack.is_list(source)
    if is_part and not source.is_given:
        found.passed_over.append(LeftOutFile(source.name, leftovers.PARTS))
    else:
        found.faults.append(LeftOutFile(source.name, reason))


def _leave_out_text(found: Survey) -> None:
    """Leave out text that lies beside exports; it is learned if the owner named it."""
    if all(file.importer is TEXT for file in found.accepted):
        return
    for file in found.accepted:
        if file.importer is TEXT and not file.source.is_given:
            left = LeftOutFile(file.source.name, leftovers.TEXT)
            found.passed_over.append(left)
    found.accepted = [
        file
        for file in found.accepted
        if file.importer is not TEXT or file.source.is_given
    ]


def _leave_out_package(found: Survey) -> None:
    """Leave out the many lists beside the messages of a data package."""
    packages = [
        file.source.name for file in found.accepted if file.importer.key in PACKAGES
    ]
    roots = {_folder(name, above=3) for name in packages}
    empty = [
        file.source
        for file in found.accepted
        if file.source.size < len(EMPTY_LIST) + 2
        and _folder(file.source.name, above=1) not in map(_folder, packages)
    ]
    lists = [one for one in found.faults if one.reason.startswith(UNKNOWN_JSON)]
    for name in [one.name for one in empty] + [one.name for one in lists]:
        path = name.replace("\\", "/")
        if any(root and path.startswith(f"{root}/") for root in roots):
            found.passed_over.append(LeftOutFile(name, leftovers.PARTS))
            found.accepted = [one for one in found.accepted if one.source.name != name]
            found.faults = [one for one in found.faults if one.name != name]


def _folder(name: str, above: int = 1) -> str:
    return "/".join(name.replace("\\", "/").split("/")[:-above])


class ChosenFiles(NamedTuple):
    """The files of one server."""

    files: list[Accepted]
    guild: FileGuild | None
    """The server as the files name it; None if none does."""
    keys: frozenset[str]
    """Its names in messages, where a file has those of several servers."""
    passed_over: list[LeftOutFile]


def choose(found: Survey, target: Target) -> ChosenFiles:
    """Choose the files of the target; the others are left out.

    Raises:
        UsageError: If the files are of several servers, none of them the target, or of
            another than it was before.
    """
    servers = found.servers()
    chosen = [one for one in servers if target.is_it(one)]
    if not chosen and len(servers) == 1:
        chosen = servers
        _check_same(servers[0], target)
    if len(servers) > 1 and len(chosen) != 1:
        raise _several(chosen or servers, target)
    guild = chosen[0] if chosen else None
    files, passed_over = [], []
    for file in found.accepted:
        reason = _other(file.guilds, guild)
        if reason:
            passed_over.append(LeftOutFile(file.source.name, reason))
        else:
            files.append(file)
    return ChosenFiles(files, guild, _keys(files, guild), passed_over)


def each(found: Survey) -> list[ChosenFiles]:
    """Return the files of every server, and those that name none."""
    private = [
        LeftOutFile(file.source.name, leftovers.PRIVATE)
        for file in found.accepted
        if file.guilds and all(one.is_private for one in file.guilds)
    ]
    choices = []
    for guild in found.servers():
        files = [
            file
            for file in found.accepted
            if any(_is_one(one, guild) for one in file.guilds)
        ]
        choices.append(ChosenFiles(files, guild, _keys(files, guild), private))
    nameless = [file for file in found.accepted if not file.guilds]
    if nameless:
        choices.append(ChosenFiles(nameless, None, frozenset(), private))
    return choices or [ChosenFiles([], None, frozenset(), private)]


def _keys(files: Sequence[Accepted], guild: FileGuild | None) -> frozenset[str]:
    """Return what the messages of a server call it."""
    theirs = [one for file in files for one in file.guilds]
    named = [one for one in theirs if guild and _is_one(one, guild)]
    return frozenset(key for one in named for key in (one.key, one.id, one.name) if key)


def summed_up(left_out: Sequence[LeftOutFile]) -> list[PassedOver]:
    """Count files by the reason that they are not read."""
    found: dict[str, list[str]] = {}
    for file in left_out:
        found.setdefault(file.reason, []).append(file.name)
    return [PassedOver(why, len(names), names[0]) for why, names in found.items()]


def told(faults: list[UnreadFile]) -> list[UnreadFile]:
    """Return the first faults, and how many more there are."""
    more = len(faults) - MOST_FAULTS
    if more <= 0:
        return faults
    last = UnreadFile(f"{more:,} more files", "they have faults, too")
    return [*faults[:MOST_FAULTS], last]


def notes_of(files: Sequence[Accepted]) -> list[str]:
    """Return what the formats of the files cannot tell."""
    lacks = dict.fromkeys(file.importer.lacks for file in files)
    return [f"{note}." for note in lacks if note]


def _other(guilds: Sequence[FileGuild], guild: FileGuild | None) -> str:
    """Return why a file of those servers is left out, "" if it is not."""
    if not guilds or (guild and any(_is_one(one, guild) for one in guilds)):
        return ""
    public = [one for one in guilds if not one.is_private]
    if not public:
        return leftovers.PRIVATE
    return f"files of another server ({public[0].name or public[0].id})"


def _check_same(guild: FileGuild, target: Target) -> None:
    """Refuse a second server in the voice of a first.

    Raises:
        UsageError: If the target is another server.
    """
    is_other = bool(guild.id and target.id and guild.id != target.id)
    if not guild.id and target.claimed:
        is_other = not is_same(guild.name or "", target.claimed)
    if is_other:
        name = guild.name or guild.id
        raise UsageError(
            f"The files are from {name}, not from {target.name}.",
            f'Import them as a server of their own: `mynah import "{name}" …`.',
        )


def _several(servers: Sequence[FileGuild], target: Target) -> UsageError:
    names = [one.name or one.id or "" for one in servers]
    if len({name.casefold() for name in names}) < len(names):
        ids = ", ".join(str(one.id) for one in servers)
        return UsageError(
            f"The files are from {len(names)} servers named {target.name}.",
            f"Give the id of one of them instead of its name: {ids}.",
        )
    return UsageError(
        f"The files are from {len(names)} servers, none of them {target.name}.",
        f"Name one of them: {', '.join(names)}.",
    )
