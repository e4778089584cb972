"""Whatever happens in whatever order: no look into the store shows a lie, and it ends equal to the server.

`make test-long` runs thousands of other programs each time; the seed that a failure shows repeats them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import anyio
import pytest
from hypothesis import Phase, given, seed, settings

from tests.mirror.informers.interleaving.programs import Step, programs
from tests.mirror.informers.interleaving.run import play

_LONGEST = 18
_SHARDS, _PER_SHARD = 20, 100
"""The long run: enough shards for any number of workers."""


def run(program: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wrong = anyio.run(play, program, Path(folder))
    assert not wrong, "\n".join([*wrong[:10], "after", *(f"    {step!r}," for step in program)])


@settings(max_examples=15, derandomize=True)
@given(programs(_LONGEST))
def test_the_store_equals_the_server_after_any_interleaving(program: list[Step]) -> None:
    run(program)


@pytest.mark.long
@pytest.mark.parametrize("shard", range(_SHARDS))
def test_the_store_equals_the_server_after_thousands_of_interleavings(shard: int) -> None:
    start = int(os.environ.get("FLUX_MIRROR_TEST_SEED", "1"))
    print(f"make test-long SEED={start}, shard {shard}")  # shown when it fails

    @seed(start * _SHARDS + shard)
    @settings(max_examples=_PER_SHARD, database=None, phases=[Phase.generate, Phase.shrink])
    @given(programs(_LONGEST))
    def many(program: list[Step]) -> None:
        run(program)

    many()
