"""The comparison of an audit: what was planted is found, and change alone is never called drift."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirror.informers.drift import Look, Name, Suspect, Version, drift, suspects

NAMES: list[Name] = [("apps", name) for name in "abcdef"]
A = NAMES[0]


def look(listed: Version | None, listed_at: str, stored: Version | None, stored_at: str) -> Look:
    return Look({A: listed} if listed else {}, listed_at, {A: stored} if stored else {}, stored_at)


OLD, NEW, NEWER = Version("u", "5"), Version("u", "7"), Version("u", "12")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (look(OLD, "10", OLD, "10"), None),
        (look(NEW, "10", OLD, "10"), Suspect(NEW, OLD, True, True)),
        (look(None, "10", OLD, "10"), Suspect(None, OLD, True, True)),
        (look(OLD, "10", None, "11"), Suspect(OLD, None, False, True)),
        (look(OLD, "10", NEWER, "12"), None),
        (look(None, "10", NEWER, "12"), None),
        (look(OLD, "10", Version("other", "12"), "12"), None),
        (look(OLD, "10", Version("other", "5"), "12"), Suspect(OLD, Version("other", "5"), True, True)),
        (look(NEW, "10", OLD, "6"), Suspect(NEW, OLD, False, False)),
        (look(NEW, "10", OLD, "8"), Suspect(NEW, OLD, True, False)),
        (look(NEW, "10", None, "8"), Suspect(NEW, None, True, False)),
        (look(None, "10", OLD, "8"), Suspect(None, OLD, False, False)),
        (
            look(Version("u", "x"), "y", Version("u", "z"), "y"),
            Suspect(Version("u", "x"), Version("u", "z"), False, False),
        ),
    ],
    ids=[
        "the same",
        "an update that was missed",
        "a deletion that was missed",
        "deleted since, or missed",
        "changed since",
        "made since",
        "made anew since",
        "made anew, and missed",
        "the update is on the way",
        "the update should have come",
        "the object should have come",
        "the deletion is on the way, or missed",
        "versions that cannot be compared",
    ],
)
def test_one_object(seen: Look, expected: Suspect | None) -> None:
    assert suspects(seen) == ({A: expected} if expected else {})


def test_a_suspicion_needs_the_same_again() -> None:
    missing = Suspect(OLD, None, certain=False, passed=True)
    assert drift({A: missing}, {A: missing}) == {A}
    assert drift({A: missing}, {A: missing._replace(listed=NEW)}) == {A}, "it was there all the time"
    assert not drift({A: missing}, {A: missing._replace(listed=Version("other", "7"))})
    assert not drift({A: missing._replace(passed=False)}, {A: missing}), "made late, deleted early"
    assert drift({A: missing._replace(passed=False)}, {A: missing._replace(passed=False)}) == {A}
    assert not drift({A: missing}, {})
    assert not drift({}, {A: Suspect(NEW, OLD, certain=True, passed=True)})


class World:
    """A server with its history, and a store that a watch follows at its own pace."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = 10
        self.server: dict[Name, Version] = {}
        self.history: list[tuple[int, Name, Version | None]] = []
        self.store: dict[Name, Version] = {}
        self.stored_at = self.now
        self.swallowed: set[int] = set()

    def change(self) -> None:
        """Something is made, changed, deleted, or made anew under its name."""
        self.now += self.random.randint(1, 3)
        name = self.random.choice(NAMES)
        held = self.server.get(name)
        if held and self.random.random() < 0.4:
            del self.server[name]
            self.history.append((self.now, name, None))
            return
        uid = held.uid if held else f"uid-{self.now}"
        self.server[name] = Version(uid, str(self.now))
        self.history.append((self.now, name, self.server[name]))

    def deliver(self, most: int) -> None:
        """The watch brings the next events, or a bookmark when there are none."""
        for at, name, version in [item for item in self.history if item[0] > self.stored_at][:most]:
            self.stored_at = at
            if at in self.swallowed:
                continue
            if version is None:
                self.store.pop(name, None)
            else:
                self.store[name] = version
        if self.stored_at == (self.history[-1][0] if self.history else self.stored_at):
            self.stored_at = self.now

    def swallow(self) -> None:
        """The last change never arrives."""
        self.swallowed.add(self.now)

    def wrong(self) -> set[Name]:
        """What differs although everything has arrived."""
        return {name for name in NAMES if self.server.get(name) != self.store.get(name)}

    def look(self, busy: int) -> Look:
        """List, let things go on, then look into the store."""
        listed, listed_at = dict(self.server), self.now
        for _ in range(busy):
            self.change()
            self.deliver(self.random.randint(0, 3))
        return Look(listed, str(listed_at), dict(self.store), str(self.stored_at))


@settings(max_examples=300)
@given(
    seed=st.integers(0, 2**32), start=st.integers(0, 30), busy=st.integers(0, 8), between=st.integers(0, 12)
)
def test_change_alone_is_never_drift(seed: int, start: int, busy: int, between: int) -> None:
    world = World(seed)
    for _ in range(start):
        world.change()
        world.deliver(world.random.randint(0, 2))
    first = suspects(world.look(busy))
    for _ in range(between):
        world.change()
    world.deliver(10_000)  # the time between two looks: longer than any event takes
    assert not drift(first, suspects(world.look(busy)))


@settings(max_examples=300)
@given(seed=st.integers(0, 2**32), start=st.integers(1, 30), lost=st.integers(1, 4))
def test_what_was_planted_is_found_exactly(seed: int, start: int, lost: int) -> None:
    world = World(seed)
    for _ in range(start):
        world.change()
    for _ in range(lost):
        world.change()
        world.swallow()
    world.deliver(10_000)
    planted = world.wrong()
    first = suspects(world.look(0))
    world.deliver(10_000)
    assert drift(first, suspects(world.look(0))) == planted
