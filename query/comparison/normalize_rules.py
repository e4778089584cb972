"""What does not count when one object is compared in two clusters, as data; more of it, which decides about
the digests of stored objects, is in mirror/flux/server_fields.py.

A path is dotted; `*` stands for any map key and any list item.
"""

from __future__ import annotations

from typing import Any

from mirror.flux.claims import claim_labels
from mirror.flux.kinds import HELM_GROUP, KUSTOMIZE_GROUP, OPERATOR_GROUP
from mirror.keys import GroupKind, ObjectKey

__all__ = [
    "CHART_QUANTITIES",
    "CHART_VALUES",
    "DEFAULTS",
    "DROPPED_TOP_LEVEL",
    "DURATION_FIELDS",
    "FREE_FORM",
    "LIST_KEYS",
    "OWNER_LABELS",
    "OWN_NAMESPACE",
    "QUANTITY_FIELDS",
    "QUANTITY_MAPS",
    "UNORDERED_LISTS",
    "YAML_SUFFIXES",
]

DROPPED_TOP_LEVEL = frozenset({"apiVersion", "kind", "metadata", "status"})
"""Identity, what the server assigns, and what controllers observe; labels, annotations and the facts that
matter (health, revision, owner, inventory) are compared on their own."""

APPLIERS = (
    GroupKind(KUSTOMIZE_GROUP, "Kustomization"),
    GroupKind(HELM_GROUP, "HelmRelease"),
    GroupKind(OPERATOR_GROUP, "ResourceSet"),
    GroupKind(OPERATOR_GROUP, "FluxInstance"),
)

OWNER_LABELS = frozenset(label for kind in APPLIERS for label in claim_labels(ObjectKey(*kind, "", "")))
"""The labels by which appliers mark what is theirs; compared as one fact, `owner`."""

FREE_FORM: dict[str, tuple[str, ...]] = {
    "ConfigMap": ("data", "binaryData"),
    "Secret": ("data", "stringData"),
    "HelmRelease": ("spec.values",),
    "Kustomization": ("spec.postBuild.substitute",),
    "ResourceSet": ("spec.inputs", "spec.resources", "spec.steps.*.resources"),
    "ResourceSetInputProvider": ("spec.defaultValues",),
}
"""Per kind: content whose meaning only its reader knows; compared as it is, null and order included."""

CHART_VALUES = frozenset({"HelmRelease"})
"""Kinds whose free-form content is read by charts: there, and nowhere else in such content, what stands at
CHART_QUANTITIES is compared by value."""

CHART_QUANTITIES = frozenset(
    ("resources", part, name)
    for part in ("limits", "requests")
    for name in ("cpu", "memory", "ephemeral-storage", "storage")
)
"""How a path in the values of a chart ends that holds a quantity, by a convention that charts keep: the map
`resources` goes into a container or a claim as it is. All else is text for a template, where `1000m` and `1`
are two things; durations have no such convention. docs/comparison.md says it for users."""

_SOURCE_DEFAULTS: dict[str, Any] = {"spec.suspend": False, "spec.timeout": "1m", "spec.provider": "generic"}

