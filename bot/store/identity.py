"""Turns ids of people and servers into keyed hashes, the only form in which they are stored.

The key is a file beside the database that nobody else may read. Without it nobody can tell whose row
is whose, not by trying all ids either; deleting it makes every row anonymous for good.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from bot.errors import StoreError

KEY_FILE = "identity.key"
_KEY_BYTES = 32
_HASH_BYTES = 16


class Identity:
    """Hashes with one installation's key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, data_dir: Path) -> "Identity":
        """Reads the key of an installation, making it at the first start.

        Raises:
            StoreError: the file cannot be read or written, or is not a key.

        """
        path = data_dir / KEY_FILE
        try:
            if not path.exists():
                data_dir.mkdir(parents=True, exist_ok=True)
                _make_key(path)
            key = path.read_bytes()
        except OSError as error:
            raise StoreError(
                f"The key {path} cannot be opened ({error.strerror}); check its owner."
            ) from error
        if len(key) != _KEY_BYTES:
            raise StoreError(f"{path} is not a key; restore it from a backup, or delete it to start afresh.")
        return cls(key)

    def person(self, user_id: int) -> str:
        """The name under which a Discord user is stored."""
        return self._hash(f"discord:{user_id}")

    def place(self, guild_id: int) -> str:
        """The name under which a server is stored."""
        return self._hash(f"guild:{guild_id}")

    def operator(self) -> str:
        """The name of whoever uses the console of this machine."""
        return self._hash("console")

    def _hash(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).digest()[:_HASH_BYTES].hex()


def _make_key(path: Path) -> None:
    # Whole or not at all, and never over another's: two first starts at once agree on one key.
    descriptor, new = tempfile.mkstemp(dir=path.parent, prefix=f".{KEY_FILE}.")
    try:
        with os.fdopen(descriptor, "wb") as file:  # mkstemp makes it 0600
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(new, path)
    finally:
        Path(new).unlink()
