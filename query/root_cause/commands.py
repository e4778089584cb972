"""What a person can run next: flux and kubectl commands with the names filled in."""

from __future__ import annotations

import shlex

from mirror.flux.kinds import Category, FluxKind, flux_kind
from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import ObjectRow, identity
from query.root_cause.scene import Scene

__all__ = ["called", "edit", "fix_in_git", "kubectl", "manager", "reconcile", "resume", "run_again"]

_FLUX_WORDS = {
    "GitRepository": "source git",
    "OCIRepository": "source oci",
    "Bucket": "source bucket",
    "HelmRepository": "source helm",
    "HelmChart": "source chart",
    "Kustomization": "kustomization",
    "HelmRelease": "helmrelease",
    "ImageRepository": "image repository",
    "ImagePolicy": "image policy",
    "ImageUpdateAutomation": "image update",
    "Receiver": "receiver",
    "Alert": "alert",
}
"""Kind → the words `flux reconcile`, `flux suspend` and `flux resume` know it by."""


def called(row: ObjectRow) -> str:
    """`Secret team-a/git-credentials`."""
    return f"{row.kind} {row.namespace}/{row.name}" if row.namespace else f"{row.kind} {row.name}"


def kubectl(row: ObjectRow, verb: str, *rest: str) -> str:
    """`kubectl VERB KIND/NAME …` in the right context and namespace."""
    kind = f"{row.kind}.{row.group}".lower() if "." in row.group else row.kind.lower()
    words = ["kubectl", "--context", row.cluster]
    words += ["-n", row.namespace] if row.namespace else []
    return shlex.join([*words, *verb.split(), f"{kind}/{row.name}", *rest])


def edit(row: ObjectRow) -> str:
    return kubectl(row, "edit")


def reconcile(row: ObjectRow, *flags: str) -> str:
    """Makes the controller look again; by annotation where the flux command does not know the kind."""
    if _flux_kind(row) is not None and row.kind in _FLUX_WORDS:
        return _flux(row, "reconcile", *flags)
    return kubectl(row, "annotate --overwrite") + ' reconcile.fluxcd.io/requestedAt="$(date -u +%FT%TZ)"'


def resume(row: ObjectRow) -> str:
    """Ends a suspension."""
    if _flux_kind(row) is not None and row.kind in _FLUX_WORDS:
        return _flux(row, "resume")
    kind = _flux_kind(row)
    if kind is not None and kind.suspend_annotation:
        return kubectl(row, "annotate --overwrite", f"{kind.suspend_annotation}=enabled")
    return kubectl(row, "patch", "--type=merge", "-p", '{"spec":{"suspend":false}}')


def manager(scene: Scene, row: ObjectRow) -> ObjectRow | None:
    """Who applies the object: an edit by hand would be reverted by it."""
    links = scene.sources(row, Relation.MANAGES)
    appliers = [link.row for link in links if link.row.present and _is_applier(link.row)]
    return min(appliers, key=identity) if appliers else None


def fix_in_git(scene: Scene, row: ObjectRow, what: str, *, retry: ObjectRow | None = None) -> str:
    """`what` said of the manifest that is applied by somebody, or of the object itself, and how to go on.

    retry: who is to try again at once when that is done.
    """
    applier = manager(scene, row)
    again = reconcile(retry) if retry is not None else ""
    if applier is None:
        return f"{what}: {edit(row)}" + (f", then: {again}" if again else "")
    flags = ("--with-source",) if applier.kind in ("Kustomization", "HelmRelease") else ()
    where = "values or chart" if applier.kind == "HelmRelease" else "manifests"
    then = " && ".join(filter(None, (reconcile(applier, *flags), again)))
    return f"{what} in the {where} of {called(applier)}, then: {then}"


def run_again(scene: Scene, row: ObjectRow, what: str) -> str:
    """`what` said of a Job that has failed: it runs once, and cannot be changed."""
    remove, applier = kubectl(row, "delete"), manager(scene, row)
    if applier is None:
        return f"{what}, then remove it and make it anew: {remove}"
    fixed = fix_in_git(scene, row, what)
    return fixed.replace(", then: ", f", then: {remove} && ", 1)


def _flux(row: ObjectRow, verb: str, *flags: str) -> str:
    words = ["flux", verb, *_FLUX_WORDS[row.kind].split(), row.name, "-n", row.namespace]
    return shlex.join([*words, *flags, "--context", row.cluster])


def _flux_kind(row: ObjectRow) -> FluxKind | None:
    return flux_kind(GroupKind(row.group, row.kind))


def _is_applier(row: ObjectRow) -> bool:
    kind = _flux_kind(row)
    return kind is not None and kind.category is Category.APPLIER
