"""How readers, who cannot write a store, tell its mirror what they would like to see: files in a folder."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec

from mirror.errors import StoreError
from mirror.keys import GroupKind
from mirror.store.paths import StorePaths

__all__ = ["Mailbox"]

_MOST_BYTES = 1024
_MOST_AT_ONCE = 100

_Name = Annotated[str, msgspec.Meta(max_length=253, pattern=r"^[A-Za-z0-9.-]*\Z")]


class _Request(msgspec.Struct):
    group: _Name
    kind: _Name


class Mailbox:
    """Requests for kinds, one file for each kind however often it is asked for, for the owner's eyes only.

    Promised: a request is seen whole or not at all. What is no request of ours is removed unread.
    Not promised: that a mirror is there to take it.
    """

    def __init__(self, paths: StorePaths) -> None:
        self._folder = paths.requests

    def ask(self, kind: GroupKind) -> None:
        """Ask for a kind. Raises StoreError when nothing can be written beside the store."""
        name = hashlib.sha256("\0".join(kind).encode()).hexdigest()[:16]
        unfinished = self._folder / f"{name}.{secrets.token_hex(4)}"
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(_Request(*kind)))
            unfinished.replace(self._folder / f"{name}.json")
        except OSError as error:
            raise StoreError(
                f"a kind cannot be asked for: {error.strerror}", where=str(self._folder)
            ) from error

    def take(self) -> list[GroupKind]:
        """What was asked for since the last time, at most a hundred requests."""
        found = []
        with suppress(OSError):
            for path in sorted(self._folder.glob("*.json"))[:_MOST_AT_ONCE]:
                request = _read(path)
                path.unlink()
                if request is not None:
                    found.append(GroupKind(request.group, request.kind))
        return found


def _read(path: Path) -> _Request | None:
    with path.open("rb") as file:
        body = file.read(_MOST_BYTES + 1)
    try:
        request = msgspec.json.decode(body, type=_Request)
    except (msgspec.DecodeError, RecursionError):
        return None
    return request if request.kind else None
