"""Images that cannot be pulled: the name is wrong, the registry does not let us, or does not answer."""

from __future__ import annotations

from mirror.flux.fields import mapping, sequence, text
from mirror.flux.pods import IMAGE_WAITS
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case, Failure
from query.root_cause.commands import fix_in_git
from query.root_cause.rules.common import found, refers, step
from query.root_cause.rules.missing import missing_object
from query.root_cause.rules.owners import author
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Found, Proof, Verdict, blame

__all__ = ["unpullable_image"]

_DEFAULT_REGISTRY = "docker.io"
_EVENTS = ("Failed", "FailedToRetrieveImagePullSecret", "InspectFailed", "ErrImageNeverPull")


def unpullable_image(case: Case) -> Verdict | None:
    """Blames the author of the Pod for the image, the Secret that is refused, or the registry outside."""
    if case.row.health != Health.FAILED or case.row.reason not in IMAGE_WAITS:
        return None
    told = _told(case)
    said = patterns.unquoted(told.message)
    if patterns.IMAGE_UNKNOWN.search(said):
        return blame(_wrong_image(told))
    if patterns.RATE_LIMITED.search(said) or patterns.UNREACHABLE.search(said):
        return blame(_registry(told))
    if patterns.CREDENTIALS.search(said):
        return blame(_refused(told))
    return blame(_wrong_image(told))


def _told(case: Case) -> Case:
    """With the kubelet's newest words: a container that backs off may only say that it does."""
    row = case.row
    event = next(iter(case.events(*_EVENTS)), None)
    said = f"{row.message}; {event.message}" if event is not None else row.message
    proof = Proof(row, "condition", f"{row.reason}: {row.message}", row.since)
    if event is not None and event.message not in row.message:
        proof = Proof(row, "event", f"{event.type} {event.reason}: {event.message}", event.last_at)
    return Case(case.scene, row, Failure(row.reason, said, row.since, proof))


def _wrong_image(case: Case) -> Found:
    owner = author(case)
    field, image = _image(case, owner)
    what = f"correct the image {image}".rstrip() + (f" ({field})" if field else "")
    return found(
        case,
        CauseClass.WORKLOAD,
        fix_in_git(case.scene, owner, what),
        object=owner,
        field=field,
        message=case.row.message,
    )


def _refused(case: Case) -> Found:
    """The pull secret that the Pod names; without one it is the Pod that lacks it."""
    links = [link for link in case.targets(Relation.CONFIG) if ".imagePullSecrets" in link.field]
    absent = [link for link in links if case.scene.is_missing(link.row)]
    present = [link for link in links if link.row.present]
    if absent and not present:
        return _missing(case, absent[0])
    if not present:
        for link in links:
            case.scene.note_hidden(link.row)
        owner = author(case)
        field, image = _image(case, owner)
        advice = fix_in_git(
            case.scene,
            owner,
            f"name an imagePullSecret that may pull {image}, or correct the image ({field})",
        )
        return found(case, CauseClass.WORKLOAD, advice, object=owner, field=field, message=case.row.message)
    link = present[0]
    return found(
        case,
        CauseClass.DENIED,
        fix_in_git(case.scene, link.row, "renew the credentials for the registry"),
        object=link.row,
        message=case.row.message,
        tail=(step(link),),
        proofs=(*case.proofs, refers(case, link, "which the registry refuses")),
    )


def _missing(case: Case, link: Link) -> Found:
    finding = missing_object(case, link.row, case.scene.sources(link.row, Relation.CONFIG))
    return found(
        case,
        CauseClass.MISSING,
        finding.next_step,
        object=link.row,
        reason=finding.reason,
        message=finding.message,
        tail=(step(link),),
        proofs=(*case.proofs, *finding.proofs),
    )


def _registry(case: Case) -> Found:
    """Outside of the cluster; all Pods that pull from the same registry suffer from the same incident."""
    owner = author(case)
    field, image = _image(case, owner)
    host = _registry_of(image)
    limited = patterns.RATE_LIMITED.search(case.message)
    what = "pull less often, or with credentials, from" if limited else "restore the connection to"
    return found(
        case,
        CauseClass.EXTERNAL,
        f"{what} {host}, or " + fix_in_git(case.scene, owner, "pull the image from elsewhere"),
        object=owner,
        field=field,
        message=case.message,
        shared=host,
    )


def _registry_of(image: str) -> str:
    """`ghcr.io` of `ghcr.io/org/app:1`; an image without a host is Docker Hub's."""
    first, slash, _ = image.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost")
    return first if named else _DEFAULT_REGISTRY


def _image(case: Case, owner: ObjectRow) -> tuple[str, str]:
    """(the field in which the author names the image of the container that cannot be pulled, the image)."""
    document = case.scene.document(owner)
    spec, inner = mapping(document.get("spec")), "spec.template.spec"
    if owner.kind == "CronJob":
        spec, inner = (
            mapping(mapping(spec.get("jobTemplate")).get("spec")),
            "spec.jobTemplate.spec.template.spec",
        )
    pod = mapping(mapping(spec.get("template")).get("spec"))
    if owner.id == case.row.id:
        pod, inner = mapping(document.get("spec")), "spec"
    for list_ in ("initContainers", "containers"):
        for index, entry in enumerate(sequence(pod.get(list_))):
            fields = mapping(entry)
            if case.row.message.startswith(f"container {text(fields.get('name'))}:"):
                return f"{inner}.{list_}[{index}].image", text(fields.get("image"))
    return "", ""
