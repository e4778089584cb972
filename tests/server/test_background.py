"""A reader and the mirror it starts: real processes."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mirror.errors import KubeconfigError
from mirror.store.lease import live_readers, running_mirror
from mirror.store.paths import StorePaths
from server.background import attached_mirror
from server.options import Options
from server.version import VERSION

_KUBECONFIG = """
apiVersion: v1
kind: Config
contexts: [{name: one, context: {cluster: one, user: one}}]
clusters: [{name: one, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: one, user: {}}]
"""


def test_readers_share_the_mirror_that_one_of_them_starts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """All get an answer, and one process has been started, which has its store as working directory."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(_KUBECONFIG)
    link = tmp_path / "link.db"
    paths = StorePaths(tmp_path / "state" / "store.db")
    link.symlink_to(paths.store)

    def ask(store: Path) -> tuple[str, str, int | None, int]:
        options = Options(kubeconfig=kubeconfig, store=store, once=True)
        with attached_mirror(options, {}) as reader, reader.open_view() as view:
            (line,) = view.freshness()
            running = running_mirror(paths)
            assert running is not None
            assert running.version == VERSION
            assert (
                Path(f"/proc/{running.pid}/cwd").resolve() == paths.store.parent or not Path("/proc").exists()
            )
            return line.cluster, line.state, running.pid, live_readers(paths)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, [paths.store, link, paths.store, link]))
    assert {answer[:2] for answer in answers} == {("one", "unreachable")}
    (pid,) = {answer[2] for answer in answers}
    assert pid != os.getpid()
    assert capfd.readouterr().err == "flux-mirror: started a mirror of 1 cluster in the background\n"
    assert f"flux-mirror {VERSION}: mirroring one into {paths.store}" in paths.log.read_text()


def test_nothing_is_started_for_a_kubeconfig_that_cannot_be_used(tmp_path: Path) -> None:
    options = Options(kubeconfig=tmp_path / "none", store=tmp_path / "state" / "store.db")
    with pytest.raises(KubeconfigError), attached_mirror(options, {}):
        pass
    assert not (tmp_path / "state").exists()
