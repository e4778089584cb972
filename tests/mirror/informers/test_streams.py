"""Watches that say nothing: when they are given up, by a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import anyio.lowlevel
import pytest

from mirror.errors import TransportError
from mirror.informers.streams import Streams
from mirror.testing.clock import ManualClock

pytestmark = pytest.mark.anyio


async def silence() -> AsyncIterator[bytes]:
    await anyio.sleep_forever()
    yield b""


async def words(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_what_comes_is_read_to_the_end() -> None:
    with Streams(ManualClock()).following(600) as stream:
        chunks = words(b"one", b"two")
        assert [await stream.read(chunks, 180) for _ in range(3)] == [b"one", b"two", b""]


@pytest.mark.parametrize(("patience_s", "lasts_s"), [(180, 600), (600, 180)])
async def test_silence_beyond_patience_or_beyond_its_time_ends_a_stream(
    patience_s: float, lasts_s: float
) -> None:
    clock = ManualClock()
    streams = Streams(clock)
    given_up = anyio.Event()

    async def read() -> None:
        with streams.following(lasts_s) as stream:
            with pytest.raises(TransportError, match="too long"):
                await stream.read(silence(), patience_s)
            given_up.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        clock.advance(179)
        streams.look()
        await anyio.wait_all_tasks_blocked()
        assert not given_up.is_set()
        clock.advance(1)
        streams.look()
        with anyio.fail_after(5):
            await given_up.wait()


async def test_a_stream_that_never_ends_is_given_up_though_it_talks() -> None:
    clock = ManualClock()
    with Streams(clock).following(600) as stream:
        assert await stream.read(words(b"x"), 180) == b"x"
        clock.advance(601)
        with pytest.raises(TransportError, match="too long"):
            await stream.read(words(b"x"), 180)


async def test_a_stream_given_up_while_its_bytes_are_stored_ends_at_the_next_read() -> None:
    """What has been read is never cut short."""
    streams = Streams(ManualClock())
    with streams.following(600) as stream:
        assert await stream.read(words(b"x"), 180) == b"x"
        streams.give_up(TransportError("the machine has slept"), pause_s=3.0)
        await anyio.lowlevel.checkpoint()
        assert stream.pause_s == 3.0
        with pytest.raises(TransportError, match="slept"):
            await stream.read(words(b"y"), 180)


async def test_a_stream_can_be_cancelled_from_outside() -> None:
    with Streams(ManualClock()).following(600) as stream, anyio.move_on_after(0.01) as limit:
        await stream.read(silence(), 180)
    assert limit.cancelled_caught
