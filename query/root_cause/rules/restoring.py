"""How an object that does not exist comes back: by its applier, from Git, or by a command."""

from __future__ import annotations

import re
import shlex

from mirror.flux.fields import mapping, sequence, text
from mirror.store.rows import ObjectRow
from query.root_cause.commands import called, fix_in_git, manager, reconcile
from query.root_cause.scene import Link, Scene

__all__ = ["restore"]

_REGISTRY = (
    "docker-registry",
    "--docker-server=HOST",
    "--docker-username=USER",
    "--docker-password=PASSWORD",
)
_LOGIN = ("generic", "--from-literal=username=USER", "--from-literal=password=PASSWORD")

_SECRETS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("", "spec.kubeConfig", ("generic", "--from-file=value=KUBECONFIG")),
    ("", "spec.decryption", ("generic", "--from-file=age.agekey=FILE")),
    ("", ".imagePullSecrets", _REGISTRY),
    ("OCIRepository", "spec.secretRef", _REGISTRY),
    ("ImageRepository", "spec.secretRef", _REGISTRY),
    ("GitRepository", "spec.secretRef", _LOGIN),
    ("HelmRepository", "spec.secretRef", _LOGIN),
    ("Provider", "spec.secretRef", ("generic", "--from-literal=token=TOKEN")),
)
"""(kind of who reads it or "", part of the field, what `kubectl create secret` needs for what is read)."""

_VALUES = re.compile(r"valuesFrom\[(?P<index>\d+)\]")
_DEFAULT_KEY = "values.yaml"


def restore(scene: Scene, row: ObjectRow, wanted: list[Link]) -> str:
    """The next step for an absent object. wanted: the references to it, the one to correct first."""
    applier = manager(scene, row)
    if applier is not None:
        return f"{called(applier)} has applied {called(row)} and can restore it: {reconcile(applier)}"
    what = f"restore {called(row)} in Git"
    command = _create(scene, row, wanted[0] if wanted else None)
    if command:
        what += f", or create it: {command}"
    if not wanted:
        return what
    link = wanted[0]
    return f"{what}; or " + fix_in_git(scene, link.row, f"correct {link.field} of {called(link.row)}")


def _create(scene: Scene, row: ObjectRow, link: Link | None) -> str:
    """The command that makes it, what it holds in capitals; "" for kinds that kubectl cannot create so."""
    if row.group or row.kind not in ("Secret", "ConfigMap", "ServiceAccount", "Namespace"):
        return ""
    type_, made = "", ["--from-file=FILE"] if row.kind == "ConfigMap" else []
    if row.kind == "Secret":
        type_, *made = _secret(link)
    key = _values_key(scene, link) if link is not None else ""
    if key:
        made = [f"--from-file={key}=FILE"]
    words = ["kubectl", "--context", row.cluster, *(["-n", row.namespace] if row.namespace else []), "create"]
    words += [row.kind.lower(), *([type_] if type_ else []), row.name, *made]
    return shlex.join(words)


def _secret(link: Link | None) -> tuple[str, ...]:
    for kind, part, made in _SECRETS:
        if link is not None and part in link.field and kind in ("", link.row.kind):
            return made
    return ("generic", "--from-literal=KEY=VALUE")


def _values_key(scene: Scene, link: Link) -> str:
    """The key that an entry of spec.valuesFrom reads; "" for other fields."""
    match = _VALUES.search(link.field)
    if match is None:
        return ""
    entries = sequence(mapping(scene.document(link.row).get("spec")).get("valuesFrom"))
    index = int(match["index"])
    entry = mapping(entries[index]) if index < len(entries) else {}
    return text(entry.get("valuesKey")) or _DEFAULT_KEY
