"""Values of a HelmRelease: a reference without the key it names, content that a chart refuses."""

from __future__ import annotations

from mirror.records import Relation
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, edit, fix_in_git
from query.root_cause.rules.common import found, step
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Proof, Verdict, blame, look

__all__ = ["values_reference", "wrong_values"]


def values_reference(case: Case) -> Verdict | None:
    """spec.valuesFrom names a key that the object does not have, or whose content is not YAML.

    An absent object is the business of the rule for missing references, which comes first.
    """
    match = patterns.VALUES_REFERENCE.search(case.message)
    if match is None:
        return None
    link = _reference(case, match["name"])
    if link is None or not link.row.present:
        return look(step(link)) if link else None
    if not patterns.KEY_NOT_FOUND.search(match["rest"]):
        advice = fix_in_git(case.scene, link.row, f"correct key {match['key']}")
        return blame(
            found(
                case,
                CauseClass.INVALID,
                advice,
                object=link.row,
                field=f"data.{match['key']}",
                tail=(step(link),),
            )
        )
    field = f"{link.field}.valuesKey"
    advice = f"add key {match['key']} to {called(link.row)} ({edit(link.row)}), or " + fix_in_git(
        case.scene, case.row, f"correct {field} of {called(case.row)}"
    )
    proof = Proof(link.row, "reference", _keys(case, link))
    return blame(
        found(case, CauseClass.INVALID, advice, field=field, tail=(step(link),), proofs=(*case.proofs, proof))
    )


def wrong_values(case: Case) -> Verdict | None:
    """The chart's schema or its templates do not accept the values."""
    if patterns.VALUES_SCHEMA.search(case.message):
        advice = fix_in_git(case.scene, case.row, "correct spec.values")
        return blame(found(case, CauseClass.INVALID, advice, field="spec.values"))
    if patterns.RENDERING.search(case.message):
        advice = fix_in_git(case.scene, case.row, "correct spec.values, or the chart's version")
        return blame(found(case, CauseClass.FAILED, advice, field="spec.values"))
    return None


def _reference(case: Case, name: str) -> Link | None:
    links = [link for link in case.targets(Relation.CONFIG) if link.row.name == name]
    values = [link for link in links if "valuesFrom" in link.field]
    return next(iter(values or links), None)


def _keys(case: Case, link: Link) -> str:
    """The names of the keys, never their values. Secrets are stored without either."""
    data = case.scene.document(link.row).get("data")
    if not isinstance(data, dict):
        return f"{called(link.row)} exists"
    return f"{called(link.row)} has the keys {', '.join(sorted(data)) or '(none)'}"
