"""The questions on the command line, on a written store."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from mirror.errors import StoreMissingError
from mirror.store.changes import ClusterState
from server.cli import main
from server.cli.options import SIZE
from server.options import Options
from server.ports import Store
from tests.query.stores import Content, write_store
from tests.server.fleet import FileStore

Run = Callable[..., Result]


@pytest.fixture
def run(store: FileStore) -> Run:
    """Invoke a command line on the prepared store."""

    def invoke(*words: str, on: Store = store, **environment: str) -> Result:
        return CliRunner().invoke(main, words, obj=lambda _: nullcontext(on), env=environment)

    return invoke


def test_status_begins_with_the_verdict(run: Run) -> None:
    result = run("status")
    assert result.exit_code == 0
    assert result.stdout.startswith("1 object fails, in 1 of 3 clusters")
    assert result.stderr == ""


def test_no_colours_without_a_terminal(run: Run) -> None:
    assert "\x1b" not in run("status").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["status"], 1),
        (["status", "--clusters", "prod*"], 0),
        (["why"], 1),
        (["why", "--clusters", "production-eu"], 0),
        (["compare", "hr/web"], 1),
        (["compare", "cm/notes", "--clusters", "prod*"], 0),
    ],
)
def test_exit_code_tells_scripts(run: Run, words: list[str], code: int) -> None:
    assert run(*words).exit_code == 0
    assert run(*words, "--exit-code").exit_code == code


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["get", "hr"],
        ["compare", "-n", "apps"],
        ["why", "hr", "web"],
        ["tree", "hr/web"],
        ["trace", "hr/web"],
        ["graph"],
        ["graph", "hr/web", "--format", "svg"],
    ],
)
def test_json_is_the_structured_answer_and_nothing_else(run: Run, words: list[str]) -> None:
    result = run(*words, "-o", "json")
    assert result.exit_code == 0
    assert len(json.loads(result.stdout)["freshness"]) == 3
    assert yaml.safe_load(run(*words, "-o", "yaml").stdout) == json.loads(result.stdout)


@pytest.mark.parametrize(
    "words", [["hr", "web"], ["hr/web"], ["HelmRelease/apps/web"], ["helmreleases", "web"]]
)
def test_get_understands_the_forms_of_kubectl(run: Run, words: list[str]) -> None:
    assert run("get", *words).stdout.startswith("3 HelmReleases in 3 clusters")


def test_get_is_narrowed(run: Run) -> None:
    assert run("get", "cm", "-n", "apps", "--clusters", "staging").stdout.startswith("Nothing found")
    assert run("get", "hr", "-n", "other").stdout.startswith("Nothing found")


def test_why_shows_the_path(run: Run) -> None:
    text = run("why", "HelmRelease/apps/web", "--clusters", "staging").stdout
    assert text.startswith("Root cause: ConfigMap/apps/web-values in staging is missing")
    assert "HelmRelease/apps/web" in text


def test_tree_needs_an_object(run: Run) -> None:
    result = run("tree", "hr")
    assert result.exit_code == 2
    assert "KIND/NAME" in result.stderr


def test_graph_prints_the_picture_and_nothing_else(run: Run) -> None:
    assert run("graph", "hr/web").stdout.startswith("flowchart LR\n")
    svg = run("graph", "hr/web", "--format", "svg").stdout
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>\n")
    assert 'subgraph c0["production-eu"]' in run("graph").stdout
    assert run("graph", "--format", "text").stdout.startswith("Delivery in production-eu")
    assert run("graph", "--view", "dependencies").exit_code == 2
    assert "KIND/NAME" in run("graph", "hr").stderr


def test_trace_needs_an_object_and_goes_up(run: Run) -> None:
    assert run("trace").exit_code == 2
    assert "from ✓ HelmRepository" in run("trace", "hr/web", "--clusters", "staging").stdout


def test_why_reads_logs_only_where_there_are_any(run: Run) -> None:
    assert run("why", "--logs").stdout == run("why").stdout


def test_options_come_from_the_environment(run: Run) -> None:
    assert (
        run("status", "-o", "json", FLUX_MIRROR_CLUSTERS="staging").stdout.count('"cluster": "staging"') > 1
    )
    assert json.loads(run("status", FLUX_MIRROR_OUTPUT="json").stdout)


def test_an_error_is_one_block_with_the_next_step(run: Run) -> None:
    result = run("status", "--clusters", "stagin")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == ("error: no mirrored cluster matches `stagin`\nnext: did you mean `staging`?\n")


def test_data_that_is_too_old_is_refused(run: Run) -> None:
    result = run("status", "--max-age", "0.5s")
    assert result.exit_code == 3
    assert "staging" in result.stderr
    assert run("status", "--max-age", "1m").exit_code == 0


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), ("500MB", 500 * 1024**2), ("2g", 2 * 1024**3), ("3 GiB", 3 * 1024**3)]
)
def test_a_size_is_what_it_says(text: str, size: int) -> None:
    assert SIZE.convert(text, None, None) == size


def test_a_size_that_cannot_be_read_is_a_usage_error(run: Run) -> None:
    result = run("mirror", "--store-quota", "much")
    assert result.exit_code == 2
    assert "500MB or 2GB" in result.stderr


def test_a_duration_that_cannot_be_read_is_a_usage_error(run: Run) -> None:
    result = run("status", "--max-age", "soon")
    assert result.exit_code == 2
    assert "30s, 5m or 2h" in result.stderr


def test_when_nothing_was_ever_reached_the_command_says_so(run: Run, tmp_path: Path) -> None:
    dead = Content(state=ClusterState.UNREACHABLE, error="connection refused", confirmed_at=None, served=())
    with write_store(tmp_path / "store.db", {"staging": dead}) as reader:
        result = run("status", on=FileStore(reader))
    assert result.exit_code == 3
    assert result.stdout.startswith("Nothing could be read yet")
    assert "connection refused" in result.stdout


def test_a_store_without_a_mirror_is_called_stale(run: Run, store: FileStore) -> None:
    text = run("status", on=FileStore(store.reader, alive=False)).stdout
    assert "stale" in text.splitlines()[-1]
    assert "the mirror is not running" in text


def test_an_error_of_the_store_ends_the_command_with_its_code() -> None:
    def attach(_: Options) -> AbstractContextManager[Store]:
        raise StoreMissingError("nothing has been mirrored here yet", where="/x/store.db", hint="start it")

    result = CliRunner().invoke(main, ["status"], obj=attach)
    assert result.exit_code == 3
    assert result.stderr == "error: nothing has been mirrored here yet\nwhere: /x/store.db\nnext: start it\n"


def test_an_error_from_a_task_group_is_shown_like_any_other() -> None:
    def attach(_: Options) -> AbstractContextManager[Store]:
        nested = ExceptionGroup("inner", [StoreMissingError("nothing here"), StoreMissingError("nor here")])
        raise ExceptionGroup("outer", [nested])

    result = CliRunner().invoke(main, ["status"], obj=attach)
    assert result.exit_code == 3
    assert result.stderr.startswith("error: nothing here\n")


def test_a_defect_of_ours_is_not_dressed_up() -> None:
    def attach(_: Options) -> AbstractContextManager[Store]:
        raise ExceptionGroup("outer", [StoreMissingError("nothing here"), ZeroDivisionError()])

    result = CliRunner().invoke(main, ["status"], obj=attach)
    assert isinstance(result.exception, ExceptionGroup)


@pytest.mark.parametrize(("failure", "code"), [(KeyboardInterrupt, 130), (BrokenPipeError, 141)])
def test_leaving_early_is_quiet(failure: type[BaseException], code: int) -> None:
    def attach(_: Options) -> AbstractContextManager[Store]:
        raise failure

    result = CliRunner().invoke(main, ["status"], obj=attach)
    assert result.exit_code == code
    assert result.output == ""


def test_options_reach_the_store(store: FileStore) -> None:
    seen: list[Options] = []

    def attach(options: Options) -> AbstractContextManager[Store]:
        seen.append(options)
        return nullcontext(store)

    words = "status --kubeconfig /k --kube-context a --kube-context b-* --kube-as jane --kube-as-group dev"
    words += " --store /s.db --timeout 2m --once"
    assert CliRunner().invoke(main, words.split(), obj=attach).exit_code == 0
    assert seen == [
        Options(
            kubeconfig=Path("/k"),
            kube_context=("a", "b-*"),
            kube_as="jane",
            kube_as_groups=("dev",),
            store=Path("/s.db"),
            once=True,
            timeout_s=120.0,
        )
    ]


def test_groups_without_a_user_are_refused(run: Run) -> None:
    result = run("status", "--kube-as-group", "dev")
    assert result.exit_code == 2
    assert "--kube-as" in result.stderr


def test_a_store_that_is_no_regular_file_is_refused(run: Run) -> None:
    result = run("status", "--store", os.devnull)
    assert (result.exit_code, "is not a regular file" in result.stderr) == (2, True)


@pytest.mark.parametrize("command", [["get", "hr"], ["why"], ["status"], ["compare", "hr/web"]])
def test_a_limit_beyond_reason_is_a_usage_error(run: Run, command: list[str]) -> None:
    result = run(*command, "--limit", str(10**20))
    assert (result.exit_code, "--limit" in result.stderr) == (2, True)
