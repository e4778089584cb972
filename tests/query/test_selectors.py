from __future__ import annotations

from collections.abc import Iterator

import pytest

from mirror.store.changes import ScopeState
from query.errors import UnknownKindError, UnknownObjectError
from query.selectors import find_objects
from query.view import View
from tests.query.manifests import config_map, helm_release
from tests.query.stores import Content, view_of

FLEET = {
    "a": Content(
        objects=[helm_release(), config_map("web-values", {}), config_map("web-values", {}, "shop")]
    ),
    "b": Content(objects=[helm_release()]),
    "c": Content(states={"HelmRelease": ScopeState.FORBIDDEN}),
}


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    with view_of(tmp_path_factory.mktemp("fleet"), FLEET) as view:
        yield view


def test_an_object_is_found_in_every_cluster_and_namespace(view: View) -> None:
    assert [row.cluster for row in find_objects(view, "hr", "web")] == ["a", "b"]
    assert [row.namespace for row in find_objects(view, "cm", "web-values")] == ["apps", "shop"]
    assert [row.namespace for row in find_objects(view, "cm", "web-values", "shop")] == ["shop"]


def test_what_is_only_referred_to_is_found_when_asked_for(view: View) -> None:
    rows = find_objects(view, "HelmRepository", "charts", "apps", referenced=True)
    assert [(row.cluster, row.present) for row in rows] == [("a", False), ("b", False)]
    with pytest.raises(UnknownObjectError, match="no HelmRepository/apps/charts in a, b, c"):
        find_objects(view, "HelmRepository", "charts", "apps")


@pytest.mark.parametrize(
    ("kind", "name", "namespace", "says"),
    [
        ("ConfigMap", "web-value", "apps", r"did you mean `apps/web-values`\?"),
        ("ConfigMap", "web-val", None, r"did you mean `apps/web-values`\?"),
        ("ConfigMap", "alues", None, r"did you mean `apps/web-values`\?"),
        ("ConfigMap", "shop/web-values", None, "say namespace `shop` and name `web-values` apart"),
        ("ConfigMap", "web-values", "infra", "it exists in namespace apps of a, namespace shop of a"),
        ("HelmRelease", "web", "infra", "it exists in namespace apps of a, b"),
        (
            "HelmRelease",
            "wob",
            None,
            r"did you mean `apps/web`\?; could not be looked for in c \(forbidden\)",
        ),
        ("HelmRelease", "zzz", None, r"no HelmRelease/zzz in a, b, c \(could not be looked for in c"),
    ],
)
def test_an_unknown_object_gets_help(
    view: View, kind: str, name: str, namespace: str | None, says: str
) -> None:
    with pytest.raises(UnknownObjectError, match=says):
        find_objects(view, kind, name, namespace)


def test_nothing_nearer_is_offered_when_the_name_exists_elsewhere(view: View) -> None:
    with pytest.raises(UnknownObjectError) as caught:
        find_objects(view, "ConfigMap", "web-values", "infra")
    assert "did you mean" not in str(caught.value)


def test_an_unknown_kind_is_not_an_unknown_object(view: View) -> None:
    with pytest.raises(UnknownKindError):
        find_objects(view, "Wizard", "web")
