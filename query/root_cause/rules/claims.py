"""PersistentVolumeClaims without a volume."""

from __future__ import annotations

from mirror.flux.fields import text
from mirror.keys import ObjectKey
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.root_cause.case import Case
from query.root_cause.commands import called, kubectl
from query.root_cause.rules.common import found, step
from query.root_cause.rules.missing import missing_object
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict

__all__ = ["unbound_claim"]

_WAITING = "WaitForFirstConsumer"


def unbound_claim(case: Case) -> Verdict | None:
    """The StorageClass it asks for does not exist, or the provisioner says why there is no volume."""
    if case.row.health not in (Health.PROGRESSING, Health.FAILED):
        return None
    class_step = _class_step(case)
    if class_step is not None and case.scene.is_missing(class_step.row):
        return Verdict(found=(_missing_class(case, class_step),))
    hidden = (case.scene.hidden(class_step.row),) if class_step is not None else ()
    events = [event for event in case.events() if event.type == "Warning" or event.reason == "FailedBinding"]
    if any(event.reason == _WAITING for event in case.events()[:1]):
        return Verdict()
    newest = events[0] if events else None
    proofs = (
        (Proof(case.row, "event", f"{newest.type} {newest.reason}: {newest.message}", newest.last_at),)
        if newest
        else ()
    )
    blamed = found(
        case,
        CauseClass.FAILED,
        f"see why no volume is provisioned: {kubectl(case.row, 'describe')}",
        reason=newest.reason if newest else case.row.reason,
        message=newest.message if newest else f"no volume is bound ({case.row.message or case.row.reason})",
        proofs=proofs or (Proof(case.row, "condition", f"phase {case.row.reason}", case.row.since),),
    )
    return Verdict(otherwise=(blamed,), hidden=tuple(filter(None, hidden)))


def _class_step(case: Case) -> Step | None:
    """The StorageClass by its edge, else by the name in the spec; "" means none on purpose."""
    for link in case.targets(Relation.CONFIG):
        if link.row.kind == "StorageClass":
            return step(link)
    name = text(case.spec.get("storageClassName"))
    if not name:
        return None
    row = case.scene.absent(ObjectKey("storage.k8s.io", "StorageClass", "", name))
    return Step(row, Relation.CONFIG.value, "spec.storageClassName")


def _missing_class(case: Case, class_step: Step) -> Found:
    row: ObjectRow = class_step.row
    finding = missing_object(case, row, [])
    return found(
        case,
        CauseClass.MISSING,
        f"create {called(row)}, or make {called(case.row)} anew with another {class_step.field}",
        object=row,
        reason=finding.reason,
        message=f"{called(row)} does not exist; {class_step.field} of {called(case.row)} names it",
        tail=(class_step,),
        proofs=(
            Proof(case.row, "reference", f"{class_step.field} names {called(row)}, which does not exist"),
        ),
    )
