"""Where a store and the files beside it stand."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mirror.errors import StoreError

__all__ = ["StorePaths"]

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class StorePaths:
    """The store file and its sidecars; all of them are for their owner's eyes only.

    store: the SQLite file; SQLite adds `-wal` and `-shm` to its name.
    """

    store: Path

    @property
    def lock(self) -> Path:
        """Locked by the mirror that writes the store; holds its process id."""
        return self._beside("lock")

    @property
    def readers(self) -> Path:
        """A folder with one locked file per reader process."""
        return self._beside("readers")

    @property
    def requests(self) -> Path:
        """A folder in which readers ask for kinds that are not mirrored yet."""
        return self._beside("asked")

    @property
    def log(self) -> Path:
        """What a mirror in the background writes to."""
        return self._beside("log")

    @property
    def key(self) -> Path:
        """The key of the fingerprints that stand for secret values; never part of a snapshot."""
        return self._beside("key")

    @property
    def suspicion(self) -> Path:
        """Exists while a reader has met damage and no mirror has looked yet."""
        return self._beside("suspect")

    def create_folder(self) -> None:
        """Make the store's folder (0700) if there is none; a folder that exists stays as it is."""
        try:
            self.store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the folder of the store cannot be made: {error.strerror}",
                where=str(self.store.parent),
                hint="choose another place with --store",
            ) from error

    def fingerprint_key(self) -> bytes:
        """32 random bytes, made on first use; all processes that ask get the same ones.

        Raises StoreError when the file cannot be read or written, or holds something else.
        """
        try:
            if not self.key.exists():
                self.create_folder()
                self._create_key()
            key = self.key.read_bytes()
        except OSError as error:
            raise StoreError(
                f"the fingerprint key cannot be read or made: {error.strerror}", where=str(self.key)
            ) from error
        if len(key) != _KEY_BYTES:
            raise StoreError(
                f"the fingerprint key has {len(key)} instead of {_KEY_BYTES} bytes",
                where=str(self.key),
                hint="remove it together with the store: both are made anew",
            )
        return key

    def _create_key(self) -> None:
        # A hard link appears with its whole content or not at all, and never replaces another's.
        handle, name = tempfile.mkstemp(dir=self.store.parent, prefix=f".{self.key.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(name, self.key)
        finally:
            Path(name).unlink()

    def _beside(self, suffix: str) -> Path:
        return self.store.with_name(f"{self.store.name}.{suffix}")
