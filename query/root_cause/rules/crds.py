"""Custom resources whose kind the cluster does not serve."""

from __future__ import annotations

from mirror.flux.fields import mapping, text
from mirror.keys import ObjectKey, parse_api_version
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, reconcile
from query.root_cause.rules.common import found, not_ready, unwell
from query.root_cause.rules.failed import failed
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, blame, look
from query.visibility import Visibility

__all__ = ["definition_step", "kind_not_served"]

GROUP, KIND = "apiextensions.k8s.io", "CustomResourceDefinition"


def kind_not_served(case: Case) -> Verdict | None:
    """The API server knows no such kind: its definition is missing, broken, or only just there."""
    match = patterns.NO_KIND.search(case.message)
    if match is None:
        return None
    group, version = parse_api_version(match["version"])
    definition = _definition(case, group, match["kind"])
    if definition is not None and definition.present:
        return _present(case, definition, version)
    if not _absence_is_real(case, group, match["kind"]):
        hidden = f"{case.scene.cluster}: {KIND} of {match['kind']}.{group}: not visible"
        return Verdict(otherwise=(failed(case),), hidden=(hidden,))
    way = definition_step(case, group, match["kind"])
    bringers = not_ready(case.scene.sources(way.row, Relation.MANAGES))
    return look(
        *(Step(link.row, field=f"brings {called(way.row)}") for link in bringers),
        otherwise=_absent(case, way),
    )


def definition_step(case: Case, group: str, kind: str) -> Step:
    """The way to the definition of a kind; where none is there, to the name that it should have."""
    known = _definition(case, group, kind)
    key = ObjectKey(GROUP, KIND, "", f"{_plural(case, group, kind)}.{group}")
    return Step(known or case.scene.absent(key), Relation.DEFINITION.value, "apiVersion")


def _absent(case: Case, way: Step) -> Found:
    row = way.row
    return found(
        case,
        CauseClass.MISSING,
        f"install {called(row)}, before {called(case.row)} (spec.dependsOn), then: {reconcile(case.row)}",
        object=row,
        reason="NotFound",
        message=f"{called(row)} is not installed: {case.message.strip()}",
        tail=(way,),
    )


def _present(case: Case, definition: ObjectRow, version: str) -> Verdict:
    if unwell(definition):
        return look(Step(definition), otherwise=failed(case))
    versions = mapping(case.scene.document(definition).get("spec")).get("versions") or []
    served = [text(mapping(entry).get("name")) for entry in versions if mapping(entry).get("served")]
    if version in served or not served:
        # It has come since; the next attempt will see it.
        return Verdict()
    flags = ("--with-source",) if case.row.kind in ("Kustomization", "HelmRelease") else ()
    where = f"in the {'chart' if case.row.kind == 'HelmRelease' else 'manifests'} of {called(case.row)}"
    advice = f"use a served version ({', '.join(served)}) {where}, then: {reconcile(case.row, *flags)}"
    proof = Proof(definition, "reference", f"{called(definition)} serves {', '.join(served)}, not {version}")
    return blame(found(case, CauseClass.INVALID, advice, proofs=(*case.proofs, proof)))


def _definition(case: Case, group: str, kind: str) -> ObjectRow | None:
    """The definition of that kind, present or a placeholder; its name does not tell the kind for certain."""
    rows = [row for row in case.scene.of_kind(KIND, group=GROUP) if row.name.endswith(f".{group}")]
    case.scene.prefetch(rows)
    for row in rows:
        names = mapping(mapping(case.scene.document(row).get("spec")).get("names"))
        if text(names.get("kind")) == kind:
            return row
    return None


def _absence_is_real(case: Case, group: str, kind: str) -> bool:
    view, cluster = case.scene.view, case.scene.cluster
    if view.visibility(cluster, group, kind, "") is Visibility.NOT_SERVED:
        return True
    return view.visibility(cluster, GROUP, KIND, "") is Visibility.SEEN


def _plural(case: Case, group: str, kind: str) -> str:
    """As any cluster of the view serves it, else a guess as good as an English ending."""
    for row in case.scene.view.resources():
        if (row.group, row.kind) == (group, kind):
            return row.plural
    word = kind.lower()
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2] not in "aeiou" else f"{word}s"
