"""What a Kustomization does before it applies anything: fetch, find its path, build, decrypt."""

from __future__ import annotations

from mirror.flux.kinds import KUSTOMIZE_GROUP
from mirror.keys import GroupKind
from mirror.records import Health, Relation
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, fix_in_git, reconcile
from query.root_cause.rules.common import found, step
from query.root_cause.rules.failed import failed
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Found, Verdict, blame, look

__all__ = ["access_denied", "cannot_decrypt", "path_not_found", "source_not_ready", "unset_variable"]

_KUSTOMIZATION = GroupKind(KUSTOMIZE_GROUP, "Kustomization")


def path_not_found(case: Case) -> Verdict | None:
    """spec.path is not in the artifact: the path is wrong, or the commit that should have brought it."""
    absent = case.reason == "ArtifactFailed" and patterns.PATH_NOT_FOUND.search(case.message)
    if case.kind != _KUSTOMIZATION or not (absent or case.reason == "InvalidPath"):
        return None
    path = case.spec.get("path") or "."
    source = next((link.row for link in case.targets(Relation.SOURCE)), None)
    where = f" of {called(source)}" if source else ""
    at = f" at {source.revision}" if source and source.revision else ""
    return blame(
        found(
            case,
            CauseClass.INVALID,
            f"add {path} to the content, or "
            + fix_in_git(case.scene, case.row, f"correct spec.path of {called(case.row)}"),
            field="spec.path",
            message=f"spec.path {path} does not exist in the content{where}{at}",
        )
    )


def unset_variable(case: Case) -> Verdict | None:
    """The manifests use a variable that nothing sets, and substitution is strict."""
    match = patterns.STRICT_VARIABLE.search(case.message)
    if match is None:
        return None
    name = f"variable {match['name']}" if match["name"] else "the variable that the message names"
    known = [called(link.row) for link in case.targets(Relation.CONFIG) if "substituteFrom" in link.field]
    where = f" or in {', '.join(known)}" if known else ""
    advice = fix_in_git(case.scene, case.row, f"set {name} in spec.postBuild.substitute{where}")
    return blame(found(case, CauseClass.INVALID, advice, field="spec.postBuild"))


def source_not_ready(case: Case) -> Verdict | None:
    """Waits for its source, or cannot download from it: the source knows more, or its controller is down."""
    downloading = patterns.DOWNLOAD_FAILED.search(case.message) is not None
    waiting = case.reason == "SourceNotReady" or patterns.SOURCE_WAITING.search(case.message) is not None
    if not downloading and not waiting:
        return None
    # The GENERATES edge to Helm's own release Secret is optional and no origin of anything.
    generated = [link for link in case.targets(Relation.GENERATES) if not link.optional]
    links = generated or case.targets(Relation.SOURCE)
    steps = tuple(step(link) for link in links)
    if downloading or not steps:
        return look(*steps, otherwise=_not_downloadable(case, links))
    return look(*steps)


def cannot_decrypt(case: Case) -> Verdict | None:
    """The manifests are encrypted and the key does not fit, or none was configured."""
    if patterns.SOPS_UNCONFIGURED.search(case.message):
        advice = fix_in_git(case.scene, case.row, "add spec.decryption")
        return blame(found(case, CauseClass.INVALID, advice, field="spec.decryption"))
    if not patterns.DECRYPTION.search(case.message):
        return None
    links = [link for link in case.targets(Relation.IDENTITY) if link.field.startswith("spec.decryption")]
    keys = [link for link in links if link.row.present]
    absent = [link for link in links if case.scene.is_missing(link.row)]
    if absent:
        return look(*(step(link) for link in absent))
    if not keys:
        for link in links:
            case.scene.note_hidden(link.row)
        return blame(found(case, CauseClass.INVALID, _check_key(case), field="spec.decryption"))
    return blame(
        found(case, CauseClass.INVALID, _check_key(case, keys[0]), object=keys[0].row, tail=(step(keys[0]),))
    )


def access_denied(case: Case) -> Verdict | None:
    """References into other namespaces are switched off in this cluster."""
    if case.reason != "AccessDenied" and not patterns.CROSS_NAMESPACE.search(case.message):
        return None
    links = [
        link
        for link in case.targets(Relation.SOURCE, Relation.DEPENDS, Relation.CONFIG)
        if link.row.namespace not in ("", case.row.namespace)
    ]
    field = links[0].field if links else "spec.sourceRef"
    advice = fix_in_git(case.scene, case.row, f"point {field} to an object in namespace {case.row.namespace}")
    return blame(found(case, CauseClass.DENIED, advice, field=field))


def _not_downloadable(case: Case, links: list[Link]) -> Found:
    broken = [link for link in links if link.row.present and link.row.health == Health.READY]
    if not broken:
        return failed(case)
    source = broken[0]
    return found(
        case,
        CauseClass.FAILED,
        f"see whether its artifact is still served: {reconcile(source.row)}",
        object=source.row,
        tail=(step(source),),
    )


def _check_key(case: Case, link: Link | None = None) -> str:
    row = link.row if link else case.row
    return fix_in_git(case.scene, row, "restore the key the files were encrypted with", retry=case.row)
