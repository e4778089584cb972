from __future__ import annotations

from typing import Any

import pytest

from mirror.clock import parse_time
from mirror.flux.suspension import suspended_since

SUSPEND: dict[str, Any] = {"f:spec": {"f:suspend": {}}}
ANNOTATION: dict[str, Any] = {"f:metadata": {"f:annotations": {"f:fluxcd.controlplane.io/reconcile": {}}}}
KUSTOMIZATION = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
RESOURCE_SET = ("fluxcd.controlplane.io/v1", "ResourceSet")


def entry(time: Any, fields: Any) -> dict[str, Any]:
    return {"manager": "flux", "time": time, "fieldsV1": fields}


@pytest.mark.parametrize(
    ("kind", "managed", "since"),
    [
        (KUSTOMIZATION, [entry("2026-11-18T10:00:00Z", SUSPEND)], "2026-11-18T10:00:00Z"),
        (
            KUSTOMIZATION,
            [
                entry("2026-11-18T10:00:00Z", SUSPEND),
                entry("2026-11-18T12:00:00Z", SUSPEND),
                entry("2026-11-18T14:00:00Z", {"f:spec": {"f:path": {}}}),
            ],
            "2026-11-18T12:00:00Z",
        ),
        (KUSTOMIZATION, [entry("2026-11-18T10:00:00Z", ANNOTATION)], None),
        (RESOURCE_SET, [entry("2026-11-18T10:00:00Z", ANNOTATION)], "2026-11-18T10:00:00Z"),
        (("v1", "ConfigMap"), [entry("2026-11-18T10:00:00Z", SUSPEND)], None),
        (KUSTOMIZATION, [entry(None, SUSPEND), entry("odd", SUSPEND), "odd", {"fieldsV1": "odd"}], None),
        (KUSTOMIZATION, None, None),
    ],
)
def test_the_owner_of_the_field_tells_since_when(
    kind: tuple[str, str], managed: Any, since: str | None
) -> None:
    obj = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"managedFields": managed}}
    assert suspended_since(obj) == (None if since is None else parse_time(since))
