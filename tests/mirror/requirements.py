"""The requirement manifest: which case is answered by which tests, read from tests/data/requirements.

A file holds one section; a case looks like this:

    TestRunUntil
        Cancelling a scope closes its watch.
        + mirror/informers/test_stop.py::test_run_until
        ~ controlplane/test_questions.py::test_a_killed_api_server_is_stale_until_it_is_back

First what we promise; then with + a test on the fake server or on values, with ~ one on real API servers.
A case that cannot arise here has `- the reason` in the place of tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Requirement", "ids", "requirements"]

_FOLDER = Path(__file__).parents[1] / "data" / "requirements"


@dataclass
class Requirement:
    """One case. id: `section/name`. tests, real: node ids below tests/. reason: why it cannot arise."""

    id: str
    promise: str = ""
    tests: list[str] = field(default_factory=list)
    real: list[str] = field(default_factory=list)
    reason: str = ""


def ids() -> list[str]:
    """Every case that has to be answered, in its order."""
    found: list[str] = []
    section = ""
    for line in _lines(_FOLDER / "ids.txt"):
        if line.startswith("["):
            section = line.strip("[]")
        else:
            found += [f"{section}/{name}" for name in line.split()]
    return found


def requirements() -> list[Requirement]:
    """What is promised about each of them. Raises ValueError for a line that is none."""
    return [one for path in sorted(_FOLDER.glob("*.txt")) if path.stem != "ids" for one in _read(path)]


def _read(path: Path) -> Iterator[Requirement]:
    present: Requirement | None = None
    for line in _lines(path):
        if not line.startswith(" "):
            if present is not None:
                yield present
            present = Requirement(f"{path.stem}/{line}")
        elif present is None:
            raise ValueError(f"{path.name}: no case for {line.strip()!r}")
        else:
            _add(present, line.strip())
    if present is not None:
        yield present


def _add(one: Requirement, text: str) -> None:
    mark, _, rest = text.partition(" ")
    if mark == "+":
        one.tests.append(rest)
    elif mark == "~":
        one.real.append(rest)
    elif mark == "-":
        one.reason = rest
    elif not one.promise:
        one.promise = text
    else:
        raise ValueError(f"{one.id}: what is {text!r}?")


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.rstrip()
