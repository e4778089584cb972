"""Questions that cannot be answered as they were asked.

    MirrorError
    └── QueryError                 the person or the model asked for something that is not there
        ├── UnknownClusterError    no mirrored cluster of that name or glob
        ├── UnknownKindError       no cluster serves such a kind, or it is ambiguous
        ├── UnknownObjectError     no such object where we can see
        ├── SelectorError          a label selector, field path or format that does not parse
        ├── CursorError            a cursor that does not lead on: of another question, or of the past
        └── StaleDataError         `max_age` cannot be met

Each message names the nearest thing that does exist; exit code 2, and 3 for stale data.
"""

from __future__ import annotations

from mirror.errors import MirrorError

__all__ = [
    "CursorError",
    "QueryError",
    "SelectorError",
    "StaleDataError",
    "UnknownClusterError",
    "UnknownKindError",
    "UnknownObjectError",
]


class QueryError(MirrorError):
    """The question has to change."""

    exit_code = 2


class UnknownClusterError(QueryError):
    """No mirrored cluster of that name or glob."""


class UnknownKindError(QueryError):
    """No cluster serves such a kind, or several do and apiVersion must choose."""


class UnknownObjectError(QueryError):
    """No such object in the clusters asked; what could not be seen is named, never counted as empty."""


class SelectorError(QueryError):
    """A label selector, field path or option value that does not parse."""


class CursorError(QueryError):
    """A cursor of another question, or of a state of the store that is gone."""


class StaleDataError(QueryError):
    """The stored data is older than `max_age` allows."""

    retryable = True
    exit_code = 3