DEFAULTS: dict[str, dict[str, Any]] = {
    "GitRepository": {**_SOURCE_DEFAULTS, "spec.recurseSubmodules": False},
    "OCIRepository": {**_SOURCE_DEFAULTS, "spec.insecure": False},
    "Bucket": {**_SOURCE_DEFAULTS, "spec.insecure": False},
    "HelmRepository": {
        **_SOURCE_DEFAULTS,
        "spec.insecure": False,
        "spec.passCredentials": False,
        "spec.type": "default",
    },
    "HelmChart": {"spec.suspend": False, "spec.reconcileStrategy": "ChartVersion", "spec.version": "*"},
    "Kustomization": {
        "spec.suspend": False,
        "spec.force": False,
        "spec.wait": False,
        "spec.deletionPolicy": "MirrorPrune",
        "spec.postBuild.substituteFrom.*.optional": False,
    },
    "HelmRelease": {
        "spec.suspend": False,
        "spec.chart.spec.reconcileStrategy": "ChartVersion",
        "spec.chart.spec.version": "*",
        "spec.install.strategy.name": "RemediateOnFailure",
        "spec.upgrade.strategy.name": "RemediateOnFailure",
        "spec.upgrade.remediation.strategy": "rollback",
        "spec.driftDetection.mode": "disabled",
        "spec.valuesFrom.*.valuesKey": "values.yaml",
        "spec.valuesFrom.*.optional": False,
    },
    "Alert": {"spec.suspend": False, "spec.eventSeverity": "info"},
    "Provider": {"spec.suspend": False},
    "Receiver": {"spec.suspend": False, "spec.interval": "10m"},
    "ImageRepository": {"spec.suspend": False, "spec.provider": "generic", "spec.insecure": False},
    "ImageUpdateAutomation": {"spec.suspend": False},
}
"""Per Flux kind: what the CRD would fill in. Controllers of different versions fill in different fields, so a
value equal to the default is the same as none. Durations are in their shortest form."""

OWN_NAMESPACE: dict[str, tuple[str, ...]] = {
    "Kustomization": ("spec.sourceRef.namespace", "spec.dependsOn.*.namespace"),
    "HelmRelease": (
        "spec.chart.spec.sourceRef.namespace",
        "spec.chartRef.namespace",
        "spec.dependsOn.*.namespace",
        "spec.targetNamespace",
        "spec.storageNamespace",
    ),
    "ImagePolicy": ("spec.imageRepositoryRef.namespace",),
    "ImageUpdateAutomation": ("spec.sourceRef.namespace",),
    "Alert": ("spec.eventSources.*.namespace",),
    "Receiver": ("spec.resources.*.namespace",),
    "ArtifactGenerator": ("spec.sources.*.namespace",),
    "ExternalArtifact": ("spec.sourceRef.namespace",),
}
"""Per kind: references whose absent namespace means the object's own."""

DURATION_FIELDS = frozenset({"interval", "timeout", "retryInterval", "scanInterval", "requeueAfter"})
"""Field names that hold a Go duration in Flux kinds."""

QUANTITY_MAPS = frozenset(
    {"capacity", "default", "defaultRequest", "hard", "limits", "max", "min", "requests"}
)
"""Maps of resource quantities in Kubernetes' own kinds."""

QUANTITY_FIELDS = frozenset({"sizeLimit", "divisor"})

UNORDERED_LISTS = frozenset(
    {
        "accessModes",
        "apiGroups",
        "categories",
        "containers",
        "dependsOn",
        "env",
        "eventSources",
        "finalizers",
        "hostAliases",
        "hosts",
        "imagePullSecrets",
        "images",
        "matchExpressions",
        "namespaces",
        "nonResourceURLs",
        "ports",
        "resourceNames",
        "resources",
        "secrets",
        "shortNames",
        "subjects",
        "tolerations",
        "topologySpreadConstraints",
        "values",
        "verbs",
        "volumeDevices",
        "volumeMounts",
        "volumes",
    }
)
"""List fields that are sets: order never counts (outside free-form content)."""

LIST_KEYS: tuple[tuple[str, ...], ...] = (
    ("name",),
    ("kind", "name"),
    ("name", "namespace"),
    ("kind", "name", "namespace"),
    ("kind", "name", "valuesKey"),
    ("kind", "name", "valuesKey", "targetPath"),
    ("mountPath",),
    ("type",),
    ("port", "protocol"),
    ("containerPort", "protocol"),
    ("alias",),
    ("key",),
    ("host",),
    ("path",),
    ("topologyKey",),
    ("ip",),
    ("id",),
)
"""Fields by which the items of a list are matched, the first that tells all items apart; the first field of
each must be there. Lists without such fields are matched by position."""

YAML_SUFFIXES = (".yaml", ".yml", ".json")
"""Keys of a ConfigMap whose text is compared as a document, field by field."""
