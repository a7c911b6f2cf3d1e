"""Authors are stored under a keyed hash of their id, never the id itself."""

import hashlib
import os
import secrets
from pathlib import Path

DIGEST_BYTES = 16


class AuthorKey:
    """The key of one home; without its file no hash leads back to a person."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def load(cls, path: Path) -> "AuthorKey":
        """Read the key, or create it on first use; only the owner can read the file."""
        try:
            return cls(path.read_bytes())
        except FileNotFoundError:
            pass
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            # Linking fails if a second process was first; renaming would win.
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        return cls(path.read_bytes())

    def author(self, author_id: str) -> str:
        """Return the hash for this author's rows."""
        return self._digest(author_id, b"")

    def message(self, external: str) -> str:
        """Return the hash that marks a forgotten message, by its external id."""
        return self._digest(external, b"message")

    def _digest(self, text: str, purpose: bytes) -> str:
        digest = hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"),
            key=self._key,
            digest_size=DIGEST_BYTES,
            person=purpose,
        )
        return digest.hexdigest()
