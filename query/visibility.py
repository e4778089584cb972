"""What can be said about an object that is not in the store: is it absent, or have we not looked?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from mirror.store.changes import ScopeState
from mirror.store.rows import ScopeRow, SeenRow

__all__ = ["Visibility", "not_visible", "visibility_of"]

SHOWN_PER_REASON = 6
"""Resources named one by one per reason; the rest is counted, so that a first sync stays readable."""


class Visibility(StrEnum):
    """Whether absence can be trusted for one kind in one place of one cluster."""

    SEEN = "seen"
    """Listed at least once and not forbidden now: what is not there does not exist."""
    NOT_SYNCED = "not listed yet"
    FORBIDDEN = "forbidden"
    NOT_MIRRORED = "not mirrored"
    """The cluster serves the kind, but nobody lists it here."""
    NOT_DISCOVERED = "its API group cannot be read"
    """The server cannot say what the kind's group has (a broken APIService): it may be there."""
    NOT_SERVED = "not served"
    """The cluster has no such kind (its CRD is absent), so it has no such object either."""

    @property
    def absence_is_real(self) -> bool:
        """An object that is not in the store does not exist."""
        return self in (Visibility.SEEN, Visibility.NOT_SERVED)


def visibility_of(scopes: Iterable[ScopeRow | SeenRow], namespace: str) -> Visibility | None:
    """What the scopes of one kind in one cluster say about `namespace` ("" asks for all of them, or for a
    cluster-scoped kind); None when no scope covers it.

    A scope of one namespace says nothing about others, so a question about all namespaces needs the scope
    that covers them all.
    """
    found = {_scope_visibility(scope) for scope in scopes if scope.namespace in ("", namespace)}
    order = (Visibility.SEEN, Visibility.NOT_SYNCED, Visibility.FORBIDDEN, Visibility.NOT_SERVED)
    return next((verdict for verdict in order if verdict in found), None)


def not_visible(scopes: Iterable[ScopeRow], *, others: bool = False) -> tuple[str, ...]:
    """What is unknown, as short texts: `pods: forbidden`, `jobs in team-a: failed`, or, where a kind is only
    seen in some namespaces, `pods: forbidden except in team-a, team-b`.

    scopes: those of one cluster. others: it has more, all of them seen. At most `SHOWN_PER_REASON` are named
    per reason; the others are counted in one more text, and where one reason holds for everything that is all
    there is to say.
    """
    by_kind: dict[tuple[str, str], list[ScopeRow]] = {}
    for scope in scopes:
        by_kind.setdefault((scope.group, scope.plural), []).append(scope)
    by_reason: dict[str, list[str]] = {}
    for of_kind in by_kind.values():
        for name, reason in _hidden_parts(of_kind):
            by_reason.setdefault(reason, []).append(name)
    if len(by_reason) == 1 and len(by_kind) > SHOWN_PER_REASON and not others:
        reason, names = next(iter(by_reason.items()))
        if len(names) == len(by_kind):
            return (f"all {len(names)} kinds: {reason}",)
    return tuple(text for reason in sorted(by_reason) for text in _listed(sorted(by_reason[reason]), reason))


def _hidden_parts(scopes: Sequence[ScopeRow]) -> list[tuple[str, str]]:
    """(what, why) for what cannot be seen of one kind. A scope of all namespaces that is seen hides nothing;
    one that is forbidden speaks for every namespace that has no better scope of its own."""
    whole = [scope for scope in scopes if not scope.namespace]
    parts = [scope for scope in scopes if scope.namespace]
    hidden = [(scope.plural, _hidden(scope)) for scope in whole]
    if whole and not any(reason for _, reason in hidden):
        return []
    seen = sorted(scope.namespace for scope in parts if not _hidden(scope))
    if seen:
        hidden = [(name, f"{reason} except in {_some(seen)}") for name, reason in hidden]
    worse = [(scope, _hidden(scope)) for scope in parts if not whole or scope.state != ScopeState.FORBIDDEN]
    return hidden + [(f"{scope.plural} in {scope.namespace}", reason) for scope, reason in worse if reason]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN_PER_REASON} more" if len(names) > SHOWN_PER_REASON else ""
    return ", ".join(names[:SHOWN_PER_REASON]) + more


def _scope_visibility(scope: ScopeRow | SeenRow) -> Visibility:
    if scope.state == ScopeState.FORBIDDEN:
        return Visibility.FORBIDDEN
    if scope.state == ScopeState.ABSENT:
        return Visibility.NOT_SERVED
    return Visibility.NOT_SYNCED if scope.listed_at is None else Visibility.SEEN


def _hidden(scope: ScopeRow) -> str:
    """Why a scope's content cannot be trusted; "" when it can, or when there is nothing to see."""
    if scope.state == ScopeState.FORBIDDEN:
        return "forbidden"
    if scope.state == ScopeState.FAILED:
        return "failed"
    if scope.state == ScopeState.ABSENT or scope.listed_at is not None:
        return ""
    return "not listed yet"


def _listed(names: Sequence[str], reason: str) -> list[str]:
    texts = [f"{name}: {reason}" for name in names[:SHOWN_PER_REASON]]
    if len(names) > SHOWN_PER_REASON:
        texts.append(f"{len(names) - SHOWN_PER_REASON} more: {reason}")
    return texts
