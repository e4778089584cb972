from __future__ import annotations

from typing import Any

import pytest

from mirror.flux.references import references
from mirror.keys import ObjectKey
from mirror.records import Reference, Relation
from tests.mirror.flux.objects import Document

POD_SPEC: Document = {
    "serviceAccountName": "robot",
    "imagePullSecrets": [{"name": "registry"}],
    "volumes": [
        {"name": "a", "configMap": {"name": "settings", "optional": True}},
        {"name": "b", "secret": {"secretName": "tls"}},
        {"name": "c", "persistentVolumeClaim": {"claimName": "data"}},
        {
            "name": "d",
            "projected": {
                "sources": [
                    {"configMap": {"name": "kube-root-ca.crt"}},
                    {"secret": {"name": "extra", "optional": True}},
                    {"serviceAccountToken": {"path": "token"}},
                ]
            },
        },
        {"name": "e", "csi": {"nodePublishSecretRef": {"name": "csi"}}},
    ],
    "initContainers": [{"name": "i", "envFrom": [{"secretRef": {"name": "init-env"}}]}],
    "containers": [
        {
            "name": "web",
            "envFrom": [{"configMapRef": {"name": "settings"}}],
            "env": [
                {
                    "name": "P",
                    "valueFrom": {"secretKeyRef": {"name": "db", "key": "password", "optional": True}},
                },
                {"name": "Q", "valueFrom": {"secretKeyRef": {"name": "db", "key": "user", "optional": True}}},
                {"name": "R", "value": "plain"},
            ],
        }
    ],
}


def builtin(kind: str, api_version: str = "v1", **fields: Any) -> Document:
    metadata = {"name": "web", "namespace": "apps", **fields.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def edges(obj: Document) -> list[tuple[str, str, str, bool]]:
    return [(e.relation.value, e.field, str(e.target), e.optional) for e in references(obj)]


def test_everything_a_pod_needs() -> None:
    assert edges(builtin("Pod", spec=POD_SPEC)) == [
        ("identity", "spec.serviceAccountName", "ServiceAccount/apps/robot", False),
        ("config", "spec.imagePullSecrets[0]", "Secret/apps/registry", False),
        ("config", "spec.volumes[0].configMap", "ConfigMap/apps/settings", False),
        ("config", "spec.volumes[1].secret", "Secret/apps/tls", False),
        ("volume", "spec.volumes[2].persistentVolumeClaim", "PersistentVolumeClaim/apps/data", False),
        ("config", "spec.volumes[3].projected.sources[1].secret", "Secret/apps/extra", True),
        ("config", "spec.volumes[4].csi.nodePublishSecretRef", "Secret/apps/csi", False),
        ("config", "spec.initContainers[0].envFrom[0].secretRef", "Secret/apps/init-env", False),
        ("config", "spec.containers[0].env[0].valueFrom.secretKeyRef", "Secret/apps/db", True),
    ]


@pytest.mark.parametrize(
    ("kind", "api_version", "path"),
    [
        ("Deployment", "apps/v1", "spec.template.spec"),
        ("StatefulSet", "apps/v1", "spec.template.spec"),
        ("DaemonSet", "apps/v1", "spec.template.spec"),
        ("ReplicaSet", "apps/v1", "spec.template.spec"),
        ("Job", "batch/v1", "spec.template.spec"),
        ("CronJob", "batch/v1", "spec.jobTemplate.spec.template.spec"),
    ],
)
def test_a_workload_needs_what_its_pods_need(kind: str, api_version: str, path: str) -> None:
    spec: Document = POD_SPEC
    for step in reversed(path.split(".")):
        spec = {step: spec}
    found = edges(builtin(kind, api_version, **spec))
    assert len(found) == 9
    assert all(field.startswith(f"{path}.") for _, field, _, _ in found)


def test_an_owned_replica_set_only_names_its_owner() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
    obj = builtin(
        "ReplicaSet", "apps/v1", metadata={"ownerReferences": [owner]}, spec={"template": {"spec": POD_SPEC}}
    )
    assert edges(obj) == [("owner", "metadata.ownerReferences[0]", "Deployment/apps/web", False)]


def test_the_default_account_is_no_edge() -> None:
    assert edges(builtin("Pod", spec={"serviceAccountName": "default"})) == []


def test_an_ephemeral_volume_claims_by_the_name_of_its_pod() -> None:
    spec = {"volumes": [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}}]}
    assert edges(builtin("Pod", spec=spec)) == [
        ("volume", "spec.volumes[0].ephemeral", "PersistentVolumeClaim/apps/web-scratch", False)
    ]


