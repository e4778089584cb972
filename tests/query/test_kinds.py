from __future__ import annotations

import pytest

from mirror.keys import GroupKind
from mirror.store.rows import ResourceRow
from query.errors import UnknownKindError
from query.kinds import choose_kind, served_kinds, well_known


def row(group: str, kind: str, plural: str, *short: str, cluster: str = "a") -> ResourceRow:
    return ResourceRow(cluster, group, kind, "v1", plural, kind.lower(), short, True, ("v1",))


SERVED = served_kinds(
    [
        row("", "Event", "events", "ev"),
        row("", "Pod", "pods", "po"),
        row("apps", "Deployment", "deployments", "deploy"),
        row("events.k8s.io", "Event", "events", "ev"),
        row("helm.toolkit.fluxcd.io", "HelmRelease", "helmreleases"),
        row("helm.toolkit.fluxcd.io", "HelmRelease", "helmreleases", "hr", cluster="b"),
        row("kustomize.toolkit.fluxcd.io", "Kustomization", "kustomizations", "ks"),
        row("lab.example.com", "Widget", "widgets", "po"),
        row("other.example.com", "Widget", "widgets"),
        row("helm.example.com", "HelmRelease", "helmreleases"),
    ]
)


@pytest.mark.parametrize(
    ("name", "api_version", "group_kind"),
    [
        ("HelmRelease", None, ("helm.toolkit.fluxcd.io", "HelmRelease")),
        ("helmreleases", None, ("helm.toolkit.fluxcd.io", "HelmRelease")),
        ("hr", None, ("helm.toolkit.fluxcd.io", "HelmRelease")),
        (" HR ", None, ("helm.toolkit.fluxcd.io", "HelmRelease")),
        ("HelmRelease", "helm.example.com/v9", ("helm.example.com", "HelmRelease")),
        ("deployments.apps", None, ("apps", "Deployment")),
        ("deployment.v1.apps", None, ("apps", "Deployment")),
        ("event", None, ("", "Event")),
        ("event", "events.k8s.io/v1", ("events.k8s.io", "Event")),
        ("po", None, ("", "Pod")),
        ("pods", "v1", ("", "Pod")),
        ("widget.other.example.com", None, ("other.example.com", "Widget")),
    ],
)
def test_a_kind_answers_to_all_its_names(
    name: str, api_version: str | None, group_kind: tuple[str, str]
) -> None:
    assert choose_kind(SERVED, name, api_version) == GroupKind(*group_kind)


@pytest.mark.parametrize(
    ("name", "api_version", "says"),
    [
        ("HelmRelese", None, "did you mean `HelmRelease`"),
        ("deploymnt", None, "did you mean `Deployment`"),
        ("Widget", None, "ambiguous: Widget of lab.example.com, Widget of other.example.com"),
        ("Deployment", "v1", "Deployment is served by apps"),
        ("Pod", "apps/v1", r"Pod is served by the core group \(v1\)"),
        ("qqqqqq", None, "no cluster serves a kind `qqqqqq`$"),
    ],
)
def test_an_unknown_kind_gets_help(name: str, api_version: str | None, says: str) -> None:
    with pytest.raises(UnknownKindError, match=says):
        choose_kind(SERVED, name, api_version)


def test_without_discovery_the_error_says_so() -> None:
    with pytest.raises(UnknownKindError, match="no cluster has said yet what it serves"):
        choose_kind([], "HelmRelease")


@pytest.mark.parametrize(
    ("name", "api_version", "group_kind"),
    [
        ("GitRepository", None, ("source.toolkit.fluxcd.io", "GitRepository")),
        ("KS", None, ("kustomize.toolkit.fluxcd.io", "Kustomization")),
        ("deploy", None, ("apps", "Deployment")),
        ("events", None, ("", "Event")),
        ("events", "events.k8s.io/v1", None),
        ("Deployment", "apps/v1", ("apps", "Deployment")),
        ("HelmRelease", "helm.toolkit.fluxcd.io/v2beta2", ("helm.toolkit.fluxcd.io", "HelmRelease")),
        ("HelmRelease", "helm.example.com/v1", None),
        ("event.events.k8s.io", None, None),
        ("Widget", None, None),
    ],
)
def test_well_known_kinds_need_no_look_at_the_clusters(
    name: str, api_version: str | None, group_kind: tuple[str, str] | None
) -> None:
    assert well_known(name, api_version) == (GroupKind(*group_kind) if group_kind else None)


@pytest.mark.parametrize("name", ["pods,deployments", "hr/podinfo", "all"])
def test_more_than_a_kind_says_what_to_give_instead(name: str) -> None:
    with pytest.raises(UnknownKindError) as caught:
        choose_kind(SERVED, name)
    assert "one kind at a time" in caught.value.hint
