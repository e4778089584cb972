from __future__ import annotations

from typing import Any

import pytest

from query.comparison.diff import diff
from query.errors import SelectorError
from query.syntax.fields import parse_field

DOCUMENT: dict[str, Any] = {
    "metadata": {"labels": {"app.kubernetes.io/name": "web", "app": "shop"}},
    "spec": {
        "replicas": 0,
        "paused": None,
        "containers": [{"name": "web", "image": "web:1"}, {"name": "side car", "image": "proxy:2"}],
        "ports": [{"port": 80}, {"port": 443}],
    },
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Healthy", "status": "True"}]},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.replicas", 0),
        (".spec.replicas", 0),
        ("{.spec.replicas}", 0),
        ("$.spec.replicas", 0),
        ("spec.missing", None),
        ("spec.missing.deeper[0]", None),
        ("metadata.labels['app.kubernetes.io/name']", "web"),
        (r".metadata.labels.app\.kubernetes\.io/name", "web"),
        ('{.metadata["labels"].app}', "shop"),
        ("spec.ports[0].port", 80),
        ("spec.ports[-1].port", 443),
        ("spec.ports[7].port", None),
        ("spec.ports[*].port", [80, 443]),
        ("metadata.labels.*", ["web", "shop"]),
        ("spec.missing[*].port", []),
        ('.status.conditions[?(@.type=="Ready")].status', "True"),
        (".status.conditions[?(@.type == 'Ready')].status", "True"),
        ("status.conditions[?(@.status=='True')].type", ["Ready", "Healthy"]),
        ("status.conditions[?(@.type=='Absent')].status", None),
        ("spec.ports[?(@.port>100)].port", 443),
        ("spec.ports[?(@.port<='80')].port", None),
        ("spec.ports[?(@.port!=80)].port", 443),
        ("spec.containers[?(@.image)].name", ["web", "side car"]),
        ("spec.containers[name=web].image", "web:1"),
        ('spec.containers[name="side car"].image', "proxy:2"),
        ("spec.containers[name=web,image=web:2].image", None),
        (".", DOCUMENT),
    ],
)
def test_paths_project_values(path: str, value: Any) -> None:
    assert parse_field(path).project(DOCUMENT) == value


@pytest.mark.parametrize(
    "path",
    ["", "  ", "{}", "a..b", "a[", "a[0", "a]b", "a b", "a[0]b", "{.a}{.b}", "a[?(@.b==c)]", "a[b]", "a."],
)
def test_what_does_not_parse_is_named_with_an_example(path: str) -> None:
    with pytest.raises(SelectorError, match="for example `spec"):
        parse_field(path)


def test_the_path_of_a_difference_leads_to_its_value() -> None:
    changed = {
        **DOCUMENT,
        "spec": {**DOCUMENT["spec"], "containers": [{"name": "side car", "image": "proxy:3"}]},
        "metadata": {"labels": {"app.kubernetes.io/name": "api", "app": "shop"}},
    }
    for path, values in diff({"a": DOCUMENT, "b": changed}):
        assert parse_field(path).find(DOCUMENT) == [values["a"]]
