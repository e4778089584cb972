"""Messages taken apart."""

from __future__ import annotations

import pytest

from query.root_cause import patterns
from query.root_cause.patterns import Pattern, ResourceName, headline, named_resources, normalise


def test_every_pattern_says_where_its_text_is_made() -> None:
    found = [item for item in vars(patterns).values() if isinstance(item, Pattern)]
    assert len(found) > 30
    assert all(item.origin and not item.search("") for item in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("failed after 40.02s: timeout", "(combined from similar events): failed after 3m0.1s: timeout"),
        ("stat /tmp/kustomization-2036683951/apps: no", "stat /tmp/kustomization-150417/apps: no"),
        ("artifact sha256:0bc250a7d66d1c9b is gone", "artifact sha256:601cdf3b382ca6c6 is gone"),
        ("upgrade failed\n\nLast Helm logs:\n\nperforming update", "upgrade failed"),
    ],
)
def test_what_differs_between_attempts_does_not_count(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


def test_names_and_words_do_count() -> None:
    assert normalise('configmaps "a" not found') != normalise('configmaps "b" not found')
    assert normalise("no chart with version 1.2.3") != normalise("no chart with version 1.2.4")


def test_a_headline_has_neither_prefix_nor_logs() -> None:
    assert (
        headline("(combined from similar events): upgrade failed\n\nLast Helm logs:\n\nx") == "upgrade failed"
    )


def test_every_object_that_was_not_found_is_named_once() -> None:
    message = (
        'failed to get secret: secrets "key" not found: secrets "key" not found; namespaces "x" not found'
    )
    assert named_resources(message) == (ResourceName("secrets", "key"), ResourceName("namespaces", "x"))


@pytest.mark.parametrize(
    ("message", "names"),
    [
        (
            "timeout waiting for: [Job/apps/web status: 'InProgress', Pod/apps/data status: 'InProgress']",
            ["Job/apps/web", "Pod/apps/data"],
        ),
        ("failed early due to stalled resources: [Namespace/shop status: 'Failed']", ["Namespace/None/shop"]),
        ("resource Deployment/apps/web not ready. status: InProgress", ["Deployment/apps/web"]),
    ],
)
def test_lists_of_objects_that_are_waited_for(message: str, names: list[str]) -> None:
    found = [f"{m['kind']}/{m['namespace']}/{m['name']}" for m in patterns.WAITING_FOR.text.finditer(message)]
    assert found == names


@pytest.mark.parametrize(
    "message",
    [
        "Deployment/infra/x dry-run failed: failed to create typed patch object",
        'Deployment/infra/x dry-run failed (Invalid): Deployment.apps "x" is invalid',
        'ConfigMap/infra/x not found: namespaces "infra" not found',
    ],
)
def test_the_object_that_was_refused(message: str) -> None:
    match = patterns.APPLY.search(message)
    assert match is not None
    assert (match["namespace"], match["name"]) == ("infra", "x")


@pytest.mark.parametrize(
    "name", ["unauthorized", "x509", "404", "429", "502", "read-only", "toomanyrequests"]
)
@pytest.mark.parametrize(
    "message",
    [
        "failed to clone 'https://git.{0}-a.example/{0}/{0}-b.git': it is closed",
        "lookup git.{0}.example on 10.0.0.10:53: it is gone; lookup {0} on 10.0.0.10:53: it is gone",
        "cannot pull {0}-a.example/{0}:{0}@sha256:{0}: it is not there",
        "ConfigMap/{0}/{0}-c: not like this; https://{0}:8443/check",
    ],
)
def test_what_things_are_called_says_nothing(name: str, message: str) -> None:
    outside = (
        patterns.CREDENTIALS,
        patterns.PUSH_REFUSED,
        patterns.UNREACHABLE,
        patterns.RATE_LIMITED,
        patterns.URL_NOT_FOUND,
    )
    assert not any(pattern.search(message.format(name)) for pattern in outside)
    assert any(pattern.search(f"the answer was: {name}: no") for pattern in outside)


@pytest.mark.parametrize("part", ["x", "X", "1", "a-", "a.", "Ab/c", "a/b/", '"', "'x ", "no such "])
def test_a_long_message_takes_no_longer_than_it_is_long(part: str) -> None:
    """What grows with the square of the length would take minutes here."""
    message = part * 10_000
    for item in vars(patterns).values():
        if isinstance(item, Pattern):
            item.search(message)
    assert named_resources(message) == ()
    assert len(normalise(message)) <= len(message)
