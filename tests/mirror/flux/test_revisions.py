from __future__ import annotations

import pytest

from mirror.flux.revisions import (
    Revision,
    applied_revision,
    attempted_revision,
    parse_revision,
    same_content,
    short_revision,
)
from tests.mirror.flux.objects import Document, flux_object

SHA1 = "2682436aab56da31fc3f5567a039d37fc9f41218"
SHA256 = "868a5d93945ce1154fcbd39890f2c69344ecb722647c778ff6c2f7d0ccaa4ebf"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"main@sha1:{SHA1}", Revision("main", "sha1", SHA1)),
        (f"refs/heads/main@sha1:{SHA1}", Revision("refs/heads/main", "sha1", SHA1)),
        (f"sha1:{SHA1}", Revision("", "sha1", SHA1)),
        (f"0.4.1@sha256:{SHA256}", Revision("0.4.1", "sha256", SHA256)),
        (f"sha256:{SHA256}", Revision("", "sha256", SHA256)),
        (f"main/{SHA1}", Revision("main", "sha1", SHA1)),
        (f"feature/x/{SHA1}", Revision("feature/x", "sha1", SHA1)),
        ("0.4.1+868a5d93945c", Revision("0.4.1", "", "868a5d93945c")),
        ("6.7.0", Revision("6.7.0", "", "")),
        ("6.7.0+3", Revision("6.7.0+3", "", "")),
        ("user@host", Revision("user@host", "", "")),
        ("", Revision("", "", "")),
    ],
)
def test_a_revision_is_taken_apart(text: str, expected: Revision) -> None:
    assert parse_revision(text) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (f"main@sha1:{SHA1}", f"production@sha1:{SHA1}", True),
        (f"main@sha1:{SHA1}", f"main/{SHA1}", True),
        (f"main@sha1:{SHA1}", f"main@sha1:{SHA1[::-1]}", False),
        (f"0.4.1@sha256:{SHA256}", "0.4.1+868a5d93945c", True),
        (f"0.4.1@sha256:{SHA256}", "0.4.1+000000000000", False),
        ("1.2.0", "1.2.0", True),
        ("1.2.0", "1.3.0", False),
        (f"main@sha1:{SHA1}", "main", False),
        ("", "", False),
    ],
)
def test_content_is_the_same_when_digests_are(left: str, right: str, expected: bool) -> None:
    assert same_content(left, right) is expected
    assert same_content(right, left) is expected


def test_a_short_revision_keeps_what_people_recognise() -> None:
    assert short_revision(f"refs/heads/main@sha1:{SHA1}") == "refs/heads/main@sha1:2682436a"
    assert short_revision(f"sha256:{SHA256}") == "sha256:868a5d93"
    assert short_revision("6.7.0") == "6.7.0"
    assert short_revision("0.4.1+868a5d93945c") == "0.4.1+868a5d93945c"


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("GitRepository", {"status": {"artifact": {"revision": "main@sha1:abc"}}}, "main@sha1:abc"),
        ("HelmChart", {"status": {"artifact": {"revision": "1.2.0"}}}, "1.2.0"),
        ("ExternalArtifact", {"status": {"artifact": {"revision": "latest@sha256:1"}}}, "latest@sha256:1"),
        ("Kustomization", {"status": {"lastAppliedRevision": "a", "lastAttemptedRevision": "b"}}, "a"),
        ("Kustomization", {"status": {"lastAttemptedRevision": "b"}}, ""),
        ("FluxInstance", {"status": {"lastAppliedRevision": "v2.9.4"}}, "v2.9.4"),
        ("FluxReport", {"spec": {"distribution": {"version": "v2.9.4"}}}, "v2.9.4"),
        ("ImagePolicy", {"status": {"latestRef": {"tag": "1.0.1"}}}, "1.0.1"),
        ("Alert", {}, ""),
    ],
)
def test_what_is_applied(kind: str, fields: Document, expected: str) -> None:
    assert applied_revision(flux_object(kind, **fields)) == expected


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([("deployed", "1.1.0"), ("superseded", "1.0.0")], "1.1.0"),
        ([("failed", "1.2.0"), ("deployed", "1.1.0")], "1.1.0"),
        ([("failed", "1.2.0")], "1.2.0"),
        ([], ""),
    ],
)
def test_of_a_release_counts_what_runs(history: list[tuple[str, str]], expected: str) -> None:
    entries = [{"status": status, "chartVersion": version} for status, version in history]
    release = flux_object("HelmRelease", status={"history": entries, "lastAttemptedRevision": "9.9.9"})
    assert applied_revision(release) == expected
    assert attempted_revision(release) == "9.9.9"


def test_a_release_of_an_old_controller_has_no_history() -> None:
    assert applied_revision(flux_object("HelmRelease", status={"lastAppliedRevision": "1.0.0"})) == "1.0.0"


def test_a_deployment_has_no_revision() -> None:
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "status": {"lastAppliedRevision": "x"}}
    assert applied_revision(obj) == ""
