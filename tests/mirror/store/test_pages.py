"""The pages of a list between the API server and the commit."""

from __future__ import annotations

from mirror.store.pages import Pages
from tests.mirror.store.scene import event, record


def test_pages_come_back_in_order_and_whole() -> None:
    kept = Pages()
    first = [record("one", needs=["a"]), record("two")]
    kept.add(first)
    kept.add([])
    kept.add([event("a")])
    assert [list(page) for page in kept] == [first, [event("a")]]
    assert [list(page) for page in kept] == [first, [event("a")]]
    assert len(kept) == 3


def test_pages_are_kept_small() -> None:
    kept = Pages()
    body = b'{"spec":{"chart":"podinfo","values":{"replicas":3}}}' * 20
    kept.add([record(f"r{n}", body=body) for n in range(500)])
    assert kept.size_bytes < 500 * len(body) / 10
