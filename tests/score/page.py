"""docs/root-cause.md: how causes are found, from the code, and how good that is, from a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mirror.flux.kinds import FLUX_KINDS, Category
from mirror.keys import GroupKind
from query.root_cause import ranking, walk
from query.root_cause.case import Rule
from query.root_cause.table import rules_for
from tests.score.grades import Grade
from tests.score.table import goals, markdown

__all__ = ["PAGE", "explanation", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "root-cause.md"

_WORKLOADS = {
    "": ("Pod", "PersistentVolumeClaim"),
    "apps": ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"),
    "batch": ("Job", "CronJob"),
}
_KINDS = (*FLUX_KINDS, *(GroupKind(group, kind) for group, kinds in _WORKLOADS.items() for kind in kinds))
"""Whose rules the page lists."""

_INTRODUCTION = """\
# How root causes are found, and how well

<!-- Written by `python -m tests.score --write`: change the code, not this page. -->

`find_root_cause` (on the command line `why`) answers from the mirror alone: no model, no request to a
cluster, the same answer for the same state. On call, the red object is rarely the broken one. The answer
names what a person must change or restore, how the question leads there, what speaks for it, and what
could not be seen.

## The walk

The walk begins at the object that was asked about, or at everything that is not well. Of each object it
takes what the last *finished* attempt reported (a condition, else the history, else an Event):
controllers pass through Unknown on every retry, so that the present moment says little. Then it asks the
rules of the object's kind, one after the other; the first with an answer decides. A rule can

- **blame** an object: this is a cause;
- **look** at neighbours in the graph: what the object refers to, what it waits for, what it has applied;
- look, and blame *otherwise*: when no neighbour turns out to be broken;
- say what it **could not see**: then absence proves nothing, and nothing is called missing.

What only waits is never a cause. A loop of dependencies is one, and found as such.
"""

_RULES = """\
## The rules

In the order in which they are asked; each is asked about some kinds. A rule reads fields, references,
reasons and times where they say it; where only a message does, the pattern is data in
[query/root_cause/](../query/root_cause), with the code that writes the text. A message that nobody knows
falls through: the object is blamed in its own words.

| rule | what it answers | asked about |
|---|---|---|
"""

_RANKING = """\
## Ranking

1. Causes of one object, of one outside host, and of equally named objects that fail alike in other
   clusters are folded into one.
2. What ends a search comes first: {first}.
3. Asked about one object, the oldest cause comes first: all of them explain the same symptom. Asked about
   everything, the one that the most objects suffer from, then the oldest.

Objects that only wait for a cause are listed as affected; objects that are on their way are listed as
transient.
"""

_LIMITS = """\
## Limits

- A chain is followed for {deepest} hops; of one object the {widest} nearest causes are kept.
- Events are forgotten by API servers after an hour and may never have been written. A cause that only an
  Event knows is lost with it; the answer is then the object above it.
- Secrets are mirrored without their content: a key that is missing in one is only known from what a
  controller says.
- A remote cluster that is not mirrored itself ends the walk at its kubeconfig.
- What a commit has changed is not known, only which revision was tried: the manifests of Git are not
  read.
"""

_SCORE = """\
## How well it works

Every scenario is a cluster that is well, the writes that break it, and labels (see
[scenarios.md](scenarios.md)). `make score` asks about the symptom and about everything, before and after
the fault, and grades the answers: whether a root is the first cause in both, how many roots were named,
what else was blamed, whether the way from the symptom leads over the labelled objects, and whether
nothing was blamed while all was well. Nothing that misses is left out.

Mind what this can show: the simulated scenarios come from the same hands as the rules. The recorded ones are
what real controllers and API servers wrote. A fault of a shape that is in neither may be answered less
exactly: by an object on the way, in its own words.
"""


def page(simulated: Sequence[Grade], recorded: Sequence[Grade]) -> str:
    """The whole page."""
    totals = "\n".join(
        f"- {goal.text}{'' if goal.reached else ': **missed**'}" for goal in goals([*simulated, *recorded])
    )
    return (
        f"{explanation()}\n{_SCORE}\n{totals}\n"
        f"\n### Simulated: {len(simulated)} scenarios\n\n{markdown(simulated)}\n"
        f"\n### Recorded on real clusters: {len(recorded)} scenarios\n\n{markdown(recorded)}\n"
    )


def explanation() -> str:
    """The page without the table: what the code says of itself."""
    first = ", ".join(sorted(ranking.FIRST))
    rules = "".join(
        f"| *{_name(rule)}* | {_first_line(rule)} | {_kinds(kinds)} |\n" for rule, kinds in _rules().items()
    )
    return "\n".join(
        (
            _INTRODUCTION,
            _RULES + rules,
            _RANKING.format(first=first),
            _LIMITS.format(deepest=walk.DEEPEST, widest=walk.WIDEST),
        )
    )


def _rules() -> dict[Rule, list[str]]:
    """Every rule and the kinds it is asked about, in an order that all kinds agree on as far as they do."""
    asked: dict[Rule, list[str]] = {}
    for kind in sorted(_KINDS, key=lambda kind: -len(rules_for(kind))):
        for rule in rules_for(kind):
            asked.setdefault(rule, []).append(kind.kind)
    return asked


def _kinds(names: list[str]) -> str:
    """In words: whole categories where all their kinds are asked about."""
    if len(names) == len(_KINDS):
        return "every kind"
    if all(kind.kind in names for kind in FLUX_KINDS):
        return "every Flux kind"
    rest, told = dict.fromkeys(names), []
    for category in Category:
        kinds = [kind.kind for kind, flux in FLUX_KINDS.items() if flux.category is category]
        if len(kinds) > 1 and rest.keys() >= set(kinds):
            told.append(f"{category.value} kinds")
            rest = {name: None for name in rest if name not in kinds}
    return ", ".join((*told, *sorted(rest)))


def _name(rule: Rule) -> str:
    return rule.__name__.replace("_", " ")


def _first_line(rule: Rule) -> str:
    """The first sentence of its contract."""
    said = " ".join((rule.__doc__ or "").split("\n\n")[0].split())
    return said.replace("|", "\\|")
