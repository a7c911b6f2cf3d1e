"""Reads files without storing anything, to know that an import of them will work."""

from collections.abc import Sequence
from pathlib import Path

from app.core.errors import UsageError
from app.importers import gate
from app.importers.file_reader import FileReader
from app.importers.gate import ReadingOptions, Target
from app.importers.sources import find_sources


def check(paths: Sequence[Path], target: Target) -> int:
    """Return the number of the target's messages in files that can be read whole.

    Raises:
        UsageError: If there is none, or a part of a file cannot be read.
    """
    count = 0
    with find_sources(paths) as sources:
        survey = gate.survey(sources)
        faults = [fault.reason for fault in survey.faults]
        choice = gate.choose(survey, target)
        for file in choice.files:
            reader = FileReader(file, choice.keys, ReadingOptions())
            count += sum(bool(record.text.strip()) for record in reader)
            faults += [error.text for error in reader.errors()]
    if faults:
        raise UsageError(f"That file cannot be read: {faults[0].rstrip('.')}.")
    if not count:
        raise UsageError("That file has no messages of this server.")
    return count
