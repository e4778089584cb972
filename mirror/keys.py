"""What names a thing: cluster, kind, object, scope; and how two resourceVersions compare."""

from __future__ import annotations

from typing import NamedTuple, NewType

__all__ = [
    "METRICS_GROUP",
    "ClusterName",
    "GroupKind",
    "GroupVersionKind",
    "ObjectKey",
    "Resource",
    "ScopeKey",
    "compare_resource_versions",
    "is_another_cluster",
    "parse_api_version",
]

METRICS_GROUP = "metrics.k8s.io"
"""What Pods and Nodes use: measured when asked, so it can be listed and not watched, and has no versions."""

ClusterName = NewType("ClusterName", str)
"""The kubeconfig context a cluster is mirrored under; what people call the cluster."""


class GroupKind(NamedTuple):
    """A kind without its version: identity of a type across upgrades. The core group is ""."""

    group: str
    kind: str


class GroupVersionKind(NamedTuple):
    """A kind as one version of its group serves it."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)


class ObjectKey(NamedTuple):
    """Identity of an object within one cluster; the version is not part of it.

    namespace: "" for cluster-scoped objects.
    """

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind}/{place}{self.name}"


class Resource(NamedTuple):
    """One listable, watchable type as discovery describes it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    singular: str = ""
    short_names: tuple[str, ...] = ()
    verbs: frozenset[str] = frozenset({"get", "list", "watch"})

    @property
    def gvk(self) -> GroupVersionKind:
        return GroupVersionKind(self.group, self.version, self.kind)

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)

    @property
    def api_version(self) -> str:
        return self.gvk.api_version

    @property
    def watchable(self) -> bool:
        """Its changes can be followed; what cannot be watched is listed again and again."""
        return "watch" in self.verbs

    def path(self, namespace: str = "") -> str:
        """The collection's URL path, below the server's own."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{namespace}" if namespace else ""
        return f"{root}{place}/{self.plural}"


class ScopeKey(NamedTuple):
    """What one list/watch covers: one type in one cluster, everywhere or in one namespace.

    namespace: "" means all namespaces.
    """

    cluster: ClusterName
    group: str
    plural: str
    namespace: str = ""

    def __str__(self) -> str:
        name = f"{self.plural}.{self.group}" if self.group else self.plural
        place = f" in {self.namespace}" if self.namespace else ""
        return f"{self.cluster} {name}{place}"


def is_another_cluster(known: str, shown: str) -> bool:
    """Whether two identities (see kube/cluster_identity.py) prove that a cluster is not the one it was.

    False when nothing is proven: one is "", or rights came or went and the identity is of another sort.
    """
    return bool(known and shown) and known != shown and _sort_of(known) == _sort_of(shown)


def _sort_of(identity: str) -> str:
    """`default`, `address`, or "" for the uid of kube-system."""
    return identity.partition(":")[0] if ":" in identity else ""


def parse_api_version(text: str) -> tuple[str, str]:
    """(group, version) of an apiVersion: `apps/v1` → ("apps", "v1"), `v1` → ("", "v1")."""
    group, slash, version = text.partition("/")
    return (group, version) if slash else ("", group)


def compare_resource_versions(left: str, right: str) -> int:
    """-1, 0 or 1: the order of two resourceVersions of one resource in one cluster.

    Rule: KEP-5504; both are decimal integers of any length without a leading zero.
    Raises ValueError for anything else ("", "0" and opaque versions cannot be compared). Versions of
    different clusters, or of resources in different storages, must not be compared.
    """
    for text in (left, right):
        if not (text.isascii() and text.isdigit()) or text[0] == "0":
            raise ValueError(f"not a comparable resourceVersion: {text!r}")
    a, b = (len(left), left), (len(right), right)
    return (a > b) - (a < b)
