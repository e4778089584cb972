"""kill -9 at any moment: the store opens, and all of it is the state of one and the same commit."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from random import Random

import pytest

from mirror.errors import StoreMissingError
from mirror.store.paths import StorePaths
from tests.mirror.store.load import Model, observed, write

LONGEST_LIFE_S = 0.25
LONGEST_START_S = 10.0
KILLS_PER_STORE = 20
"""Then begins a new one, so that writers die while they make a store, too."""

# A fork of a process that has imported everything: some ms instead of half a second for each writer.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([write.__module__, "alembic.command"])


def write_and_die(path: Path, first: int, life_s: float, *, born: bool) -> int:
    """Write from step `first` on, be killed; the last step that was acknowledged, else `first` - 1.

    born: the life begins with the first commit that was acknowledged; else with the process.
    """
    acknowledged = first - 1
    here, there = _processes.Pipe(duplex=False)
    writer = _processes.Process(target=write, args=(path, first, there))
    writer.start()
    there.close()
    try:
        if born:
            assert here.poll(LONGEST_START_S)
        writer.join(life_s)
        assert writer.exitcode is None
    finally:
        writer.kill()
        writer.join()
    with here:
        try:
            while True:
                acknowledged = here.recv()
        except EOFError:
            return acknowledged


def kill_again_and_again(paths: StorePaths, random: Random, kills: int) -> int:
    """How many commits were made in all; each time, the store must equal the model."""
    model = Model()
    for _ in range(kills):
        life_s, born = random.uniform(0.0, LONGEST_LIFE_S), random.random() < 0.75
        acknowledged = write_and_die(paths.store, model.number + 1, life_s, born=born)
        try:
            found = observed(paths.store)
        except StoreMissingError:
            assert acknowledged == model.number == -1
            continue
        assert found["number"] >= acknowledged
        assert found["number"] >= model.number
        model.advance(found["number"])
        assert found == model.content()
    return model.number + 1


def test_a_killed_writer_leaves_a_whole_store(paths: StorePaths) -> None:
    assert kill_again_and_again(paths, Random(1), 6) > 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200 // KILLS_PER_STORE))
def test_200_killed_writers_lose_nothing(paths: StorePaths, seed: int) -> None:
    assert kill_again_and_again(paths, Random(seed), KILLS_PER_STORE) > 0
