"""A store as a test finds it: written in one commit, by the writer's own transactions, without its thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from mirror.clock import Clock
from mirror.keys import ScopeKey
from mirror.settings import WriterSettings
from mirror.store.changes import Change
from mirror.store.committer import Committer, Work
from mirror.store.pages import Pages
from mirror.store.paths import StorePaths
from mirror.store.transaction import Transaction

__all__ = ["applied", "commit", "committing", "replaced"]


def applied(*changes: Change) -> Work:
    """What Writer.apply() would do."""
    return lambda transaction: transaction.apply(*changes)


def replaced(scope: ScopeKey, pages: Pages, *changes: Change, at: float) -> Work:
    """What Writer.replace() would do, for a list of resourceVersion 10."""

    def work(transaction: Transaction) -> None:
        transaction.apply(*changes)
        transaction.replace(scope, pages, "10", at)

    return work


@contextmanager
def committing(path: Path, clock: Clock) -> Iterator[Committer]:
    """Something that writes the store, made if need be, for the length of the block."""
    committer = Committer(StorePaths(path), WriterSettings(), clock, closing=Event())
    try:
        yield committer
    finally:
        committer.close()


def commit(committer: Committer, works: Iterable[Work]) -> None:
    """Do all of it at once; raises what one of them fails with."""
    for error in committer.commit(list(works)):
        if error is not None:
            raise error
