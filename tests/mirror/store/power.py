"""What a power cut may leave of a store: everything SQLite has synced, and any part of what it has not.

With synchronous=NORMAL a commit is not synced; the log is, before a checkpoint copies it into the store
file. So the frames that a checkpoint has copied are safe, and the others may be there or not, in any order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from random import Random

__all__ = ["HARM", "LOSES_NOTHING", "Harm"]

Harm = Callable[[Path, Random], None]

_LOG_HEADER, _FRAME_HEADER = 32, 24
_SECTOR = 512
_ATTEMPTED_AT = 128
"""Where the shared index of the log says how many frames are synced (nBackfillAttempted, walformat.html)."""


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _page_size(log: bytes | bytearray) -> int:
    return int(struct.unpack_from(">I", log, 8)[0])


def _synced(path: Path, log: bytes | bytearray) -> int:
    (frames,) = struct.unpack_from("=I", _beside(path, "-shm").read_bytes(), _ATTEMPTED_AT)
    return _LOG_HEADER + int(frames) * (_FRAME_HEADER + _page_size(log))


def log_is_cut(path: Path, random: Random) -> None:
    log = _beside(path, "-wal")
    content = log.read_bytes()
    log.write_bytes(content[: random.randint(_synced(path, content), len(content))])


def log_ends_in_zeros(path: Path, random: Random) -> None:
    log = _beside(path, "-wal")
    content = log.read_bytes()
    end = random.randint(_synced(path, content), len(content))
    log.write_bytes(content[:end] + bytes(len(content) - end))


def some_sectors_are_lost(path: Path, random: Random) -> None:
    log = _beside(path, "-wal")
    content = bytearray(log.read_bytes())
    first = -(-_synced(path, content) // _SECTOR)
    sectors = range(first, len(content) // _SECTOR)
    for sector in random.sample(sectors, min(len(sectors), random.randint(1, 40))):
        junk = random.choice([bytes(_SECTOR), random.randbytes(_SECTOR)])
        content[sector * _SECTOR : (sector + 1) * _SECTOR] = junk
    log.write_bytes(content)


def index_is_lost(path: Path, random: Random) -> None:
    shared = _beside(path, "-shm")
    if random.random() < 0.5:
        shared.unlink()
    else:
        shared.write_bytes(random.randbytes(32768))


def checkpoint_is_torn(path: Path, random: Random) -> None:
    """The log was synced, and then some pages got half-way into the store file."""
    log = _beside(path, "-wal").read_bytes()
    size = _page_size(log)
    pages: set[int] = set()
    waiting: set[int] = set()
    for at in range(_LOG_HEADER, len(log) - size, _FRAME_HEADER + size):
        page, commits = struct.unpack_from(">II", log, at)
        if log[at + 8 : at + 16] != log[16:24]:
            break  # what stands here is from before the log began anew
        waiting.add(page)
        if commits:
            pages, waiting = pages | waiting, set()
    pages.discard(1)  # its first bytes, all that matters before the log is read, never change
    with path.open("r+b") as file:
        for page in random.sample(sorted(pages), min(len(pages), 50)):
            file.seek((page - 1) * size + random.randrange(0, size, _SECTOR))
            file.write(random.randbytes(_SECTOR))


HARM: dict[str, Harm] = {
    "cut": log_is_cut,
    "zeros": log_ends_in_zeros,
    "sectors": some_sectors_are_lost,
    "index": index_is_lost,
    "torn": checkpoint_is_torn,
}
LOSES_NOTHING = ("index", "torn")