@pytest.mark.parametrize(("kind", "namespace"), [("Node", ""), ("ReplicaSet", "apps")])
def test_an_owner_is_in_the_same_namespace_unless_its_kind_has_none(kind: str, namespace: str) -> None:
    group = "" if kind == "Node" else "apps"
    owner = {"apiVersion": "apps/v1" if group else "v1", "kind": kind, "name": "x"}
    assert references(builtin("Pod", metadata={"ownerReferences": [owner]})) == (
        Reference(Relation.OWNER, "metadata.ownerReferences[0]", ObjectKey(group, kind, namespace, "x")),
    )


def test_a_role_binding_leads_to_its_role_and_its_accounts() -> None:
    obj = builtin(
        "RoleBinding",
        "rbac.authorization.k8s.io/v1",
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "editor"},
        subjects=[
            {"kind": "User", "name": "ann"},
            {"kind": "ServiceAccount", "name": "robot", "namespace": "other"},
        ],
    )
    assert edges(obj) == [
        ("config", "roleRef", "Role/apps/editor", False),
        ("identity", "subjects[1]", "ServiceAccount/other/robot", False),
    ]


@pytest.mark.parametrize("kind", ["RoleBinding", "ClusterRoleBinding"])
def test_a_cluster_role_has_no_namespace(kind: str) -> None:
    obj = builtin(kind, "rbac.authorization.k8s.io/v1", roleRef={"kind": "ClusterRole", "name": "admin"})
    assert references(obj)[0].target == ObjectKey("rbac.authorization.k8s.io", "ClusterRole", "", "admin")


def test_a_claim_needs_its_storage_class() -> None:
    obj = builtin("PersistentVolumeClaim", spec={"storageClassName": "fast-ssd"})
    assert references(obj)[0].target == ObjectKey("storage.k8s.io", "StorageClass", "", "fast-ssd")


def test_a_webhook_needs_its_service() -> None:
    service = {"name": "policy", "namespace": "infra", "path": "/"}
    obj = builtin(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        webhooks=[{"clientConfig": {"url": "https://x"}}, {"clientConfig": {"service": service}}],
    )
    assert edges(obj) == [("config", "webhooks[1].clientConfig.service", "Service/infra/policy", False)]


def test_an_account_brings_its_pull_secrets() -> None:
    assert edges(builtin("ServiceAccount", imagePullSecrets=[{"name": "registry"}])) == [
        ("config", "imagePullSecrets[0]", "Secret/apps/registry", False)
    ]


def test_annotations_of_the_operator_name_where_data_comes_from() -> None:
    def annotated(kind: str, name: str, value: str) -> list[str]:
        found = references(builtin(kind, metadata={"annotations": {f"fluxcd.controlplane.io/{name}": value}}))
        return [str(edge.target) for edge in found]

    assert annotated("Secret", "copyFrom", "other/registry") == ["Secret/other/registry"]
    assert annotated("Service", "copyFrom", "other/registry") == []
    assert annotated("ConfigMap", "convertKubeConfigFrom", "other/remote:value") == ["Secret/other/remote"]
    assert annotated("Service", "checksumFrom", "ConfigMap/a/b,Secret/a/c,ConfigMap/a/b") == [
        "ConfigMap/a/b",
        "Secret/a/c",
    ]
