"""The answer of search_fleet. Names and shapes are fixed, as those in query/results/answer.py."""

from __future__ import annotations

import msgspec

from query.results.answer import Answer, ObjectRef

__all__ = ["FoundValue", "Match", "SearchResult"]


class Match(msgspec.Struct, frozen=True):
    """health: "" for an object that only its events remember.

    field: name, chart, image, message, event, revision or label, where it was found first in this order.
    excerpt: what is said there. since: when the health began, RFC 3339, "" when nothing says so.
    """

    object: ObjectRef
    health: str
    field: str
    excerpt: str
    since: str = ""


class FoundValue(msgspec.Struct, frozen=True):
    """A chart with its version, or an image, and where it is in use. count: objects."""

    field: str
    value: str
    clusters: tuple[str, ...]
    count: int


class SearchResult(Answer, frozen=True, kw_only=True):
    """matches: the best first, those of one object in several clusters together.

    values, absent_in, unknown_in: only for a query about charts or images (`chart:`, `image:`), and exact:
    every value found, whatever `matches` leaves out; the clusters in which there is none; and those in which
    that cannot be told, each with the reason.
    searched: where was looked, one sentence.
    """

    matches: tuple[Match, ...]
    searched: str
    values: tuple[FoundValue, ...] = ()
    absent_in: tuple[str, ...] = ()
    unknown_in: tuple[str, ...] = ()
