"""Which Flux a cluster runs: version, distribution, controllers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from mirror.flux.fields import mapping, sequence, text
from mirror.flux.kinds import OPERATOR_GROUP
from mirror.flux.revisions import parse_revision
from mirror.keys import GroupKind
from mirror.records import Health
from mirror.store.rows import AlikeRow, ObjectRow
from query.controllers import controllers, is_part
from query.results.fleet import Controller, FluxInstallation
from query.stored import by_cluster
from query.view import View

__all__ = ["INSTANCE", "REPORT", "installation", "installations"]

INSTANCE = GroupKind(OPERATOR_GROUP, "FluxInstance")
REPORT = GroupKind(OPERATOR_GROUP, "FluxReport")
_DEPLOYMENT = GroupKind("apps", "Deployment")

_IMAGE = re.compile(r"(?P<repository>[^@]+?)(?::(?P<tag>[^/@:]+))?(?:@.*)?")
_MINOR = re.compile(r"v?1\.(\d+)\.")


def installations(
    view: View, reports: Sequence[ObjectRow], instances: Sequence[ObjectRow]
) -> dict[str, FluxInstallation]:
    """The installation in each chosen cluster; an empty one where nothing of Flux can be seen.

    reports, instances: the FluxReports and FluxInstances of these clusters.
    """
    deployments = controllers(view, instances, partial(_deployments, view))
    reports_of, instances_of = by_cluster(reports), by_cluster(instances)
    documents = view.documents({row.id for rows in deployments.values() for row in rows})
    images = {row: _image(document) for row, document in documents.items()}
    return {
        name: installation(reports_of[name], instances_of[name], deployments.get(name, ()), images)
        for name in view.names
    }


def installation(
    reports: Sequence[ObjectRow],
    instances: Sequence[ObjectRow],
    deployments: Sequence[AlikeRow],
    images: Mapping[int, str],
) -> FluxInstallation:
    """From the rows of one cluster. images: of the controllers, by the row of the Deployment.

    version: of the FluxReport, else of the FluxInstance, else the label of the controllers, else guessed from
    the tag of source-controller or kustomize-controller, whose 1.N comes with Flux 2.N: `v2.9.x`.
    distribution: the registry the controllers come from, and who manages them.
    """
    running = tuple(
        Controller(row.name, images.get(row.id, ""), _works(row))
        for row in sorted(deployments, key=lambda row: row.name)
    )
    said = [parse_revision(row.revision).name for row in (*reports, *instances)]
    said += [row.labels.get("app.kubernetes.io/version", "") for row in deployments if is_part(row)]
    return FluxInstallation(
        version=next(filter(None, said), "") or _version_of_images(running),
        distribution=_distribution(running, managed=bool(reports or instances)),
        controllers=running,
    )


def _works(row: AlikeRow) -> bool:
    """Scaled to zero is a healthy Deployment, and a controller that does nothing."""
    return row.health == Health.READY and row.reason != "ScaledToZero"


def _deployments(view: View, namespace: str) -> dict[str, list[AlikeRow]]:
    """By cluster. What is alike in many of them is one and the same row."""
    found: dict[str, list[AlikeRow]] = defaultdict(list)
    for row in view.alike(_DEPLOYMENT, namespace):
        for cluster in row.clusters:
            found[cluster].append(row)
    return found


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
