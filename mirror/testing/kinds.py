"""The kinds a server serves: the built-in ones as a table, custom ones read from their CRD."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mirror.keys import GroupKind, Resource

__all__ = ["BUILT_IN_KINDS", "Kind", "kind_from_crd", "kind_from_resource", "parse_table", "sort_versions"]

VERBS = frozenset({"create", "delete", "get", "list", "patch", "update", "watch"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One type with everything that decides how a server treats it.

    versions: the served ones, most preferred first; all show the same objects (conversion None).
    custom: defined by a CRD. Items of its lists carry apiVersion and kind; a PUT needs a resourceVersion.
    status: has a status subresource, so a write of the object leaves the status alone and vice versa.
    generation: objects carry metadata.generation, which counts changes outside metadata and status.
    """

    group: str
    kind: str
    plural: str
    namespaced: bool
    versions: tuple[str, ...]
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: frozenset[str] = VERBS
    custom: bool = False
    status: bool = False
    generation: bool = False

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)

    def api_version(self, version: str = "") -> str:
        """`apps/v1`; of the preferred version when none is given."""
        chosen = version or self.versions[0]
        return f"{self.group}/{chosen}" if self.group else chosen

    def key(self, namespace: str, name: str) -> str:
        """The object's place in its collection, sorted as etcd sorts: `namespace/name` or `name`."""
        return f"{namespace}/{name}" if self.namespaced else name


_TABLE = """
v1
  Namespace                      namespaces                      ns     cluster    status
  Node                           nodes                           no     cluster    status
  PersistentVolume               persistentvolumes               pv     cluster    status
  Pod                            pods                            po     namespaced status,generation
  Service                        services                        svc    namespaced status
  ConfigMap                      configmaps                      cm     namespaced -
  Secret                         secrets                         -      namespaced -
  ServiceAccount                 serviceaccounts                 sa     namespaced -
  Event                          events                          ev     namespaced -
  PersistentVolumeClaim          persistentvolumeclaims          pvc    namespaced status
  ResourceQuota                  resourcequotas                  quota  namespaced status
  LimitRange                     limitranges                     limits namespaced -
apps/v1
  Deployment                     deployments                     deploy namespaced status,generation
  StatefulSet                    statefulsets                    sts    namespaced status,generation
  DaemonSet                      daemonsets                      ds     namespaced status,generation
  ReplicaSet                     replicasets                     rs     namespaced status,generation
batch/v1
  Job                            jobs                            -      namespaced status,generation
  CronJob                        cronjobs                        cj     namespaced status,generation
rbac.authorization.k8s.io/v1
  ClusterRole                    clusterroles                    -      cluster    -
  ClusterRoleBinding             clusterrolebindings             -      cluster    -
  Role                           roles                           -      namespaced -
  RoleBinding                    rolebindings                    -      namespaced -
storage.k8s.io/v1
  StorageClass                   storageclasses                  sc     cluster    -
networking.k8s.io/v1
  Ingress                        ingresses                       ing    namespaced status,generation
  NetworkPolicy                  networkpolicies                 netpol namespaced generation
policy/v1
  PodDisruptionBudget            poddisruptionbudgets            pdb    namespaced status,generation
autoscaling/v2
  HorizontalPodAutoscaler        horizontalpodautoscalers        hpa    namespaced status
coordination.k8s.io/v1
  Lease                          leases                          -      namespaced -
apiextensions.k8s.io/v1
  CustomResourceDefinition       customresourcedefinitions       crd    cluster    status,generation
admissionregistration.k8s.io/v1
  MutatingWebhookConfiguration   mutatingwebhookconfigurations   -      cluster    generation
  ValidatingWebhookConfiguration validatingwebhookconfigurations -      cluster    generation
"""


def parse_table(table: str) -> Iterator[tuple[str, str, list[str]]]:
    """Lines of words under `group/version` headings: (group, version, words of the line)."""
    group = version = ""
    for line in filter(None, table.split("\n")):
        if line.startswith(" "):
            yield group, version, line.split()
        else:
            group, _, version = line.rpartition("/")


def _kind(group: str, version: str, words: list[str]) -> Kind:
    kind, plural, short, scope, flags = words
    return Kind(
        group=group,
        kind=kind,
        plural=plural,
        namespaced=scope == "namespaced",
        versions=(version,),
        singular=kind.lower(),
        short_names=() if short == "-" else (short,),
        status="status" in flags,
        generation="generation" in flags,
    )


BUILT_IN_KINDS: tuple[Kind, ...] = tuple(_kind(*row) for row in parse_table(_TABLE))
"""What every server of this package serves without any CRD."""

_VERSION = re.compile(r"^v(\d+)(?:(alpha|beta)(\d+))?$")


def _priority(version: str) -> tuple[int, int, int, int]:
    match = _VERSION.match(version)
    if not match:
        return (1, 0, 0, 0)
    major, stage, minor = match.groups()
    return (0, {None: 0, "beta": 1, "alpha": 2}[stage], -int(major), -int(minor or 0))


def sort_versions(versions: Iterable[str]) -> tuple[str, ...]:
    """Most preferred first, by Kubernetes' version priority: v2, v1, v1beta2, v1beta1, v1alpha1, others."""
    return tuple(sorted(versions, key=lambda version: (_priority(version), version)))


def kind_from_resource(resource: Resource, *, custom: bool | None = None, status: bool = True) -> Kind:
    """The kind that a discovered resource describes.

    custom: None means: its group has a dot and is not one of Kubernetes' own (`*.k8s.io`).
    """
    foreign = "." in resource.group and not resource.group.endswith(".k8s.io")
    is_custom = foreign if custom is None else custom
    return Kind(
        group=resource.group,
        kind=resource.kind,
        plural=resource.plural,
        namespaced=resource.namespaced,
        versions=(resource.version,),
        singular=resource.singular or resource.kind.lower(),
        short_names=resource.short_names,
        verbs=resource.verbs,
        custom=is_custom,
        status=status,
        generation=is_custom,
    )


def kind_from_crd(crd: Mapping[str, Any]) -> Kind | None:
    """The kind that a CustomResourceDefinition makes served; None while it is not Established."""
    conditions = (crd.get("status") or {}).get("conditions") or ()
    if not any(c.get("type") == "Established" and c.get("status") == "True" for c in conditions):
        return None
    spec = crd["spec"]
    served = [version for version in spec["versions"] if version.get("served", True)]
    if not served:
        return None
    names = spec["names"]
    return Kind(
        group=spec["group"],
        kind=names["kind"],
        plural=names["plural"],
        namespaced=spec.get("scope", "Namespaced") == "Namespaced",
        versions=sort_versions(version["name"] for version in served),
        singular=names.get("singular") or names["kind"].lower(),
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        custom=True,
        status=any("status" in (version.get("subresources") or {}) for version in served),
        generation=True,
    )
