"""Which Flux a cluster runs: version, distribution, controllers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mirror.flux.fields import mapping, sequence, text
from mirror.flux.kinds import OPERATOR_GROUP
from mirror.flux.revisions import parse_revision
from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.contents import decided_documents
from query.fleet_results import Controller, FluxInstallation
from query.view import View

__all__ = ["installation", "installations"]

CONTROLLERS = frozenset(
    {
        "flux-operator",
        "helm-controller",
        "image-automation-controller",
        "image-reflector-controller",
        "kustomize-controller",
        "notification-controller",
        "source-controller",
        "source-watcher",
    }
)

DEFAULT_NAMESPACE = "flux-system"

_IMAGE = re.compile(r"(?P<repository>[^@]+?)(?::(?P<tag>[^/@:]+))?(?:@.*)?")
_MINOR = re.compile(r"v?1\.(\d+)\.")


def installations(view: View) -> dict[str, FluxInstallation]:
    """The installation in each chosen cluster; an empty one where nothing of Flux can be seen."""
    reports = _by_cluster(view.objects(group=OPERATOR_GROUP, kind="FluxReport"))
    instances = _by_cluster(view.objects(group=OPERATOR_GROUP, kind="FluxInstance"))
    deployments = _controllers(view, instances)
    documents = decided_documents(view, [row for rows in deployments.values() for row in rows])
    return {
        name: installation(reports[name], instances[name], deployments.get(name, ()), documents)
        for name in view.names
    }


def installation(
    reports: Sequence[ObjectRow],
    instances: Sequence[ObjectRow],
    deployments: Sequence[ObjectRow],
    documents: Mapping[int, dict[str, Any]],
) -> FluxInstallation:
    """From the rows of one cluster.

    version: of the FluxReport, else of the FluxInstance, else the label of the controllers, else guessed from
    the tag of source-controller or kustomize-controller, whose 1.N comes with Flux 2.N: `v2.9.x`.
    distribution: the registry the controllers come from, and who manages them.
    """
    controllers = tuple(
        Controller(row.name, _image(documents.get(row.id, {})), _works(row))
        for row in sorted(deployments, key=lambda row: row.name)
    )
    said = [parse_revision(row.revision).name for row in (*reports, *instances)]
    said += [row.labels.get("app.kubernetes.io/version", "") for row in deployments if _is_part(row)]
    return FluxInstallation(
        version=next(filter(None, said), "") or _version_of_images(controllers),
        distribution=_distribution(controllers, managed=bool(reports or instances)),
        controllers=controllers,
    )


def _controllers(view: View, instances: Mapping[str, Sequence[ObjectRow]]) -> dict[str, list[ObjectRow]]:
    """Per cluster the Deployments that carry Flux's label or a controller's name.

    Looked for where Flux usually is and where a FluxInstance is; only in clusters that have none of them
    there, the namespace of source-controller is looked up by its name, which takes longer.
    """
    namespaces = {DEFAULT_NAMESPACE, *(row.namespace for rows in instances.values() for row in rows)}
    found = _by_cluster(_deployments(view, namespaces, view.names))
    without = [name for name in view.names if not found[name]]
    if without:
        main = view.objects(clusters=without, group="apps", kind="Deployment", name="source-controller")
        found |= _by_cluster(_deployments(view, {row.namespace for row in main}, without))
    return found


def _deployments(view: View, namespaces: Iterable[str], clusters: Sequence[str]) -> list[ObjectRow]:
    rows = [
        row
        for namespace in sorted(namespaces)
        for row in view.objects(clusters=clusters, group="apps", kind="Deployment", namespace=namespace)
    ]
    return [row for row in rows if _is_part(row) or row.name in CONTROLLERS]


def _works(row: ObjectRow) -> bool:
    """Scaled to zero is a healthy Deployment, and a controller that does nothing."""
    return row.health == Health.READY and row.reason != "ScaledToZero"


def _is_part(row: ObjectRow) -> bool:
    return row.labels.get("app.kubernetes.io/part-of") == "flux"


def _image(document: Mapping[str, Any]) -> str:
    template = mapping(mapping(document.get("spec")).get("template"))
    containers = sequence(mapping(template.get("spec")).get("containers"))
    return text(mapping(next(iter(containers), None)).get("image"))


def _version_of_images(controllers: Iterable[Controller]) -> str:
    for controller in controllers:
        if controller.name in ("source-controller", "kustomize-controller"):
            match = _IMAGE.fullmatch(controller.image)
            minor = _MINOR.match(match["tag"] or "") if match else None
            if minor:
                return f"v2.{minor[1]}.x"
    return ""


def _distribution(controllers: Iterable[Controller], *, managed: bool) -> str:
    images = (_IMAGE.fullmatch(item.image) for item in controllers if item.name != "flux-operator")
    registries = (image["repository"].rpartition("/")[0] for image in images if image)
    registry = next(filter(None, registries), "")
    manager = "managed by flux-operator" if managed else ""
    return ", ".join(filter(None, (registry, manager)))


def _by_cluster(rows: Iterable[ObjectRow]) -> dict[str, list[ObjectRow]]:
    found: dict[str, list[ObjectRow]] = defaultdict(list)
    for row in rows:
        found[row.cluster].append(row)
    return found
