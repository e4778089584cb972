"""What a failing object needs and does not have, told by its fields: whatever words its message uses."""

from __future__ import annotations

from mirror.flux.kinds import Category, flux_kind
from mirror.records import Relation
from query.derived import DEFAULT_ACCOUNT
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.rules.common import step
from query.root_cause.scene import Link
from query.root_cause.verdicts import Verdict, look

__all__ = ["needed_reference"]

_RELATIONS = (Relation.CONFIG, Relation.IDENTITY, Relation.SOURCE)

_SPEAKS_OF = {
    "ArtifactFailed": ("spec.sourceRef",),
    "BuildFailed": ("spec.postBuild", "spec.decryption", "spec.inputsFrom"),
    "InvalidSourceConfiguration": ("spec.sourceRef",),
    "ReconciliationFailed": (
        "spec.kubeConfig",
        "spec.serviceAccountName",
        "spec.secretRef",
        DEFAULT_ACCOUNT,
    ),
    "RESTClientError": ("spec.kubeConfig", "spec.serviceAccountName", DEFAULT_ACCOUNT),
    "SourceFetchFailed": ("spec.sources",),
    "SourceManagerFailed": ("spec.sourceRef", "spec.git"),
    "SourceNotReady": ("spec.chart", "spec.chartRef"),
    "SourceUnavailable": ("spec.sourceRef",),
    "TokenNotFound": ("spec.secretRef",),
    "ValuesError": ("spec.valuesFrom",),
}
"""Reason → the fields whose targets the controller reads just before it fails with that reason."""

_FETCHING = frozenset({Category.SOURCE, Category.IMAGE, Category.INPUT})
"""Categories that read their credentials first: without them every attempt fails, whatever the reason is."""


def needed_reference(case: Case) -> Verdict | None:
    """Goes on with the required references that do not exist and that the reason speaks of.

    Not when the message tells of something that comes before they are read.
    """
    if case.failure is None or patterns.KUSTOMIZE_BUILD.search(case.message):
        return None
    fields = _SPEAKS_OF.get(case.reason, ())
    kind = flux_kind(case.kind)
    fetching = kind is not None and kind.category in _FETCHING
    links = [
        link
        for link in case.targets(*_RELATIONS)
        if not link.optional and (fetching or link.field.startswith(fields)) and _is_absent(case, link)
    ]
    return look(*(step(link) for link in links)) if links else None


def _is_absent(case: Case, link: Link) -> bool:
    """It does not exist; where that cannot be known it is only noted."""
    return not link.row.present and not case.scene.note_hidden(link.row)
