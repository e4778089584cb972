from __future__ import annotations

import pytest

from mirror.flux.inventory import InventoryEntry, inventory, parse_inventory_id
from mirror.keys import ObjectKey
from tests.mirror.flux.objects import flux_object


@pytest.mark.parametrize(
    ("entry_id", "expected"),
    [
        ("apps_web_apps_Deployment", ObjectKey("apps", "Deployment", "apps", "web")),
        ("apps_web-config__ConfigMap", ObjectKey("", "ConfigMap", "apps", "web-config")),
        ("_apps__Namespace", ObjectKey("", "Namespace", "", "apps")),
        (
            "_widgets.lab.example.com_apiextensions.k8s.io_CustomResourceDefinition",
            ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "widgets.lab.example.com"),
        ),
        (
            "_system__controller__foo_rbac.authorization.k8s.io_ClusterRole",
            ObjectKey("rbac.authorization.k8s.io", "ClusterRole", "", "system:controller:foo"),
        ),
        ("ns_a__b_apps_Deployment", ObjectKey("apps", "Deployment", "ns", "a__b")),
    ],
)
def test_an_id_names_an_object(entry_id: str, expected: ObjectKey) -> None:
    assert parse_inventory_id(entry_id) == expected


@pytest.mark.parametrize(
    "entry_id", ["", "web", "apps_web", "apps_web_Deployment", "apps__apps_Deployment", "a_b_c_"]
)
def test_malformed_ids_name_nothing(entry_id: str) -> None:
    assert parse_inventory_id(entry_id) is None


def test_an_inventory_keeps_its_order_and_versions_and_drops_junk() -> None:
    entries = [
        {"id": "a_z__Service", "v": "v1"},
        None,
        {"v": "v1"},
        {"id": "a_b"},
        {"id": "a_a__Service", "v": 1},
    ]
    obj = flux_object("Kustomization", status={"inventory": {"entries": entries}})
    assert inventory(obj) == [
        InventoryEntry(ObjectKey("", "Service", "a", "z"), "v1"),
        InventoryEntry(ObjectKey("", "Service", "a", "a"), ""),
    ]


def test_no_inventory_is_an_empty_one() -> None:
    assert inventory(flux_object("Kustomization")) == []
