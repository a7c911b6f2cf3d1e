"""The words for what an import would learn or did learn, and for what it left out."""

from collections.abc import Sequence

from app.core.safe_text import safe_line
from app.ipc.control import (
    GuildFigures,
    ImportPreviewReply,
    ImportReply,
    PassedOver,
    UnreadFile,
)
from app.tui import format

MOST_FAULTS = 8

COUNTS = (
    "messages read",
    "learned or kept as context",
    "already known",
)


def preview(found: ImportPreviewReply) -> str:
    """Return what files hold, a line per server, and what is left out."""
    servers = [safe_line(one.in_words()) for one in found.servers if one.files]
    lines = servers or ["There is nothing to learn."]
    lines += [
        f"{format.many(count, 'message')} left out: {safe_line(reason)}"
        for reason, count in sorted(found.reasons.items())
    ]
    return "\n".join(
        lines + left_out(found.passed_over, found.refused, found.notes, found.errors)
    )


def left_out(
    passed_over: Sequence[PassedOver],
    refused: int,
    notes: Sequence[str],
    errors: Sequence[UnreadFile],
) -> list[str]:
    """Return a line per reason that a file or row is not learned."""
    lines = [
        f"{format.many(one.count, 'file')} passed over: {one.reason}"
        for one in passed_over
    ]
    if refused:
        lines.append(f"{format.many(refused, 'row')} unreadable")
    lines += [f"Note: {note.removesuffix('.')}." for note in notes]
    lines += [f"✕ {error.file}: {error.text}" for error in errors[:MOST_FAULTS]]
    if len(errors) > MOST_FAULTS:
        lines.append(f"✕ and {len(errors) - MOST_FAULTS} more faults")
    return [safe_line(line) for line in lines]


def fitting(
    found: ImportPreviewReply, known: Sequence[GuildFigures]
) -> list[tuple[str, str]]:
    """Return the servers to choose from, those that the files name first.

    Each is its name and how requests call it.
    """
    named = {one.name.casefold(): one.name for one in found.servers if one.name}
    ids = {one.id for one in found.servers if one.id}
    here = [
        (guild.guild, guild.key)
        for guild in known
        if guild.id in ids or guild.guild.casefold() in named
    ]
    there = [name for name in named.values() if _is_new(name, known)]
    rest = [(guild.guild, guild.key) for guild in known]
    new = [(f"{name} (new)", name) for name in there]
    return here + new + [one for one in rest if one not in here]


def names_one(found: ImportPreviewReply) -> bool:
    """Tell if the files name a server, or bring its id."""
    return any(one.name or one.id for one in found.servers)


def _is_new(name: str, known: Sequence[GuildFigures]) -> bool:
    return all(guild.guild.casefold() != name.casefold() for guild in known)


def result(reply: ImportReply) -> tuple[str, str]:
    """Return title and text of an import's results: total, by file, and failures."""
    counts = (reply.read, reply.added, reply.duplicates)
    lines = [
        f"{format.count(count):>8}  {what}"
        for count, what in zip(counts, COUNTS, strict=True)
    ]
    lines += [
        f"{format.count(count):>8}  left out: {safe_line(reason)}"
        for reason, count in sorted(reply.reasons.items())
    ]
    files = reply.files
    if len(files) > 1:
        lines.append("\n    read     new  file")
    for file in files if len(files) > 1 else []:
        read, added = format.count(file.read), format.count(file.added)
        lines.append(f"{read:>8}{added:>8}  {file.file}")
    lines += left_out(reply.passed_over, reply.refused, reply.notes, reply.errors)
    took = format.seconds(reply.seconds)
    return f"{reply.guild} in {took}", "\n".join(lines)
