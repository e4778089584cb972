"""doctor: looks at this machine, changes nothing, and says what to do."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from mirror.store.changes import ClusterState, ScopeState
from mirror.store.lease import WriterLease
from mirror.store.paths import StorePaths
from mirror.store.schema import REVISIONS
from server.cli import main
from server.examination import diagnose
from server.options import Options
from server.render.diagnosis import render_diagnosis
from tests.query.stores import NOW, Content, FixedClock, write_store
from tests.server.fleet import FileStore


def kubeconfig(folder: Path) -> Path:
    path = folder / "config"
    cluster = {"name": "c", "cluster": {"server": "https://c.example.com"}}
    contexts = [
        {"name": "staging", "context": {"cluster": "c"}},
        {"name": "broken", "context": {"cluster": "gone"}},
    ]
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [cluster],
        "contexts": contexts,
        "current-context": "staging",
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return kubeconfig(tmp_path)


def doctor(*words: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *words])


def test_without_a_mirror_every_cluster_says_what_to_do(store: FileStore, config: Path) -> None:
    path = str(store.reader.path)
    result = doctor("--store", path, "--kubeconfig", str(config), "--kube-context", "staging", "--exit-code")
    assert result.exit_code == 1
    assert "production-eu, production-us, staging\n  next: no mirror is running" in result.stdout


def test_a_broken_context_is_a_problem(store: FileStore, config: Path) -> None:
    text = doctor("--store", str(store.reader.path), "--kubeconfig", str(config)).stdout
    assert "context broken: names a cluster 'gone' that is not there" in text
    assert "next: mend the context" in text


def test_nothing_at_all_is_reported_not_raised(tmp_path: Path) -> None:
    result = doctor("--store", str(tmp_path / "none" / "store.db"))
    assert result.exit_code == 0
    assert "Kubeconfig: " in result.stdout
    assert "no kubeconfig found" in result.stdout
    assert "nothing there yet" in result.stdout
    assert "Mirror:     not running" in result.stdout
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_no_store_is_reported_and_left_alone(tmp_path: Path, config: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100, encoding="utf-8")
    before = path.read_bytes()
    result = doctor("--store", str(path), "--kubeconfig", str(config), "--kube-context", "staging")
    assert result.stdout.startswith("1 problem found")
    assert str(path) in result.stdout
    assert path.read_bytes() == before


def test_the_structured_form(store: FileStore, config: Path) -> None:
    path = str(store.reader.path)
    found = json.loads(doctor("--store", path, "--kubeconfig", str(config), "-o", "json").stdout)
    assert found["store"]["revision"] == REVISIONS[-1]
    assert found["store"]["objects"] > 0
    assert found["mirror"]["pid"] is None
    assert [cluster["state"] for cluster in found["clusters"]] == ["stale"] * 3
    assert found["troubles"] == []


def examined(store: Path, config: Path, *, at: float = NOW, mirror: bool = True) -> str:
    """What doctor says at that time, while a mirror holds the store or none does."""
    options = Options(kubeconfig=config, kube_context=("staging",), store=store)
    with ExitStack() as held:
        if mirror:
            held.enter_context(WriterLease(StorePaths(store)).acquire(version="1.0", since=NOW - 7200))
        return render_diagnosis(diagnose(options, {}, FixedClock(at)))


def test_a_store_that_is_kept_up_to_date(store: FileStore, config: Path) -> None:
    text = examined(store.reader.path, config)
    assert text.startswith("No problem found: 3 clusters in sync")
    assert "Kubeconfig: 1 context (staging), current: staging" in text
    assert f"schema {REVISIONS[-1]}" in text
    assert "Mirror:     process " in text
    assert " for 2h, 0 readers" in text
    assert "production-eu  synced" in text
    assert "Streams since the mirror began:" in text


def test_a_scope_that_is_down_is_named_beside_those_that_are_followed(tmp_path: Path, config: Path) -> None:
    lost = {"Pod": ScopeState.RECONNECTING}
    content = Content(state=ClusterState.STALE, error="the connection broke off", lost=lost)
    with write_store(tmp_path / "s.db", {"staging": content}):
        text = examined(tmp_path / "s.db", config)
    assert text.startswith("1 problem found")
    assert (
        "staging: the connection broke off\n  down: pods since 20s; everything else is followed\n"
        "  next: the mirror tries again by itself" in text
    )


def test_a_mirror_that_hangs_is_the_problem_and_not_its_clusters(store: FileStore, config: Path) -> None:
    text = examined(store.reader.path, config, at=NOW + 60)
    assert text.startswith("1 problem found")
    assert "mirror: no sign of life from the mirror for 60s\n  next: its log may say why" in text
    assert "production-eu  stale" in text


def test_without_a_kubeconfig_the_store_is_examined_all_the_same(store: FileStore, tmp_path: Path) -> None:
    text = examined(store.reader.path, tmp_path / "none")
    assert text.startswith("1 problem found")
    assert "  next: the mirror goes on with the contexts it knows" in text
    assert "production-eu  synced" in text


def test_a_store_that_was_set_aside_is_mentioned(tmp_path: Path, config: Path) -> None:
    aside = tmp_path / "s.db.damaged-20260101T000000Z"
    aside.write_bytes(b"junk")
    with write_store(tmp_path / "s.db", {"staging": Content()}):
        text = examined(tmp_path / "s.db", config)
    assert f"store: damaged and set aside: {aside}" in text


def test_every_scope_can_be_shown(store: FileStore, config: Path) -> None:
    words = ("--store", str(store.reader.path), "--kubeconfig", str(config), "--scopes", "-o", "json")
    found = json.loads(doctor(*words).stdout)
    assert len(found["scopes"]) == sum(cluster["scopes"] for cluster in found["clusters"])
    assert {"resource", "state", "resource_version", "age_s", "counters"} <= found["scopes"][0].keys()
