"""Messages that nobody has ever seen: reasons and references say enough."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.store.changes import ScopeState
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.verdicts import blamed, only

UNHEARD_OF = "something went wrong in a way that no release before has put into words"


def source(reason: str, **spec: Any) -> Document:
    return fleet.git(state=fleet.failed(reason, UNHEARD_OF), **spec)


def apps(reason: str, **spec: Any) -> list[Document]:
    return [fleet.git(), fleet.kustomization("apps", state=fleet.failed(reason, UNHEARD_OF), **spec)]


VARIABLES = {"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}
KEY = {"provider": "sops", "secretRef": {"name": "age"}}
REMOTE = {"secretRef": {"name": "remote"}}


@pytest.mark.parametrize(
    ("reason", "spec", "missing"),
    [
        ("BuildFailed", {"postBuild": VARIABLES}, "ConfigMap/flux-system/vars"),
        ("BuildFailed", {"decryption": KEY}, "Secret/flux-system/age"),
        ("ReconciliationFailed", {"kubeConfig": REMOTE}, "Secret/flux-system/remote"),
        (
            "ArtifactFailed",
            {"sourceRef": {"kind": "OCIRepository", "name": "gone"}},
            "OCIRepository/flux-system/gone",
        ),
    ],
)
def test_what_the_reason_speaks_of_and_does_not_exist(
    ask: Ask, reason: str, spec: dict[str, Any], missing: str
) -> None:
    assert blamed(ask(apps(reason, **spec), kind="ks", name="apps")) == ("Missing", missing, "")


@pytest.mark.parametrize("reason", ["AuthenticationFailed", "GitOperationFailed", "Failed"])
def test_a_source_without_its_credentials_fails_whatever_it_says(ask: Ask, reason: str) -> None:
    answer = ask([source(reason, secretRef={"name": "key"})], kind="GitRepository", name="flux-system")
    assert blamed(answer) == ("Missing", "Secret/flux-system/key", "")


def test_values_of_a_release(ask: Ask) -> None:
    release = fleet.helm_release(
        state=fleet.failed("ValuesError", UNHEARD_OF), valuesFrom=[{"kind": "Secret", "name": "values"}]
    )
    assert blamed(ask([release], kind="hr", name="shop")) == ("Missing", "Secret/apps/values", "")


def test_credentials_that_are_refused_in_unknown_words(ask: Ask) -> None:
    objects = [
        source("AuthenticationFailed", secretRef={"name": "key"}),
        fleet.plain("Secret", "key", fleet.SYSTEM),
    ]
    assert blamed(ask(objects, kind="GitRepository", name="flux-system")) == (
        "Denied",
        "Secret/flux-system/key",
        "",
    )


def test_another_reason_does_not_speak_of_it(ask: Ask) -> None:
    answer = ask(apps("PruneFailed", postBuild=VARIABLES), kind="ks", name="apps")
    assert blamed(answer) == ("Failed", "Kustomization/flux-system/apps", "")


def test_an_optional_reference_is_not_needed(ask: Ask) -> None:
    variables = {"substituteFrom": [{"kind": "ConfigMap", "name": "vars", "optional": True}]}
    assert blamed(ask(apps("BuildFailed", postBuild=variables), kind="ks", name="apps"))[0] == "Failed"


def test_what_cannot_be_seen_is_said_and_the_general_rule_answers(ask: Ask) -> None:
    answer = ask(
        apps("BuildFailed", postBuild=VARIABLES),
        states={"ConfigMap": ScopeState.FORBIDDEN},
        kind="ks",
        name="apps",
    )
    assert blamed(answer) == ("Failed", "Kustomization/flux-system/apps", "")
    assert answer.not_visible == ("staging: ConfigMap flux-system/vars: forbidden",)


@pytest.mark.parametrize("reason", ["InstallFailed", "UpgradeFailed"])
def test_a_release_whose_child_has_failed(ask: Ask, reason: str) -> None:
    web = fleet.deployment()
    web["status"]["conditions"] = [
        fleet.condition("Progressing", "False", "ProgressDeadlineExceeded", "late")
    ]
    release = fleet.helm_release(state=fleet.failed(reason, UNHEARD_OF), children=[web])
    assert blamed(ask([release, web], kind="hr", name="shop"))[:2] == ("Workload", "Deployment/apps/web")


def test_a_chart_that_fails_in_unknown_words_is_its_authors(ask: Ask) -> None:
    chart = fleet.helm_chart(state=fleet.failed("ChartPackageError", UNHEARD_OF))
    release = fleet.helm_release(state=fleet.failed("SourceNotReady", UNHEARD_OF))
    answer = ask([fleet.helm_repository(), chart, release], kind="hr", name="shop")
    assert blamed(answer) == ("Failed", "HelmRelease/apps/shop", "spec.chart")
    assert UNHEARD_OF in only(answer).message
