"""status --watch."""

from __future__ import annotations

from itertools import islice

from click.testing import CliRunner

from server.cli.status import WATCH_S, pages
from server.cli.watching import watch
from tests.server.fleet import FileStore


def test_every_look_is_a_new_view(store: FileStore) -> None:
    pauses: list[float] = []
    texts = list(islice(pages(store, ["staging"], 10, pauses.append), 3))
    assert all(text.startswith("1 object fails, in 1 of 1 cluster") for text in texts)
    assert pauses == [WATCH_S, WATCH_S]


def test_without_a_terminal_the_looks_follow_each_other() -> None:
    with CliRunner().isolation() as streams:
        watch(["one", "two"])
        assert streams[0].getvalue() == b"one\n\ntwo\n\n"
