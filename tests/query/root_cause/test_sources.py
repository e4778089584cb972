"""Sources and charts that cannot be fetched."""

from __future__ import annotations

from typing import Any

import pytest

from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.verdicts import blamed, only

CLONE = "failed to checkout and determine revision: unable to clone 'https://git.example.com/fleet.git': "


@pytest.mark.parametrize(
    ("ref", "message", "field"),
    [
        ({"branch": "main"}, 'couldn\'t find remote ref "refs/heads/main"', "spec.ref.branch"),
        ({"tag": "v9"}, "reference not found", "spec.ref.tag"),
        ({"semver": ">9"}, "no match found for semver: >9", "spec.ref.semver"),
        ({"branch": "main", "commit": "0badc0de"}, "object not found", "spec.ref.commit"),
    ],
)
def test_a_reference_that_does_not_exist(ask: Ask, ref: dict[str, str], message: str, field: str) -> None:
    source = fleet.git(state=fleet.failed("GitOperationFailed", CLONE + message), ref=ref)
    answer = ask([source, fleet.kustomization("apps")], kind="Kustomization", name="apps")
    assert blamed(answer) == ("Invalid", "GitRepository/flux-system/flux-system", field)
    assert [step.relation for step in only(answer).path] == ["", "source"]


def test_refused_credentials_blame_the_secret_that_was_used(ask: Ask) -> None:
    source = fleet.git(
        state=fleet.failed("GitOperationFailed", CLONE + "authentication required: Unauthorized"),
        secretRef={"name": "deploy-key"},
    )
    secret = fleet.plain("Secret", "deploy-key", fleet.SYSTEM)
    assert blamed(ask([source, secret], kind="gitrepo", name="flux-system")) == (
        "Denied",
        "Secret/flux-system/deploy-key",
        "",
    )


def test_refused_credentials_without_a_secret_blame_the_source(ask: Ask) -> None:
    source = fleet.git(state=fleet.failed("GitOperationFailed", CLONE + "authentication required"))
    answer = ask([source], kind="GitRepository", name="flux-system")
    assert blamed(answer) == ("Denied", "GitRepository/flux-system/flux-system", "spec.secretRef")


def test_a_missing_secret_is_missing_and_its_field_is_named(ask: Ask) -> None:
    message = "failed to get secret 'flux-system/key': secrets \"key\" not found"
    source = fleet.git(state=fleet.failed("AuthenticationFailed", message), secretRef={"name": "key"})
    cause = only(ask([source], kind="GitRepository", name="flux-system"))
    assert (cause.class_, str(cause.object)) == ("Missing", "Secret/flux-system/key")
    assert cause.path[-1].field == "spec.secretRef"
    assert cause.path[-1].health == "Missing"
    assert "create secret generic key" in cause.next_step


def test_sources_of_one_dead_host_are_one_incident(ask: Ask) -> None:
    def dead(name: str) -> dict[str, Any]:
        message = CLONE + "dial tcp: lookup git.example.com: no such host"
        return fleet.git(name, state=fleet.failed("GitOperationFailed", message))

    cause = only(ask([dead("one"), dead("two"), dead("three")]))
    assert (cause.class_, str(cause.object)) == ("External", "GitRepository/flux-system/one")
    assert cause.affected.count == 2
    assert {ref.name for ref in cause.affected.examples} == {"two", "three"}


def test_a_failing_source_explains_a_release_that_waits_for_its_chart(ask: Ask) -> None:
    gone = "failed to fetch Helm repository index: failed to fetch https://charts.example.com : 404 Not Found"
    no_artifact = "no artifact available for HelmRepository source 'charts'"
    objects = [
        fleet.helm_repository(state=fleet.failed("Failed", gone)),
        fleet.helm_chart(state=fleet.failed("NoSourceArtifact", no_artifact)),
        fleet.helm_release(
            state=fleet.failed("SourceNotReady", f"HelmChart 'apps/apps-shop' is not ready: {no_artifact}")
        ),
    ]
    answer = ask(objects, kind="hr", name="shop")
    assert blamed(answer) == ("Invalid", "HelmRepository/apps/charts", "spec.url")
    assert [step.object.kind for step in only(answer).path] == ["HelmRelease", "HelmChart", "HelmRepository"]


@pytest.mark.parametrize("author", [True, False])
def test_a_wrong_chart_version_is_the_fault_of_whoever_wrote_it(ask: Ask, author: bool) -> None:
    message = "invalid chart reference: no 'shop' chart with version matching '9' found"
    objects = [
        fleet.helm_repository(),
        fleet.helm_chart(state=fleet.failed("InvalidChartReference", message)),
    ]
    if author:
        objects.append(fleet.helm_release(state=fleet.failed("SourceNotReady", message)))
    expected = (
        ("HelmRelease/apps/shop", "spec.chart.spec.version")
        if author
        else ("HelmChart/apps/apps-shop", "spec.version")
    )
    assert blamed(ask(objects, kind="HelmChart", name="apps-shop")) == ("Invalid", *expected)


def test_a_source_that_does_not_exist(ask: Ask) -> None:
    message = 'GitRepository.source.toolkit.fluxcd.io "flux-system" not found'
    objects = [fleet.kustomization("apps", state=fleet.failed("ArtifactFailed", message))]
    assert blamed(ask(objects, kind="ks", name="apps")) == (
        "Missing",
        "GitRepository/flux-system/flux-system",
        "",
    )


def test_a_signature_that_cannot_be_verified(ask: Ask) -> None:
    state = fleet.failed(
        "VerificationError", "failed to verify the signature using provider 'cosign': no signatures"
    )
    answer = ask([fleet.git(state=state)], kind="GitRepository", name="flux-system")
    assert blamed(answer) == ("Denied", "GitRepository/flux-system/flux-system", "spec.verify")


def test_a_ready_kustomization_still_stands_on_a_failing_source(ask: Ask) -> None:
    """Consumers keep the last good artifact and stay Ready."""
    source = fleet.git(state=fleet.failed("GitOperationFailed", CLONE + "connection refused"))
    answer = ask([source, fleet.kustomization("apps")], kind="Kustomization", name="apps")
    assert blamed(answer) == ("External", "GitRepository/flux-system/flux-system", "spec.url")


def test_a_suspended_source_holds_back_what_asks_for_news(ask: Ask) -> None:
    objects = [fleet.git(suspend=True), fleet.kustomization("apps")]
    cause = only(ask(objects, kind="Kustomization", name="apps"))
    assert (cause.class_, cause.field) == ("Suspended", "spec.suspend")
    assert cause.next_step == "flux resume source git flux-system -n flux-system --context staging"
    assert cause.affected.count == 1


def test_suspension_is_no_failure_by_itself(ask: Ask) -> None:
    answer = ask([fleet.git(suspend=True), fleet.kustomization("apps")])
    assert answer.healthy
