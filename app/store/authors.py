"""Authors are stored under a keyed hash of their id, never the id itself."""

import hashlib
import os
import secrets
from pathlib import Path

DIGEST_BYTES = 16


class AuthorKey:
    """The key of one home; without its file no hash can be tied to a person again."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def load(cls, path: Path) -> "AuthorKey":
        """Read the key, making it on first use; only the owner can read the file."""
        try:
            return cls(path.read_bytes())
        except FileNotFoundError:
            pass
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            # A link fails where a second process was first; a rename would win.
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        return cls(path.read_bytes())

    def author(self, author_id: str) -> str:
        """The hash under which this author's rows are stored."""
        return self._digest(author_id, b"")

    def message(self, external: str) -> str:
        """The hash under which a forgotten message is remembered, by its id outside."""
        return self._digest(external, b"message")

    def _digest(self, text: str, purpose: bytes) -> str:
        digest = hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"),
            key=self._key,
            digest_size=DIGEST_BYTES,
            person=purpose,
        )
        return digest.hexdigest()
