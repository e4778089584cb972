"""Objects that an API server refused: the message names the object, and mostly what is wrong with it."""

from __future__ import annotations

from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, kubectl, reconcile
from query.root_cause.rules.common import found
from query.root_cause.verdicts import CauseClass, Proof, Verdict, blame

__all__ = ["refused_object"]


def refused_object(case: Case) -> Verdict | None:
    """Blames the applier: the manifest that was refused stands in its source, or in the applier itself."""
    match = patterns.APPLY.search(case.message)
    if match is None:
        return None
    row = case.scene.find(match["kind"], match["namespace"] or "", match["name"])
    name = f"{match['kind']} {match['namespace'] or ''}/{match['name']}".replace(" /", " ")
    state = "exists and keeps its old content" if row is not None and row.present else "does not exist yet"
    return blame(
        found(
            case,
            _class(match["rest"], match["reason"] or ""),
            _advice(case, name, match["rest"], row),
            message=case.message.strip(),
            proofs=(
                *case.proofs,
                Proof(case.row, "reference", f"the API server refused {name}, which {state}"),
            ),
        )
    )


def _class(rest: str, reason: str) -> CauseClass:
    if patterns.WEBHOOK_DENIED.search(rest) or patterns.POD_SECURITY.search(rest) or reason == "Forbidden":
        return CauseClass.DENIED
    return CauseClass.FAILED


def _advice(case: Case, name: str, rest: str, row: ObjectRow | None) -> str:
    again = reconcile(case.row, *(("--with-source",) if case.row.kind == "Kustomization" else ()))
    place = f"in the manifests of {called(case.row)}"
    webhook = patterns.WEBHOOK_DENIED.search(rest)
    if webhook:
        return f"change {name} {place} so that webhook {webhook['name']} admits it, then: {again}"
    field = patterns.INVALID_FIELD.search(rest)
    where = f"{field['field']} of {name}" if field else name
    if patterns.IMMUTABLE.search(rest) and row is not None and row.present:
        remove = kubectl(row, "delete")
        return f"restore the immutable {where} {place}, or remove the object ({remove}), then: {again}"
    return f"correct {where} {place}, then: {again}"
