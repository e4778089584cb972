"""docs/limits.md: every bound with its number, its reason, and what happens at it."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType

from server.docs.bounds import BOUNDS, UNNOTICED, Bound
from server.docs.markdown import page, prose, table
from server.docs.source import Attribute, class_attributes, module_attributes

__all__ = ["limits_page"]

_ABOUT = """\
Nothing here grows without end: every queue, every wait and every answer has a bound. Each one stands in the
code with its reason; this page collects them and says what happens when one is reached. Numbers are shown as
the source writes them; a name that ends in `_s` is in seconds, one in `_bytes` in bytes.
"""

_ABOUT_UNNOTICED = """\
What a mirror cannot see at once, for how long it may stay so, and what brings it to light.
"""

_NO_BOUND = """\
## What has no bound of ours

- **Clusters and objects.** Measured are 50 clusters with 5,000 objects each ([benchmarks.md](benchmarks.md)).
  Each watched type of a cluster is one connection and one open file; `doctor` says when there may be too few.
- **Readers.** Any number of processes may read a store; each holds one small lock file.
- **Waiting for an API server.** One that does not answer is tried again for ever, every 30 to 60 seconds.
- **Names of absent objects.** Each keeps one narrow row, for as long as something refers to it.
"""


def limits_page() -> str:
    """The page. Raises KeyError for a bound that is not in the code, ValueError for one without a reason."""
    return page(
        [
            "# Limits\n",
            _ABOUT,
            *(_section(heading, bounds) for heading, bounds in BOUNDS.items()),
            "## What is not noticed, and for how long\n",
            _ABOUT_UNNOTICED,
            *table(("what", "for how long", "why, and what then"), UNNOTICED),
            "",
            _NO_BOUND,
        ]
    )


def _section(heading: str, bounds: tuple[Bound, ...]) -> str:
    rows = [_row(bound) for bound in bounds]
    return "\n".join(
        [f"## {heading}\n", *table(("bound", "number", "reason", "what happens at it", "set in"), rows), ""]
    )


def _row(bound: Bound) -> tuple[str, ...]:
    path, _, name = bound.place.partition(":")
    found = _attribute(path, name)
    why = bound.why or prose(found.doc)
    if not why:
        raise ValueError(f"{bound.place} has no reason")
    shown = name.rpartition(".")[2].removeprefix("_").lower()
    file = f"{path.replace('.', '/')}.py"
    return f"`{shown}`", f"`{found.value}`", why, bound.then, f"[{path}](../{file})"


def _attribute(path: str, name: str) -> Attribute:
    module = importlib.import_module(path)
    owner, _, field = name.rpartition(".")
    return (class_attributes(module, owner) if owner else _module(module))[field or name]


@cache
def _module(module: ModuleType) -> dict[str, Attribute]:
    return module_attributes(module)
