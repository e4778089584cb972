"""Does the store hold what the server has? The comparison of an audit. Pure.

Objects change while we look, so a list at resourceVersion L and the rows that a watch has brought as far as S
are never of the same moment. What can be said at once, with S and L of one history:

    S ≥ L   the watch has passed the list: a row not newer than L must be in the list, as it is there;
            a listed object without a row may have been deleted since.
    S < L   the list is ahead: a listed object not newer than S must have a row, as it is listed;
            a row that is not listed may have been deleted since, and its event is on the way.

The rest is only a suspicion. It becomes drift when a second look, at least a bookmark's time later, finds the
same object in the list and still the same row, or no row, beside it: no event takes so long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mirror.keys import compare_resource_versions

__all__ = ["Look", "Name", "Suspect", "Version", "drift", "suspects"]

Name = tuple[str, str]
"""(namespace, name)"""


class Version(NamedTuple):
    """Which object, and which state of it."""

    uid: str
    resource_version: str


class Look(NamedTuple):
    """What the server listed and what the store held, one after the other.

    listed_at, stored_at: the resourceVersion of the list, and of what the watch has brought to the store.
    """

    listed: Mapping[Name, Version]
    listed_at: str
    stored: Mapping[Name, Version]
    stored_at: str

    @property
    def passed(self) -> bool:
        """The watch has brought everything up to the list. Never true where versions cannot be compared."""
        return _is_at_most(self.listed_at, self.stored_at)


class Suspect(NamedTuple):
    """An object that is not the same on both sides; None: not there.

    certain: no event can explain it. passed: the watch had passed the list.
    """

    listed: Version | None
    stored: Version | None
    certain: bool
    passed: bool


def suspects(look: Look) -> dict[Name, Suspect]:
    """The objects that differ; not those that have changed since the list, if the watch has passed it."""
    found: dict[Name, Suspect] = {}
    for name in look.listed.keys() | look.stored.keys():
        listed, stored = look.listed.get(name), look.stored.get(name)
        if listed != stored and not _is_later(stored, look):
            found[name] = Suspect(listed, stored, _is_certain(listed, stored, look), look.passed)
    return found


def drift(first: Mapping[Name, Suspect], second: Mapping[Name, Suspect]) -> frozenset[Name]:
    """The suspects of two looks for which no change in between can account."""
    return frozenset(name for name, now in second.items() if name in first and _confirms(first[name], now))


def _is_later(stored: Version | None, look: Look) -> bool:
    """The row is of a time after the list, which therefore says nothing about it."""
    return (
        stored is not None
        and look.passed
        and _is_at_most(look.listed_at, stored.resource_version)
        and look.listed_at != stored.resource_version
    )


def _is_certain(listed: Version | None, stored: Version | None, look: Look) -> bool:
    if look.passed:
        return stored is not None
    return listed is not None and _is_at_most(listed.resource_version, look.stored_at)


def _confirms(before: Suspect, now: Suspect) -> bool:
    if now.certain:
        return True
    # An object that is in both lists was there all the time between them. Without a row it may have been on
    # the way at the first look, and deleted after the list of the second: unless one of these is ruled out.
    stayed = _uid(before.listed) == _uid(now.listed) and before.stored == now.stored
    return stayed and (before.passed or not now.passed)


def _uid(version: Version | None) -> str | None:
    return None if version is None else version.uid


def _is_at_most(version: str, other: str) -> bool:
    try:
        return compare_resource_versions(version, other) <= 0
    except ValueError:
        return False
