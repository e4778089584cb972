"""What was deployed when, as the object itself remembers it: the field `history` of an answer. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mirror.flux.fields import integer, mapping, text
from mirror.flux.revisions import short_revision

__all__ = ["HISTORY", "deployment_history"]

HISTORY = "history"
"""The name under which it can be asked for, among the fields of get_kubernetes_resources."""


def deployment_history(document: Mapping[str, Any] | None) -> list[str] | None:
    """One line per deployment, the newest first; None for kinds without a history.

    HelmRelease: `2026-11-18T12:00:00Z v3 podinfo 6.5.0 deployed`; other appliers (of Flux 2.7 and later):
    `2026-11-18T12:00:00Z main@sha1:1a2b3c4d ReconciliationSucceeded, 12 times since 2026-11-17T08:00:00Z`.
    """
    entries = mapping(mapping(document).get("status")).get("history")
    if not isinstance(entries, list):
        return None
    lines = (_release(entry) if "chartName" in entry else _applied(entry) for entry in map(mapping, entries))
    return [" ".join(line) for line in lines]


def _release(entry: dict[str, Any]) -> Iterator[str]:
    at = text(entry.get("lastDeployed")) or text(entry.get("firstDeployed"))
    number = integer(entry.get("version"))
    chart = f"{text(entry.get('chartName'))} {text(entry.get('chartVersion'))}"
    said = (at, "" if number is None else f"v{number}", chart, text(entry.get("status")))
    return filter(None, said)


def _applied(entry: dict[str, Any]) -> Iterator[str]:
    revision = short_revision(text(mapping(entry.get("metadata")).get("revision")))
    outcome = text(entry.get("lastReconciledStatus"))
    times = integer(entry.get("totalReconciliations")) or 0
    if times > 1:
        outcome += f", {times} times since {text(entry.get('firstReconciled'))}"
    what = revision or text(entry.get("digest"))
    return filter(None, (text(entry.get("lastReconciled")), what, outcome))
