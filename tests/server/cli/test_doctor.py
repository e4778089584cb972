"""doctor: looks at this machine, changes nothing, and says what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from mirror.store.lease import WriterLease
from mirror.store.paths import StorePaths
from mirror.store.schema import REVISIONS
from server.cli import main
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


def test_a_store_that_is_kept_up_to_date(store: FileStore, config: Path) -> None:
    paths = StorePaths(store.reader.path)
    with WriterLease(paths).acquire():
        result = doctor("--store", str(paths.store), "--kubeconfig", str(config), "--kube-context", "staging")
    assert result.exit_code == 0
    assert result.stdout.startswith("No problem found: 3 clusters in sync")
    assert "Kubeconfig: 1 context (staging), current: staging" in result.stdout
    assert f"schema {REVISIONS[-1]}" in result.stdout
    assert "Mirror:     process " in result.stdout
    assert "production-eu  synced" in result.stdout


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
