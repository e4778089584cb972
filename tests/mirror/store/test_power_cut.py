"""The power goes: what the disk has kept is whole, and the state after one of the commits."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import anyio.to_thread
import pytest

from mirror.clock import SystemClock
from mirror.store.paths import StorePaths
from mirror.store.writer import Writer
from tests.mirror.store.load import SETTINGS, Model, carry_out, observed, step
from tests.mirror.store.power import HARM, LOSES_NOTHING

pytestmark = pytest.mark.anyio


def copy(paths: StorePaths, to: Path) -> StorePaths:
    """The store as it is at this moment, log and index with it. Its writer must be idle."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    for file in paths.store.parent.glob(f"{paths.store.name}*"):
        shutil.copyfile(file, to / file.name)
    return StorePaths(to / paths.store.name)


def harm(paths: StorePaths, to: Path, what: str, random: Random) -> StorePaths:
    left = copy(paths, to)
    HARM[what](left.store, random)
    return left


def check(left: StorePaths, number: int, what: str) -> Model:
    """The store equals the model after one of the steps up to `number`; that model."""
    found = observed(left.store)
    assert found["number"] <= number
    if what in LOSES_NOTHING:
        assert found["number"] == number
    model = Model()
    model.advance(found["number"])
    assert found == model.content()
    return model


async def go_on(left: StorePaths, model: Model) -> None:
    """The next mirror takes the store over and writes."""
    async with Writer(left, SETTINGS, SystemClock()) as writer:
        for _ in range(2):
            await carry_out(writer, step(model.number + 1))
            model.advance(model.number + 1)
    assert await anyio.to_thread.run_sync(observed, left.store) == model.content()


async def cut_again_and_again(paths: StorePaths, seed: int, cuts: int) -> None:
    random = Random(seed)
    number = 0
    to = paths.store.parent.with_name("left")
    async with Writer(paths, SETTINGS, SystemClock()) as writer:
        await carry_out(writer, step(0))
        for n in range(cuts):
            for _ in range(random.randint(1, 12)):
                number += 1
                await carry_out(writer, step(number))
            what = sorted(HARM)[n % len(HARM)]
            left = await anyio.to_thread.run_sync(harm, paths, to, what, random)
            model = await anyio.to_thread.run_sync(check, left, number, what)
            await go_on(left, model)


async def test_a_power_cut_leaves_a_whole_store(paths: StorePaths) -> None:
    await cut_again_and_again(paths, 1, 2 * len(HARM))


@pytest.mark.long
async def test_200_power_cuts_leave_whole_stores(paths: StorePaths) -> None:
    await cut_again_and_again(paths, 2, 200)
