"""status --watch."""

from __future__ import annotations

from itertools import islice

from click.testing import CliRunner

from server.cli.status_pages import WATCH_S, pages
from server.cli.watching import watch
from tests.server.fleet import FileStore


def test_every_look_is_a_new_view(store: FileStore) -> None:
    pauses: list[float] = []
    texts = list(islice(pages(store, ["staging"], 10, pauses.append), 3))
    assert all(text.startswith("1 object fails, in 1 of 1 cluster") for text in texts)
    assert pauses == [WATCH_S, WATCH_S]


def test_data_that_is_too_old_is_not_shown(store: FileStore) -> None:
    texts = pages(store, ["staging"], 10, lambda _: None, max_age=0.5)
    assert next(texts).startswith("error: data older than 0.5s: staging (synced, 1s old)")


def test_without_a_terminal_the_looks_follow_each_other() -> None:
    with CliRunner().isolation() as streams:
        watch(["one", "two"])
        assert streams[0].getvalue() == b"one\n\ntwo\n\n"
