"""Objects as YAML: what a person would have written, whatever stands in them."""

from __future__ import annotations

import pytest
import yaml

from server.render.document import to_yaml, yaml_lines


def test_it_is_the_yaml_that_kubectl_prints() -> None:
    content = {
        "spec": {"replicas": 2, "paused": False, "args": ["-v", "2"], "script": "one\ntwo\n", "x": None}
    }
    assert yaml_lines(content) == [
        "spec:",
        "  replicas: 2",
        "  paused: false",
        "  args:",
        "  - -v",
        "  - '2'",
        "  script: |",
        "    one",
        "    two",
        "  x: null",
    ]


def test_the_same_part_twice_is_written_twice() -> None:
    part = {"a": 1}
    assert yaml_lines({"x": part, "y": part}) == ["x:", "  a: 1", "y:", "  a: 1"]


@pytest.mark.parametrize("text", ["é ü", "漢字", "deployed 🎉", "line 🎉\nother line\n"])
def test_letters_of_any_script_stay_readable(text: str) -> None:
    written = to_yaml({"message": text})
    assert all(line in written for line in text.splitlines())
    assert yaml.safe_load(written) == {"message": text}


_QUOTED = ["null", "true", "1e3", "0x1f", "~", "a: b", "- x", "#c", "'q'", '"d"', "%x", "@y", "*a", "&a"]
_SPACED = [
    "",
    "  lead",
    "trail ",
    "\nlead",
    "x\n\n\n",
    "\ttab\nline",
    "a\n  indented\n",
    "line\r\nwin",
    "word " * 400,
]
_UNSEEN = ["\x07", "\u2028x", "\ufeffx", "a\u0085b"]


@pytest.mark.parametrize("text", [*_QUOTED, *_SPACED, *_UNSEEN])
def test_what_is_read_back_is_what_was_written(text: str) -> None:
    assert yaml.safe_load(to_yaml({"key": text, text: "value"})) == {"key": text, text: "value"}
