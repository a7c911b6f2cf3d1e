"""An index on disk: a cache beside the database, checked before hnswlib opens it."""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app.core.files import put, to_disk, unfinished, write_text
from app.memory.index import LINKS, Graph

_log = logging.getLogger(__name__)
_FORM = 3


@dataclass(frozen=True)
class Sidecar:
    """The facts about an index file that are known without opening it."""

    model: str
    dimension: int
    links: int
    count: int
    row_sum: int
    """Sum of the message rows, which distinguishes sets of the same size."""
    last: int
    """The newest embedding row in it; catching up goes on after it."""
    bytes: int
    sha256: str
    removed: list[int] = field(default_factory=list)
    """Rows whose places in the graph are empty."""
    form: int = _FORM

    def checksum(self) -> str:
        """Return the checksum of all these facts."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def save(graph: Graph, directory: Path, model: str, last: int) -> Sidecar:
    """Write index and sidecar so that a crash leaves both or neither."""
    directory.mkdir(parents=True, exist_ok=True)
    rows = graph.rows()
    with unfinished(directory / "index.bin") as temporary:
        graph.graph.save_index(str(temporary))
        # hnswlib does not check its writes, so a full disk shows here.
        size, digest = _sync_and_hash(temporary)
        sidecar = Sidecar(
            model,
            graph.dimension,
            LINKS,
            len(rows),
            int(rows.sum()),
            last,
            size,
            digest,
            graph.removed,
        )
        drop(directory)
        put(temporary, directory / "index.bin", is_synced=True)
    facts = asdict(sidecar) | {"checksum": sidecar.checksum()}
    write_text(directory / "sidecar.json", json.dumps(facts))
    return sidecar


def load(directory: Path, model: str, dimension: int) -> tuple[Graph, Sidecar] | None:
    """Load the saved graph; on any doubt, delete it and return None."""
    try:
        sidecar = _read(directory, model, dimension)
        graph = _open(directory / "index.bin", sidecar)
    except FileNotFoundError:
        graph = None
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        _log.warning("rebuilding the index in %s: %s", directory, error)
        graph = None
    if graph is None:
        drop(directory)
        return None
    return graph, sidecar


def _read(directory: Path, model: str, dimension: int) -> Sidecar:
    text = (directory / "sidecar.json").read_text(encoding="utf-8")
    facts = dict(json.loads(text))
    checksum = facts.pop("checksum", None)
    sidecar = Sidecar(**facts)
    if checksum != sidecar.checksum():
        raise ValueError("its sidecar has changed")
    if sidecar.form != _FORM or sidecar.links != LINKS:
        raise ValueError("it has another format")
    if (sidecar.model, sidecar.dimension) != (model, dimension):
        raise ValueError(f"it belongs to the model {sidecar.model}")
    file = directory / "index.bin"
    if file.stat().st_size != sidecar.bytes:
        raise ValueError("its size has changed")
    if _sync_and_hash(file)[1] != sidecar.sha256:
        raise ValueError("its checksum has changed")
    return sidecar


def _open(file: Path, sidecar: Sidecar) -> Graph:
    import hnswlib

    graph = hnswlib.Index(space="ip", dim=sidecar.dimension)
    room = 2 * (sidecar.count + len(sidecar.removed))
    graph.load_index(str(file), max_elements=room)
    loaded = Graph(sidecar.dimension, graph, removed=sidecar.removed)
    rows = loaded.rows()
    if (len(rows), int(rows.sum())) != (sidecar.count, sidecar.row_sum):
        raise ValueError("its rows have changed")
    return loaded


def size(directory: Path) -> int:
    """Return the size of a saved index in bytes; 0 without one."""
    file = directory / "index.bin"
    return file.stat().st_size if file.exists() else 0


def drop(directory: Path) -> None:
    """Delete the files of an index, the sidecar first."""
    for name in ("sidecar.json", "index.bin"):
        (directory / name).unlink(missing_ok=True)


def _sync_and_hash(path: Path) -> tuple[int, str]:
    """Sync a file to disk; return its size and sha256."""
    with path.open("rb+") as file:
        to_disk(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
