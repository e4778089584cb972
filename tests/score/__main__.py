"""`python -m tests.score`: grade every labelled scenario and print the table; with --write also the page.

Ends with 1 when a goal is missed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.score.grades import Grade
from tests.score.page import PAGE, page
from tests.score.run import RECORDED, SIMULATED, grade_one, labelled
from tests.score.table import goals, summary, terminal


def _grades(names: Iterable[str], folder: Path) -> list[Grade]:
    return [grade_one(folder / name, labelled(name)) for name in names]


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="flux-mirror-score-") as folder:
        simulated, recorded = (_grades(names, Path(folder)) for names in (SIMULATED, RECORDED))
    for title, grades in (("Simulated", simulated), ("Recorded", recorded)):
        print(f"{title}\n\n{terminal(grades)}\n")
    print(f"All\n\n{summary([*simulated, *recorded])}")
    if "--write" in arguments:
        PAGE.write_text(page(simulated, recorded), encoding="utf-8")
    sys.exit(not all(goal.reached for goal in goals([*simulated, *recorded])))


if __name__ == "__main__":
    main(sys.argv[1:])
