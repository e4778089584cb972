"""Contexts that lead to one cluster with the same credentials: one mirrors it, the others are aliases."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from mirror.keys import ClusterName
from mirror.kube.access import User

__all__ = ["Aliases"]

_Key: TypeAlias = tuple[str, User]


class Aliases:
    """Who mirrors which cluster. Pure bookkeeping: the caller moves the rows and tells those concerned.

    A cluster is its uid and the credentials, however their entry is called: other credentials may see other
    things, so they have a copy of their own. The first context that comes is the primary, until it leaves.
    """

    def __init__(self) -> None:
        self._members: dict[_Key, list[ClusterName]] = {}
        self._keys: dict[ClusterName, _Key] = {}

    def join(self, name: ClusterName, uid: str, user: User) -> ClusterName | None:
        """This context leads to this cluster now. Returns the heir of what it has led to so far, if any.

        uid: "" when it may not be read; the context then mirrors for itself.
        """
        key = (uid, replace(user, name=""))
        if self._keys.get(name) == key:
            return None
        heir = self.leave(name)
        if uid:
            self._keys[name] = key
            self._members.setdefault(key, []).append(name)
        return heir

    def leave(self, name: ClusterName) -> ClusterName | None:
        """It leads there no more. Returns the heir: the alias that is the primary now, if it was that."""
        key = self._keys.pop(name, None)
        if key is None:
            return None
        members = self._members[key]
        was_primary = members[0] == name
        members.remove(name)
        if not members:
            del self._members[key]
            return None
        return members[0] if was_primary else None

    def primary(self, name: ClusterName) -> ClusterName:
        """The context that mirrors the cluster: itself, where no other does."""
        key = self._keys.get(name)
        return self._members[key][0] if key else name

    def uid(self, name: ClusterName) -> str:
        """Of the cluster that it leads to; "" when that is not known."""
        key = self._keys.get(name)
        return key[0] if key else ""
