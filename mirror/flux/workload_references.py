"""What Pods, the workloads that make them, and other built-in kinds refer to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mirror.flux.field_rules import (
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
    FieldRule,
    Rules,
    Scope,
    follow,
    named,
    secret,
)
from mirror.flux.fields import group_kind, mapping, metadata, sequence, text
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Reference, Relation

__all__ = ["BUILTIN_RULES", "POD_TEMPLATES", "binding_references", "pod_references"]

_RBAC: Final = "rbac.authorization.k8s.io"
_ADMISSION: Final = "admissionregistration.k8s.io"

_ROLE: Final = FieldRule(Relation.CONFIG, ("roleRef",), None, Scope.DEFAULT_OWN, _RBAC)
_CLUSTER_ROLE: Final = FieldRule(
    Relation.CONFIG, ("roleRef",), GroupKind(_RBAC, "ClusterRole"), Scope.AS_WRITTEN
)
_WEBHOOK: Final = (
    named(Relation.CONFIG, "webhooks[].clientConfig.service", GroupKind("", "Service"), Scope.AS_WRITTEN),
)

BUILTIN_RULES: Final[dict[GroupKind, Rules]] = {
    GroupKind("", "ServiceAccount"): (secret("imagePullSecrets[]"), secret("secrets[]")),
    GroupKind("", "PersistentVolumeClaim"): (
        named(
            Relation.CONFIG,
            "spec.storageClassName",
            GroupKind("storage.k8s.io", "StorageClass"),
            Scope.AS_WRITTEN,
        ),
    ),
    GroupKind(_ADMISSION, "ValidatingWebhookConfiguration"): _WEBHOOK,
    GroupKind(_ADMISSION, "MutatingWebhookConfiguration"): _WEBHOOK,
    GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"): (
        named(
            Relation.CONFIG,
            "spec.conversion.webhook.clientConfig.service",
            GroupKind("", "Service"),
            Scope.AS_WRITTEN,
        ),
    ),
}

POD_TEMPLATES: Final = {
    GroupKind("", "Pod"): "spec",
    GroupKind("apps", "Deployment"): "spec.template.spec",
    GroupKind("apps", "StatefulSet"): "spec.template.spec",
    GroupKind("apps", "DaemonSet"): "spec.template.spec",
    GroupKind("apps", "ReplicaSet"): "spec.template.spec",
    GroupKind("batch", "Job"): "spec.template.spec",
    GroupKind("batch", "CronJob"): "spec.jobTemplate.spec.template.spec",
}
"""Where each kind keeps the Pod spec."""

_POD: Final = GroupKind("", "Pod")
_DEPLOYMENT: Final = GroupKind("apps", "Deployment")
_REPLICA_SET: Final = GroupKind("apps", "ReplicaSet")
_PUBLISHED_EVERYWHERE: Final = "kube-root-ca.crt"
"""The CA bundle that every namespace gets and every Pod mounts: an edge to it explains nothing."""


def binding_references(obj: dict[str, Any]) -> Iterator[Reference]:
    """RoleBinding -> its Role (CONFIG) and -> the ServiceAccounts it speaks for (IDENTITY).

    That is how a cause walk gets from a ServiceAccount that may not do something to the Role.
    """
    role = _CLUSTER_ROLE if mapping(obj.get("roleRef")).get("kind") == "ClusterRole" else _ROLE
    yield from follow(obj, (role,))
    for index, subject in enumerate(sequence(obj.get("subjects"))):
        fields = mapping(subject)
        name, namespace = text(fields.get("name")), text(fields.get("namespace"))
        if fields.get("kind") == "ServiceAccount" and name and namespace:
            target = ObjectKey(SERVICE_ACCOUNT.group, SERVICE_ACCOUNT.kind, namespace, name)
            yield Reference(Relation.IDENTITY, f"subjects[{index}]", target)


def pod_references(obj: dict[str, Any]) -> Iterator[Reference]:
    """References of a Pod, or of the Pod template of a workload.

    A ReplicaSet that a Deployment owns is left out: its template is the Deployment's of now or of
    the past, and what the past referred to may rightly be gone. An object that is named in several
    fields gives one reference, with the first field; it is optional if every field says so.
    """
    kind = group_kind(obj)
    path = POD_TEMPLATES.get(kind, "")
    if not path or (kind == _REPLICA_SET and sequence(metadata(obj).get("ownerReferences"))):
        return
    spec = obj
    for step in path.split("."):
        spec = mapping(spec.get(step))
    namespace = text(metadata(obj).get("namespace"))
    found: dict[tuple[Relation, ObjectKey], Reference] = {}
    pod_name = text(metadata(obj).get("name")) if kind == _POD else ""
    for relation, field, (target, name), optional in (*_named_in_pod(spec, pod_name), *_flags(kind, spec)):
        if not name or (target is CONFIG_MAP and name == _PUBLISHED_EVERYWHERE):
            continue
        key = ObjectKey(target.group, target.kind, namespace, name)
        before = found.get((relation, key))
        if before is None:
            found[relation, key] = Reference(relation, f"{path}.{field}", key, optional)
        elif before.optional and not optional:
            found[relation, key] = before._replace(optional=False)
    yield from found.values()


_Mention = tuple[Relation, str, tuple[GroupKind, str], bool]

_CLAIM: Final = GroupKind("", "PersistentVolumeClaim")


def _named_in_pod(spec: dict[str, Any], pod_name: str) -> Iterator[_Mention]:
    """(relation, field, (kind, name), optional) for everything a Pod spec names."""
    name = text(spec.get("serviceAccountName"))
    if name and name != "default":
        yield Relation.IDENTITY, "serviceAccountName", (SERVICE_ACCOUNT, name), False
    for index, entry in enumerate(sequence(spec.get("imagePullSecrets"))):
        yield _config(f"imagePullSecrets[{index}]", SECRET, entry)
    for index, entry in enumerate(sequence(spec.get("volumes"))):
        volume = mapping(entry)
        yield from _named_in_volume(f"volumes[{index}]", volume)
        if pod_name and "ephemeral" in volume:
            name = f"{pod_name}-{text(volume.get('name'))}"
            yield Relation.VOLUME, f"volumes[{index}].ephemeral", (_CLAIM, name), False
    for field in ("initContainers", "containers"):
        for index, entry in enumerate(sequence(spec.get(field))):
            yield from _named_in_container(f"{field}[{index}]", mapping(entry))


_FLAGS: Final = {"--sops-age-secret": SECRET, "--sops-vault-configmap": CONFIG_MAP}
"""Arguments of kustomize-controller that name what its Kustomizations decrypt with by default."""


def _flags(kind: GroupKind, spec: dict[str, Any]) -> Iterator[_Mention]:
    """Only in the Deployment: the Pods it makes have the same arguments."""
    if kind != _DEPLOYMENT:
        return
    for position, entry in enumerate(sequence(spec.get("containers"))):
        for index, argument in enumerate(sequence(mapping(entry).get("args"))):
            flag, _, name = text(argument).partition("=")
            if flag in _FLAGS:
                yield Relation.CONFIG, f"containers[{position}].args[{index}]", (_FLAGS[flag], name), False


def _named_in_container(prefix: str, container: dict[str, Any]) -> Iterator[_Mention]:
    for index, entry in enumerate(sequence(container.get("envFrom"))):
        fields = mapping(entry)
        for key, kind in (("configMapRef", CONFIG_MAP), ("secretRef", SECRET)):
            if key in fields:
                yield _config(f"{prefix}.envFrom[{index}].{key}", kind, fields[key])
    for index, entry in enumerate(sequence(container.get("env"))):
        fields = mapping(mapping(entry).get("valueFrom"))
        for key, kind in (("configMapKeyRef", CONFIG_MAP), ("secretKeyRef", SECRET)):
            if key in fields:
                yield _config(f"{prefix}.env[{index}].valueFrom.{key}", kind, fields[key])


def _named_in_volume(prefix: str, volume: dict[str, Any]) -> Iterator[_Mention]:
    claim = mapping(volume.get("persistentVolumeClaim"))
    if claim:
        name = text(claim.get("claimName"))
        yield Relation.VOLUME, f"{prefix}.persistentVolumeClaim", (_CLAIM, name), False
    for key, kind, name_key in (
        ("configMap", CONFIG_MAP, "name"),
        ("secret", SECRET, "secretName"),
        ("azureFile", SECRET, "secretName"),
    ):
        if key in volume:
            yield _config(f"{prefix}.{key}", kind, volume[key], name_key)
    for key in ("csi", "cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"):
        fields = mapping(volume.get(key))
        for ref in ("nodePublishSecretRef", "secretRef"):
            if ref in fields:
                yield _config(f"{prefix}.{key}.{ref}", SECRET, fields[ref])
    for index, entry in enumerate(sequence(mapping(volume.get("projected")).get("sources"))):
        fields = mapping(entry)
        for key, kind in (("configMap", CONFIG_MAP), ("secret", SECRET)):
            if key in fields:
                yield _config(f"{prefix}.projected.sources[{index}].{key}", kind, fields[key])


def _config(field: str, kind: GroupKind, value: object, name_key: str = "name") -> _Mention:
    fields = mapping(value)
    return Relation.CONFIG, field, (kind, text(fields.get(name_key))), fields.get("optional") is True
