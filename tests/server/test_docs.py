"""The pages say what the code says: generated ones are up to date, named files exist, shown commands run."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils.cli import cli as sqlite_utils

from mirror import settings
from mirror.store.paths import StorePaths
from server.docs import documents, outdated, write
from server.docs.bounds import BOUNDS
from tests.server.fleet import FLEET, FileStore

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
GENERATED = ["tools.md", "cli.md", "settings.md", "schema.md", "limits.md", "delivery.svg"]

NAMED_PATH = re.compile(
    r"(?<![\w./~-])((?:\.ci|docs|migrations|mirror|query|requirements|server|tests)/[\w./*-]*[\w*/])"
)
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]+))?\)")
"""A link inside the repository: the file, and the heading in it."""


def named_paths(text: str) -> set[str]:
    return set(NAMED_PATH.findall(text))


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code_block(page: str, language: str) -> str:
    found = re.search(
        rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found is not None
    return found[1]


def test_the_committed_pages_are_up_to_date() -> None:
    assert outdated(DOCS) == [], "run `python -m server.docs`"


def test_a_changed_page_is_noticed(tmp_path: Path) -> None:
    assert outdated(tmp_path) == GENERATED
    write(tmp_path)
    assert outdated(tmp_path) == []
    (tmp_path / "cli.md").write_text("old", encoding="utf-8")
    assert outdated(tmp_path) == ["cli.md"]


def test_every_argument_and_field_is_there() -> None:
    pages = documents()
    assert "| `apiVersion` | string |" in pages["tools.md"]
    assert "## RootCause" in pages["tools.md"]
    assert "| `class` | string |" in pages["tools.md"]
    assert "## flux-mirror why" in pages["cli.md"]


def test_settings_have_default_unit_and_reason() -> None:
    page = documents()["settings.md"]
    assert "| `page_size` | `500` |  | Objects per LIST page (client-go's pager default). |" in page
    assert "| `base_s` | `0.8` | seconds | Seconds before the first retry;" in page
    assert "| `line_limit_bytes` | `16 * 1024 * 1024` | bytes | Longest watch line;" in page
    assert "| `watch` | [WatchSettings](#watchsettings) |" in page


def test_every_setting_is_among_the_limits() -> None:
    """A number that somebody can run into has a reason, and a sentence on what happens then."""
    named = {bound.place for bounds in BOUNDS.values() for bound in bounds}
    fields = {
        f"mirror.settings:{name}.{field.name}"
        for name in settings.__all__
        for field in dataclasses.fields(getattr(settings, name))
        if not dataclasses.is_dataclass(field.default_factory)
    }
    assert fields - named == set()


def test_options_have_variables_and_say_which_commands_take_them() -> None:
    page = documents()["settings.md"]
    assert "| `FLUX_MIRROR_KUBE_AS` | `--kube-as` |  | Impersonate this user | all |" in page
    assert "| `FLUX_MIRROR_TIMEOUT` | `--timeout` | `15s` | Longest wait for the first sync | all |" in page
    assert "| `FLUX_MIRROR_BASELINE` | `--baseline` |  | The cluster that is right | `compare` |" in page


def test_tables_have_columns_keys_and_indexes() -> None:
    page = documents()["schema.md"]
    assert "### object\n\nOne row per object that exists or is referred to." in page
    assert "| `cluster_id` | INTEGER |  | `cluster.id`, goes with it |  |" in page
    assert "| `scope_id` | INTEGER |  | `scope.id`, null without it | yes |" in page
    assert "| `health` | TEXT | `'Unknown'` |  |  |" in page
    assert "- unique: `cluster_id`, `group`, `kind`, `namespace`, `name`" in page
    assert "- index `object_by_kind`: `kind`, `namespace`, `name`" in page


def test_the_queries_shown_find_something(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(store.reader.path.parent)
    program, *commands = re.split(r"^sqlite-utils ", code_block("schema.md", "sh"), flags=re.MULTILINE)
    assert program.startswith("#")
    assert len(commands) == 5
    for command in commands:
        answer = CliRunner().invoke(sqlite_utils, shlex.split(command, comments=True))
        assert answer.exit_code == 0, answer.output
        assert len(answer.output.splitlines()) > 2, f"only a heading: {command}"


def test_the_documents_can_be_read_as_shown(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(store.reader.path.parent)
    exec(compile(code_block("schema.md", "python"), "schema.md", "exec"), {})
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == set(FLEET)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_files_and_links_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [path for path in named_paths(text) if not any(ROOT.glob(path.rstrip("/")))] == []
    for file, heading in LINK.findall(text):
        target = page.parent / file if file else page
        assert target.exists(), file
        assert not heading or heading in anchors(target.read_text("utf-8")), f"{file}#{heading}"


def test_a_missing_file_would_be_noticed() -> None:
    assert named_paths("see `mirror/gone.py`, docs/gone.md.") == {"mirror/gone.py", "docs/gone.md"}
    assert named_paths("https://example.com/docs/page.md and ~/.local/server/x") == set()
    assert anchors("## What is read, and with whose rights\n") == {"what-is-read-and-with-whose-rights"}


def test_the_tour_has_eight_stops() -> None:
    text = (DOCS / "tour.md").read_text("utf-8")
    stops = re.findall(r"^## (\d)\. \[(.+)\]\(\.\./(.+)\)$", text, re.MULTILINE)
    assert [int(number) for number, _, _ in stops] == list(range(1, 9))
    assert all(name == target for _, name, target in stops)
    sources = {path for path in named_paths(text) if path.endswith(".py") and not path.startswith("tests/")}
    assert sources == {name for _, name, _ in stops}


def test_the_security_page_names_every_file_of_a_store() -> None:
    text = (DOCS / "security.md").read_text("utf-8")
    paths = StorePaths(Path("store.db"))
    for path in (paths.store, paths.key, paths.lock, paths.readers, paths.log):
        assert f"`{path}`" in text or f"`{path}/`" in text
