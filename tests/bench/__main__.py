"""Run measures and print them: all, or those named. See docs/benchmarks.md for a recorded run.

    python -m tests.bench [sync] [questions] [churn] [restart] [apiserver] [watches]

Sizes are set as `name:argument=value,...`, for instance `sync:clusters=10,objects=5000`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.apiserver import apiserver
from tests.bench.churn import churn
from tests.bench.machine import machine
from tests.bench.questions import questions
from tests.bench.restart import restart
from tests.bench.sync import sync
from tests.bench.watches import watches

MEASURES: dict[str, Callable[..., None]] = {
    "sync": sync,
    "questions": questions,
    "churn": churn,
    "restart": restart,
    "apiserver": apiserver,
    "watches": watches,
}
"""Each gets an empty folder and prints what it has found."""


def main(arguments: list[str]) -> None:
    print(machine())
    for name, _, sizes in (argument.partition(":") for argument in arguments or MEASURES):
        if name not in MEASURES:
            sys.exit(f"no measure is called {name}; there are: {', '.join(MEASURES)}")
        given = dict(size.split("=") for size in sizes.split(",") if size)
        print(flush=True)
        with tempfile.TemporaryDirectory(prefix="flux-mirror-bench-") as folder:
            MEASURES[name](Path(folder), **{size: int(value) for size, value in given.items()})


if __name__ == "__main__":
    main(sys.argv[1:])
