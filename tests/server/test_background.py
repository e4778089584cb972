"""A reader and the mirror it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.errors import StoreMissingError
from mirror.store.lease import WriterLease
from mirror.store.paths import StorePaths
from server.background import attached_mirror
from server.options import Options

_KUBECONFIG = """
apiVersion: v1
kind: Config
contexts: [{name: one, context: {cluster: one, user: one}}]
clusters: [{name: one, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: one, user: {}}]
"""


def test_a_mirror_that_gave_way_to_another_one_is_no_failure(tmp_path: Path) -> None:
    """Two readers start a mirror at the same moment; the one whose mirror loses waits for the other's."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(_KUBECONFIG)
    store = tmp_path / "state" / "store.db"
    options = Options(kubeconfig=kubeconfig, store=store, timeout_s=2.0, once=True)
    # The lease is taken while the process that was started still imports, as a faster one would take it.
    with (
        attached_mirror(options, {}) as reader,
        WriterLease(StorePaths(store)).acquire(),
        pytest.raises(StoreMissingError),
        reader.open_view(),
    ):
        pass
