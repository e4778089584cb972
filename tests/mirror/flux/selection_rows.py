"""Every way in which an object picks others by labels, and fields that name nothing, as data."""

from __future__ import annotations

from typing import NamedTuple

from tests.mirror.flux.objects import Document

__all__ = ["NO_EDGE", "SELECTIONS", "NoEdge", "Selects"]


class Selects(NamedTuple):
    """A field that picks objects by their labels. namespace: None for all."""

    kind: str
    content: Document
    relation: str
    field: str
    target: str
    namespace: str | None
    labels: dict[str, str]


class NoEdge(NamedTuple):
    """A field that names nothing, and why."""

    kind: str
    content: Document
    why: str


_LABELS = {"team": "a"}

SELECTIONS = (
    *(
        Selects(
            kind,
            {field: [{"kind": "HelmRelease", "name": name, **place, "matchLabels": _LABELS}]},
            relation,
            f"{field}[0]",
            "HelmRelease",
            place.get("namespace", "apps"),
            _LABELS,
        )
        for kind, field, relation in (
            ("Alert", "spec.eventSources", "notify"),
            ("Receiver", "spec.resources", "trigger"),
        )
        for name in ("*", "")
        for place in ({}, {"namespace": "far"})
    ),
    Selects(
        "ImageUpdateAutomation",
        {"spec.policySelector": {"matchLabels": _LABELS}},
        "source",
        "spec.policySelector",
        "ImagePolicy",
        "apps",
        _LABELS,
    ),
    Selects("ImageUpdateAutomation", {}, "source", "spec.policySelector", "ImagePolicy", "apps", {}),
    Selects(
        "ImageRepository",
        {"spec.accessFrom.namespaceSelectors": [{"matchLabels": _LABELS}]},
        "config",
        "spec.accessFrom.namespaceSelectors[0]",
        "Namespace",
        "",
        _LABELS,
    ),
    Selects(
        "ResourceSet",
        {"spec.inputsFrom": [{"selector": {"matchLabels": _LABELS}}]},
        "config",
        "spec.inputsFrom[0].selector",
        "ResourceSetInputProvider",
        "apps",
        _LABELS,
    ),
    *(
        Selects(
            "ResourceSetInputProvider",
            {"spec.selectors": [{"matchLabels": _LABELS, **written}]},
            "source",
            "spec.selectors[0]",
            "ExternalArtifact",
            namespace,
            _LABELS,
        )
        for written, namespace in (({}, "apps"), ({"namespace": "far"}, "far"), ({"namespace": "*"}, None))
    ),
    Selects("Service", {"spec.selector": _LABELS}, "routes", "spec.selector", "Pod", "apps", _LABELS),
)

NO_EDGE = (
    NoEdge(
        "HelmRepository",
        {"spec.accessFrom.namespaceSelectors": [{"matchLabels": _LABELS}]},
        "no controller enforces it",
    ),
    NoEdge(
        "ImageRepository",
        {"spec.accessFrom.namespaceSelectors": [{}]},
        "every namespace is admitted, whatever its labels",
    ),
    NoEdge(
        "Kustomization",
        {"spec.healthCheckExprs": [{"apiVersion": "v1", "kind": "X", "current": "true"}]},
        "it judges a kind, it names no object",
    ),
    NoEdge(
        "Kustomization",
        {
            "spec.components": ["x"],
            "spec.images": [{"name": "x"}],
            "spec.path": "./x",
            "spec.targetNamespace": "x",
        },
        "it is about the content of the artifact",
    ),
    NoEdge(
        "Kustomization",
        {
            "spec.wait": True,
            "spec.healthChecks": [{"kind": "Deployment", "name": "x"}],
        },
        "with wait the inventory counts, not the list",
    ),
    NoEdge(
        "HelmRelease",
        {"spec.postRenderers": [{"kustomize": {"images": [{"name": "x"}]}}], "spec.releaseName": "x"},
        "it changes how, not from what",
    ),
    NoEdge(
        "ResourceSet",
        {"spec.resourcesTemplate": "kind: Secret\nmetadata: {annotations: {copyFrom: far/x}}"},
        "a program's text; what comes of it carries the annotation",
    ),
    NoEdge("Receiver", {"status.webhookPath": "/hook/x"}, "a secret"),
)
