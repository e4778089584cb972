"""Requests of readers: small private files that a mirror takes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mirror.errors import StoreError
from mirror.keys import GroupKind
from mirror.store.mailbox import Mailbox
from mirror.store.paths import StorePaths

INGRESS = GroupKind("networking.k8s.io", "Ingress")
ENDPOINTS = GroupKind("", "Endpoints")


@pytest.fixture
def paths(tmp_path: Path) -> StorePaths:
    return StorePaths(tmp_path / "store.db")


def test_what_was_asked_for_is_taken_once(paths: StorePaths) -> None:
    for kind in (INGRESS, ENDPOINTS, INGRESS):
        Mailbox(paths).ask(kind)
    assert set(Mailbox(paths).take()) == {INGRESS, ENDPOINTS}
    assert Mailbox(paths).take() == []
    assert list(paths.requests.iterdir()) == []


def test_nobody_else_can_read_or_ask(paths: StorePaths) -> None:
    Mailbox(paths).ask(INGRESS)
    (request,) = paths.requests.iterdir()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (paths.requests, request)}
    assert modes == {0o700, 0o600}


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"{",
        b'{"group":"a"}',
        b'{"group":"a/../b","kind":"X"}',
        b'{"group":"","kind":"X\\n"}',
        b'{"group":"","kind":""}',
        b"x" * 5000,
    ],
)
def test_what_is_no_request_is_removed(paths: StorePaths, junk: bytes) -> None:
    Mailbox(paths).ask(INGRESS)
    (paths.requests / "0.json").write_bytes(junk)
    assert Mailbox(paths).take() == [INGRESS]
    assert list(paths.requests.iterdir()) == []


def test_without_a_place_to_write_there_is_an_error(paths: StorePaths) -> None:
    paths.requests.write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be asked for"):
        Mailbox(paths).ask(INGRESS)
    assert Mailbox(paths).take() == []
