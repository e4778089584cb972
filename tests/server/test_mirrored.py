"""When the first question is answered, and what the answer says of its own worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from mirror.errors import MirrorError, StoreMissingError
from mirror.keys import Resource
from mirror.store.changes import ClusterState, ScopeState
from mirror.store.mailbox import Mailbox
from mirror.store.paths import StorePaths
from mirror.testing.clock import ManualClock
from query.results.answer import Freshness
from server.launcher import Launcher
from server.mirrored import MirroredStore
from tests.query.stores import NOW, RESOURCES, Content, write_store
from tests.server.mirrors import Mirrors

CONFIRMED_S = 100.0
"""How long ago the earlier mirror confirmed its data."""


class Scene:
    """A reader with a store of an earlier mirror, or none; time passes while it waits."""

    def __init__(self, folder: Path) -> None:
        self.paths = StorePaths(folder / "state" / "store.db")
        self.clock = ManualClock(NOW)
        self.mirrors = Mirrors()
        self.meanwhile: Callable[[], object] = lambda: None
        launcher = Launcher(["mirror"], self.paths, self.clock, version="0.1.0", spawn=self.mirrors)
        self.store = MirroredStore(
            self.paths, ["staging"], launcher, self.clock, timeout_s=15.0, pause=self._pause
        )

    def stored(
        self,
        state: ClusterState = ClusterState.SYNCED,
        *,
        heartbeat_ago_s: float = CONFIRMED_S,
        served: Sequence[Resource] = RESOURCES,
        states: Mapping[str, ScopeState | None] = MappingProxyType({}),
    ) -> None:
        content = Content(state=state, confirmed_at=NOW - CONFIRMED_S, served=served, states=states)
        self.paths.create_folder()
        write_store(self.paths.store, {"staging": content}, heartbeat_at=NOW - heartbeat_ago_s).close()

    def await_kind(self, kind: str) -> float:
        """Seconds that a question about it was held up."""
        began = self.clock.monotonic()
        self.store.await_kind(kind)
        return self.clock.monotonic() - began

    def ask(self) -> Freshness:
        with self.store.open_view() as view:
            (line,) = view.freshness()
        return line

    def _pause(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.meanwhile()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    for child in scene.mirrors.started:
        if child.returncode is None:
            child.end(0)


def test_the_data_of_an_earlier_mirror_is_shown_as_such_after_a_few_seconds(scene: Scene) -> None:
    """The mirror that runs has not spoken yet: its clusters may hang, and what is stored has its worth."""
    scene.stored()
    line = scene.ask()
    assert 3.0 <= scene.clock.monotonic() < 3.1
    assert (line.state, line.error) == ("stale", "the mirror was started 3s ago and has not spoken yet")
    assert line.age_s is not None
    assert line.age_s > 50, "what is stored has its age"


def test_a_mirror_killed_a_moment_ago_confirms_nothing(scene: Scene) -> None:
    """Its last heartbeat is fresh, but the mirror that runs now has been started since."""
    scene.stored(heartbeat_ago_s=0.5)
    assert scene.ask().state == "stale"


def test_the_word_of_the_running_mirror_is_awaited_no_longer_than_it_takes(scene: Scene) -> None:
    scene.stored(heartbeat_ago_s=-0.5)
    assert scene.ask().state == "synced"
    assert scene.clock.monotonic() == 0.0


def test_what_is_stored_is_answered_while_no_mirror_can_be_started(scene: Scene) -> None:
    scene.stored()
    scene.meanwhile = lambda: scene.mirrors.started[0].end(3)
    line = scene.ask()
    assert line.state == "stale"
    assert "ended with code 3: it left no log; a question after 2 s starts another" in line.error
    scene.meanwhile = lambda: None
    scene.clock.advance(2.0)
    assert scene.ask().error == "the mirror was started 0s ago and has not spoken yet"
    assert len(scene.mirrors.started) == 2


def test_without_anything_stored_the_failure_is_the_answer(scene: Scene) -> None:
    scene.meanwhile = lambda: scene.mirrors.started[0].end(2)
    with pytest.raises(MirrorError, match="ended with code 2"):
        scene.ask()


def test_the_first_sync_is_awaited_for_the_whole_patience(scene: Scene) -> None:
    with pytest.raises(StoreMissingError, match="no store after 15 s"):
        scene.ask()
    assert scene.clock.monotonic() >= 15.0


def test_a_mirror_that_leaves_is_not_relied_on(scene: Scene) -> None:
    """Its last states are good, but nobody will follow the clusters: the reader waits for its end."""
    from mirror.store.lease import WriterLease

    scene.stored(heartbeat_ago_s=0.0)
    lease = WriterLease(scene.paths).acquire(version="0.1.0", since=NOW - 1)
    lease.leaving(True)
    scene.meanwhile = lease.release
    scene.ask()
    assert len(scene.mirrors.started) == 1


WIDGETS = Resource("lab.example.com", "v1", "Widget", "widgets", True, "widget")


def test_a_kind_that_is_not_mirrored_is_asked_for_and_awaited_for_a_bounded_time(scene: Scene) -> None:
    scene.stored(heartbeat_ago_s=-0.5, served=(*RESOURCES, WIDGETS), states={"Widget": None})
    assert 5.0 <= scene.await_kind("widgets") < 5.1
    assert Mailbox(scene.paths).take() == [WIDGETS.group_kind]


def test_a_kind_that_is_mirrored_is_not_waited_for(scene: Scene) -> None:
    scene.stored(heartbeat_ago_s=-0.5)
    assert (scene.await_kind("pods"), scene.await_kind("nonsense")) == (0.0, 0.0)
    assert Mailbox(scene.paths).take() == []
