"""What Kustomizations and HelmReleases refer to, and what every applier manages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mirror.flux.field_rules import (
    CONFIG_MAP,
    SECRET,
    Rules,
    Scope,
    account,
    follow,
    named,
    secret,
    target_of,
)
from mirror.flux.fields import group_kind, integer, mapping, object_key, sequence, text
from mirror.flux.inventory import inventory
from mirror.flux.kinds import HELM_GROUP, KUSTOMIZE_GROUP, SOURCE_GROUP
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Reference, Relation

__all__ = ["APPLIER_RULES", "applied_references", "managed_references"]

_KUSTOMIZATION: Final = GroupKind(KUSTOMIZE_GROUP, "Kustomization")
_HELM_RELEASE: Final = GroupKind(HELM_GROUP, "HelmRelease")
_NAMESPACE: Final = GroupKind("", "Namespace")

_KUBECONFIG: Final = (
    secret("spec.kubeConfig.secretRef", Relation.IDENTITY),
    named(Relation.IDENTITY, "spec.kubeConfig.configMapRef", CONFIG_MAP, Scope.OWN),
)
_CHART_SOURCE: Final = named(Relation.SOURCE, "spec.chart.spec.sourceRef")

APPLIER_RULES: Final[dict[GroupKind, Rules]] = {
    _KUSTOMIZATION: (
        named(Relation.SOURCE, "spec.sourceRef"),
        named(Relation.DEPENDS, "spec.dependsOn[]", _KUSTOMIZATION),
        named(Relation.CONFIG, "spec.postBuild.substituteFrom[]", scope=Scope.OWN),
        secret("spec.decryption.secretRef", Relation.IDENTITY),
        account("spec.decryption.serviceAccountName"),
        *_KUBECONFIG,
        account(),
    ),
    _HELM_RELEASE: (
        _CHART_SOURCE,
        named(Relation.SOURCE, "spec.chartRef"),
        named(Relation.DEPENDS, "spec.dependsOn[]", _HELM_RELEASE),
        named(Relation.CONFIG, "spec.valuesFrom[]", scope=Scope.OWN),
        *_KUBECONFIG,
        account(),
    ),
}
"""By group and kind; what needs more than a path is in `applied_references`."""

_HEALTH_CHECKS: Final = named(Relation.HEALTH, "spec.healthChecks[]", scope=Scope.AS_WRITTEN, group="apps")


def applied_references(obj: dict[str, Any]) -> Iterator[Reference]:
    """References that follow from what an applier applied: its inventory, health checks, Helm's objects.

    With `spec.kubeConfig` all of that lives in another cluster: none (query/derived/remote.py has them).
    """
    kind, spec = group_kind(obj), mapping(obj.get("spec"))
    if kind == _HELM_RELEASE:
        yield from _generated_chart(obj, spec)
    if mapping(spec.get("kubeConfig")):
        return
    if kind == _HELM_RELEASE:
        yield from _helm_places(obj, spec)
    if kind == _KUSTOMIZATION and spec.get("wait") is not True:
        yield from follow(obj, (_HEALTH_CHECKS,))
    yield from managed_references(obj)


def managed_references(obj: dict[str, Any]) -> Iterator[Reference]:
    """An applier -> everything in its inventory but itself; with `spec.wait` its health counts, too."""
    waits = mapping(obj.get("spec")).get("wait") is True
    own = object_key(obj)
    for key in dict.fromkeys(entry.key for entry in inventory(obj)):
        if key == own:
            continue
        yield Reference(Relation.MANAGES, "status.inventory.entries", key)
        if waits:
            yield Reference(Relation.HEALTH, "spec.wait", key)


def _generated_chart(obj: dict[str, Any], spec: dict[str, Any]) -> Iterator[Reference]:
    """HelmRelease ns/n with spec.chart owns the HelmChart `<ns>-<n>` in the namespace of its source."""
    template = mapping(mapping(spec.get("chart")).get("spec"))
    _, _, namespace, name = object_key(obj)
    source = target_of(_CHART_SOURCE, template.get("sourceRef"), namespace)
    if source is None or mapping(spec.get("chartRef")):
        return
    chart = ObjectKey(SOURCE_GROUP, "HelmChart", source.namespace, f"{namespace}-{name}")
    yield Reference(Relation.GENERATES, "spec.chart", chart)
    verify = mapping(template.get("verify"))
    key_name = text(mapping(verify.get("secretRef")).get("name"))
    if key_name:
        target = ObjectKey(SECRET.group, SECRET.kind, chart.namespace, key_name)
        yield Reference(Relation.CONFIG, "spec.chart.spec.verify.secretRef", target)


def _helm_places(obj: dict[str, Any], spec: dict[str, Any]) -> Iterator[Reference]:
    """The namespaces a release needs, and the Secret that Helm keeps its newest revision in.

    The Secret is optional: Helm can be told to store releases elsewhere.
    """
    creates = mapping(spec.get("install")).get("createNamespace") is True
    for field, optional in (("targetNamespace", creates), ("storageNamespace", False)):
        name = text(spec.get(field))
        if name:
            target = ObjectKey(_NAMESPACE.group, _NAMESPACE.kind, "", name)
            yield Reference(Relation.CONFIG, f"spec.{field}", target, optional)
    status = mapping(obj.get("status"))
    newest = mapping(next(iter(sequence(status.get("history"))), None))
    name, revision = text(newest.get("name")), integer(newest.get("version"))
    namespace = text(status.get("storageNamespace"))
    if name and revision and namespace:
        target = ObjectKey(SECRET.group, SECRET.kind, namespace, f"sh.helm.release.v1.{name}.v{revision}")
        yield Reference(Relation.GENERATES, "status.history[0]", target, optional=True)
