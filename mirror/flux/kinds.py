"""The kinds: all 19 of Flux with their habits, and which other kinds are mirrored.

Versions are left out on purpose: a fleet holds clusters of many Flux releases, discovery says what
each of them serves.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from mirror.keys import GroupKind, Resource

__all__ = [
    "Category",
    "FluxKind",
    "Suspend",
    "default_group",
    "find_flux_kind",
    "flux_kind",
    "metadata_only",
    "mirrored",
]

SOURCE_GROUP: Final = "source.toolkit.fluxcd.io"
KUSTOMIZE_GROUP: Final = "kustomize.toolkit.fluxcd.io"
HELM_GROUP: Final = "helm.toolkit.fluxcd.io"
NOTIFICATION_GROUP: Final = "notification.toolkit.fluxcd.io"
IMAGE_GROUP: Final = "image.toolkit.fluxcd.io"
EXTENSIONS_GROUP: Final = "source.extensions.fluxcd.io"
OPERATOR_GROUP: Final = "fluxcd.controlplane.io"

FLUX_GROUPS: Final = frozenset(
    {
        SOURCE_GROUP,
        KUSTOMIZE_GROUP,
        HELM_GROUP,
        NOTIFICATION_GROUP,
        IMAGE_GROUP,
        EXTENSIONS_GROUP,
        OPERATOR_GROUP,
    }
)


class Category(StrEnum):
    """What a Flux kind is for."""

    SOURCE = "source"
    """Fetches an artifact."""
    APPLIER = "applier"
    """Applies objects and keeps an inventory of them."""
    IMAGE = "image"
    """Scans registries, selects tags, commits updates."""
    NOTIFICATION = "notification"
    """Sends or receives messages; never on the way of a deployment."""
    GENERATOR = "generator"
    """Makes artifacts out of artifacts."""
    INPUT = "input"
    """Provides values to ResourceSets."""
    REPORT = "report"
    """Describes the installation."""


class Suspend(StrEnum):
    """How a kind is told to pause."""

    FIELD = "spec.suspend"
    ANNOTATION = "annotation"
    """`<group>/reconcile: disabled`."""
    NEVER = "never"


class FluxKind(NamedTuple):
    """One Flux kind and its habits.

    status: the kind has a status (Alert and Provider lost theirs in v1beta3).
    observed_generation: `status.observedGeneration` exists; otherwise the Ready condition carries it.
    reconcilable: obeys the annotation `reconcile.fluxcd.io/requestedAt`.
    static: without any condition it is fine, not unknown (see also HelmRepository of type oci).
    """

    group: str
    kind: str
    plural: str
    category: Category
    short_names: tuple[str, ...] = ()
    suspend: Suspend = Suspend.FIELD
    status: bool = True
    observed_generation: bool = True
    reconcilable: bool = True
    static: bool = False

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)

    @property
    def suspend_annotation(self) -> str:
        """The annotation that pauses it with the value `disabled`; "" for kinds with a field."""
        return f"{self.group}/reconcile" if self.suspend is Suspend.ANNOTATION else ""


def _source(kind: str, plural: str, *short_names: str) -> FluxKind:
    return FluxKind(SOURCE_GROUP, kind, plural, Category.SOURCE, short_names)


def _operator(kind: str, plural: str, category: Category, *short_names: str) -> FluxKind:
    return FluxKind(
        OPERATOR_GROUP, kind, plural, category, short_names, Suspend.ANNOTATION, observed_generation=False
    )


def _messenger(kind: str, plural: str) -> FluxKind:
    return FluxKind(
        NOTIFICATION_GROUP,
        kind,
        plural,
        Category.NOTIFICATION,
        status=False,
        observed_generation=False,
        reconcilable=False,
        static=True,
    )


_TABLE: Final = (
    _source("GitRepository", "gitrepositories", "gitrepo"),
    _source("OCIRepository", "ocirepositories", "ocirepo"),
    _source("Bucket", "buckets"),
    _source("HelmRepository", "helmrepositories", "helmrepo"),
    _source("HelmChart", "helmcharts", "hc"),
    _source("ExternalArtifact", "externalartifacts", "ea")._replace(
        suspend=Suspend.NEVER, observed_generation=False, reconcilable=False, static=True
    ),
    FluxKind(KUSTOMIZE_GROUP, "Kustomization", "kustomizations", Category.APPLIER, ("ks",)),
    FluxKind(HELM_GROUP, "HelmRelease", "helmreleases", Category.APPLIER, ("hr",)),
    _messenger("Alert", "alerts"),
    _messenger("Provider", "providers"),
    FluxKind(NOTIFICATION_GROUP, "Receiver", "receivers", Category.NOTIFICATION),
    FluxKind(IMAGE_GROUP, "ImageRepository", "imagerepositories", Category.IMAGE, ("imgrepo", "imagerepo")),
    FluxKind(IMAGE_GROUP, "ImagePolicy", "imagepolicies", Category.IMAGE, ("imgpol", "imagepol")),
    FluxKind(
        IMAGE_GROUP,
        "ImageUpdateAutomation",
        "imageupdateautomations",
        Category.IMAGE,
        ("iua", "imgupd", "imgauto"),
    ),
    FluxKind(
        EXTENSIONS_GROUP,
        "ArtifactGenerator",
        "artifactgenerators",
        Category.GENERATOR,
        ("ag",),
        Suspend.ANNOTATION,
        observed_generation=False,
    ),
    _operator("FluxInstance", "fluxinstances", Category.APPLIER),
    _operator("FluxReport", "fluxreports", Category.REPORT)._replace(
        suspend=Suspend.NEVER, reconcilable=False
    ),
    _operator("ResourceSet", "resourcesets", Category.APPLIER, "rset"),
    _operator("ResourceSetInputProvider", "resourcesetinputproviders", Category.INPUT, "rsip"),
)

FLUX_KINDS: Final = {kind.group_kind: kind for kind in _TABLE}

_BY_NAME: Final = {
    name.lower(): kind for kind in _TABLE for name in (kind.kind, kind.plural, *kind.short_names)
}
_GROUPS: Final = {kind.kind: kind.group for kind in _TABLE}

METADATA_ONLY: Final = frozenset({GroupKind("", "Secret")})

ALWAYS_MIRRORED: Final = METADATA_ONLY | {
    GroupKind(group, kind)
    for group, kinds in {
        "": "ConfigMap Event LimitRange Namespace Node PersistentVolumeClaim Pod ResourceQuota Service "
        "ServiceAccount",
        "apps": "Deployment StatefulSet DaemonSet ReplicaSet",
        "batch": "Job CronJob",
        "rbac.authorization.k8s.io": "Role RoleBinding ClusterRole ClusterRoleBinding",
        "storage.k8s.io": "StorageClass",
        "apiextensions.k8s.io": "CustomResourceDefinition",
        "admissionregistration.k8s.io": "ValidatingWebhookConfiguration MutatingWebhookConfiguration",
    }.items()
    for kind in kinds.split()
}
"""Besides the Flux kinds. Kinds that occur in an inventory are added by whoever reads inventories."""

CLUSTER_SCOPED_KINDS: Final = frozenset(
    GroupKind(group, kind)
    for group, kinds in {
        "": "Namespace Node PersistentVolume",
        "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
        "storage.k8s.io": "StorageClass CSIDriver CSINode VolumeAttachment",
        "apiextensions.k8s.io": "CustomResourceDefinition",
        "apiregistration.k8s.io": "APIService",
        "admissionregistration.k8s.io": "ValidatingWebhookConfiguration MutatingWebhookConfiguration",
        "scheduling.k8s.io": "PriorityClass",
    }.items()
    for kind in kinds.split()
)
"""Well-known kinds without a namespace, for references that do not say. Not complete."""


def flux_kind(group_kind: GroupKind) -> FluxKind | None:
    """The table's row, or None for a kind that is not Flux's."""
    return FLUX_KINDS.get(group_kind)


def find_flux_kind(name: str) -> FluxKind | None:
    """By kind, plural or short name in any case: `hr`, `helmreleases`, `HelmRelease`."""
    return _BY_NAME.get(name.lower())


def default_group(kind: str) -> str:
    """The group of a Flux kind that is named without one; "" (core) for every other kind."""
    return _GROUPS.get(kind, "")


def metadata_only(group_kind: GroupKind) -> bool:
    """Only metadata of this kind may ever be fetched or kept."""
    return group_kind in METADATA_ONLY


def mirrored(resource: Resource) -> bool:
    """Is this resource mirrored without anybody asking? It must be listable and watchable.

    True for everything in the Flux groups (kinds of later releases too) and the kinds that explain
    what Flux objects do. Says nothing about kinds that enter through an inventory or a question.
    """
    known = resource.group in FLUX_GROUPS or resource.group_kind in ALWAYS_MIRRORED
    return known and resource.verbs >= {"list", "watch"}
