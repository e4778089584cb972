"""Lines come out whole, however the bytes come in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirror.errors import ProtocolError
from mirror.kube.lines import LineSplitter

TEXT = '{"a":"äöü 漢字 🚢 \u2028 \x85"}'.encode()


def lines(*chunks: bytes, limit: int = 1000) -> list[bytes]:
    splitter = LineSplitter(limit)
    return [line for chunk in chunks for line in splitter.feed(chunk)]


@pytest.mark.parametrize("cut", range(len(TEXT) * 2 + 3))
def test_a_cut_at_any_byte_changes_nothing(cut: int) -> None:
    stream = TEXT + b"\n" + TEXT + b"\n"
    assert lines(stream[:cut], stream[cut:]) == [TEXT, TEXT]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40)), st.data())
def test_chunking_never_matters(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"\n".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert lines(*chunks) == lines(stream) == [line for line in stream.split(b"\n")[:-1] if line.strip()]


def test_blank_lines_and_half_lines_are_no_events() -> None:
    assert lines(b"\n\r\n  \na\n\nhalf") == [b"a"]


def test_a_line_at_the_limit_passes_and_one_beyond_fails_however_it_comes() -> None:
    assert lines(b"x" * 10 + b"\n", limit=10) == [b"x" * 10]
    for chunks in ([b"x" * 11 + b"\n"], [b"x" * 6, b"x" * 5], [b"x"] * 11, [b"a\n" + b"x" * 11]):
        with pytest.raises(ProtocolError, match="longer than 10 bytes"):
            lines(*chunks, limit=10)


def test_lines_before_an_oversized_one_still_come() -> None:
    found = LineSplitter(10).feed(b"a\nb\n" + b"x" * 11)
    assert [next(found), next(found)] == [b"a", b"b"]
    with pytest.raises(ProtocolError):
        next(found)


def test_a_long_line_in_many_chunks_is_put_together_in_linear_time() -> None:
    """8 MiB in 4 KiB chunks: joining the rest anew for each would copy 8 GiB."""
    splitter = LineSplitter(16 << 20)
    for _ in range(2048):
        assert list(splitter.feed(b"x" * 4096)) == []
    (line,) = splitter.feed(b"\n")
    assert len(line) == 8 << 20
