"""The search of a whole object: what it remembers from earlier objects must never change what it finds."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mirror.flux import secret_tree
from mirror.flux.masking import Masker
from mirror.flux.secret_tree import redact_tree

MASKER = Masker(b"key")
KEYS = (
    "name", "value", "message", "note", "image", "password", "auth", "labels", "args", "data", "kind",
    "token", "passwordFile", "env", "spec",
)  # fmt: skip
TEXTS = (
    "", "true", "plain", "nginx:1.29", "--password", "--password=hunter2", "hunter2", "Secret", "DB_PASSWORD",
    "postgres://app:hunter2@db/app", "token: hunter2", "a: b", "line\npassword: hunter2",
    '{"password":"hunter2"}', "Bearer abcdefgh12345678", "key=value",
    "invalid token: signature is invalid", "secret=hunter2",
)  # fmt: skip
VALUES = st.recursive(
    st.sampled_from(TEXTS) | st.integers(0, 9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)


def redact_afresh(obj: dict[str, Any]) -> dict[str, Any]:
    secret_tree._harmless_texts.clear()
    secret_tree._harmless_messages.clear()
    return redact_tree(obj, MASKER)


@given(st.lists(OBJECTS, min_size=1, max_size=5))
def test_what_is_remembered_of_other_objects_changes_nothing(objects: list[dict[str, Any]]) -> None:
    expected = [redact_afresh(obj) for obj in objects]
    for obj in objects:
        redact_tree(obj, MASKER)
    assert [redact_tree(obj, MASKER) for obj in objects] == expected


@given(OBJECTS)
def test_what_is_remembered_shows_nothing_wherever_it_stands(obj: dict[str, Any]) -> None:
    redact_afresh(obj)
    texts, messages = set(secret_tree._harmless_texts), set(secret_tree._harmless_messages)
    for key, remembered in (("spec", texts), ("message", messages)):
        for text in remembered:
            assert redact_afresh({key: text}) == {key: text}
