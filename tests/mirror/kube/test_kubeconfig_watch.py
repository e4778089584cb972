"""Edits of a kubeconfig are noticed however they are made, and what cannot be read is waited out."""

from __future__ import annotations

import logging
import os
import resource
from collections.abc import Callable, Mapping
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from mirror.kube.kubeconfig import Selection, load_selection
from mirror.kube.kubeconfig_watch import KubeconfigWatch
from mirror.settings import KubeconfigSettings
from mirror.testing.clock import ManualClock

pytestmark = pytest.mark.anyio

_PATIENCE_S = 10.0


def content(*names: str, authority: str = "") -> str:
    cluster = f'{{server: "https://api"{f", certificate-authority: {authority}" if authority else ""}}}'
    contexts = "".join(f"- {{name: {name}, context: {{cluster: c}}}}\n" for name in names)
    return f"kind: Config\nclusters:\n- {{name: c, cluster: {cluster}}}\ncontexts:\n{contexts}"


def replace(file: Path, text: str) -> None:
    """As editors do: nobody ever sees a half of it."""
    new = file.with_name("config.new")
    new.write_text(text)
    new.replace(file)


class Watched:
    """A kubeconfig and its watch; time passes while somebody waits."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._clock = ManualClock()
        self._watch = KubeconfigWatch(self._load, self._load(), KubeconfigSettings(), self._clock)

    def _load(self) -> Selection:
        return load_selection(None, self._environ)

    async def names(self, *edits: Callable[[], object]) -> list[str]:
        """The contexts after these edits, made one after the other in the time that the watch waits."""
        with anyio.fail_after(_PATIENCE_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._pass_time)
                for edit in edits:
                    await anyio.to_thread.run_sync(edit)
                    await anyio.wait_all_tasks_blocked()
                selection = await self._watch.changed()
                tasks.cancel_scope.cancel()
        return [context.name for context in selection.contexts]

    async def _pass_time(self) -> None:
        while True:
            await anyio.sleep(0.005)
            self._clock.advance(1.0)


async def watching(*files: Path) -> Watched:
    """Its first look is over."""
    watched = await anyio.to_thread.run_sync(Watched, {"KUBECONFIG": os.pathsep.join(map(str, files))})
    await watched.names()
    return watched


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kube" / "config"
    path.parent.mkdir()
    path.write_text(content("one"))
    return path


async def test_written_in_place_and_replaced(file: Path) -> None:
    watched = await watching(file)
    assert await watched.names(lambda: file.write_text(content("one", "two"))) == ["one", "two"]
    assert await watched.names(lambda: replace(file, content("three"))) == ["three"]


async def test_edited_between_the_first_reading_and_the_first_look(file: Path) -> None:
    watched = await anyio.to_thread.run_sync(Watched, {"KUBECONFIG": str(file)})
    assert await watched.names(lambda: file.write_text(content("two"))) == ["two"]


class Heard(logging.Handler):
    """What was logged, and when the first line of it was."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.first = anyio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self.first.set()


async def test_changes_are_polled_for_where_the_system_has_no_notices_left(file: Path) -> None:
    watched = await watching(file)
    found: list[str] = []

    async def wait() -> None:
        found.extend(await watched.names())

    heard = Heard()
    log = logging.getLogger("flux_mirror.kubeconfig")
    log.addHandler(heard)
    log.setLevel(logging.INFO)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(next_descriptor)
    try:
        async with anyio.create_task_group() as tasks:
            resource.setrlimit(resource.RLIMIT_NOFILE, (next_descriptor, hard))
            tasks.start_soon(wait)
            with anyio.fail_after(_PATIENCE_S):
                await heard.first.wait()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            await anyio.to_thread.run_sync(replace, file, content("two"))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        log.setLevel(logging.NOTSET)
        log.removeHandler(heard)
    assert found == ["two"]
    assert "polled for" in heard.lines[0]


@pytest.mark.parametrize("broken", ["", "kind: Config\ncontexts: [", "kind: Pod", None])
async def test_what_cannot_be_used_is_waited_out_and_said_once(file: Path, broken: str | None) -> None:
    watched = await watching(file)
    written = anyio.Path(file)
    found: list[str] = []

    async def wait() -> None:
        found.extend(await watched.names())

    heard = Heard()
    log = logging.getLogger("flux_mirror.kubeconfig")
    log.addHandler(heard)
    try:
        async with anyio.create_task_group() as tasks:
            if broken is None:
                await written.unlink()
            else:
                await written.write_text(broken)
            tasks.start_soon(wait)
            with anyio.fail_after(_PATIENCE_S):
                await heard.first.wait()
            assert not found
            await anyio.to_thread.run_sync(replace, file, content("again"))
    finally:
        log.removeHandler(heard)
    assert found == ["again"]
    assert len(heard.lines) == 1
    assert "going on as before" in heard.lines[0]


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    """As Kubernetes mounts a Secret: config → ..data/config, ..data → ..1."""
    for version, name in (("..1", "one"), ("..2", "two")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "config").write_text(content(name))
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "config").symlink_to("..data/config")
    return tmp_path / "config"


async def test_a_link_pointed_elsewhere_on_the_way_to_the_file(mounted: Path) -> None:
    watched = await watching(mounted)

    def swap() -> None:
        new = mounted.with_name("..tmp")
        new.symlink_to("..2")
        new.rename(mounted.with_name("..data"))

    assert await watched.names(swap) == ["two"]


async def test_a_file_behind_a_link(tmp_path: Path, file: Path) -> None:
    link = tmp_path / "home" / "link"
    await anyio.Path(link.parent).mkdir()
    await anyio.Path(link).symlink_to(file)
    watched = await watching(link)
    assert await watched.names(lambda: file.write_text(content("two"))) == ["two"]


async def test_a_listed_file_that_appears_later_in_a_folder_that_appears_later(
    tmp_path: Path, file: Path
) -> None:
    late = tmp_path / "late" / "config"
    watched = await watching(file, late)

    def appear() -> None:
        late.parent.mkdir()
        late.write_text(content("two"))

    assert await watched.names(appear) == ["one", "two"]
    assert await watched.names(late.unlink) == ["one"]


async def test_a_certificate_authority_is_watched_too(tmp_path: Path, file: Path) -> None:
    authority = anyio.Path(tmp_path / "ca.pem")
    await authority.write_text("old")
    await anyio.Path(file).write_text(content("one", authority=str(authority)))
    watched = await watching(file)
    assert await watched.names(lambda: Path(authority).write_text("renewed")) == ["one"]
