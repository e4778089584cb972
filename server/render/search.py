"""search_fleet as text: which charts and images run where, then what was found, one entry per object."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from query.results.search import FoundValue, Match, SearchResult
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.table import columns
from server.render.words import ago, clip, count, listing

__all__ = ["render_search"]

NAMED = 12
"""Clusters named one by one for a chart or an image; of more, the first ones."""

VALUES = 20
"""Charts with their versions, or images, that have a line of their own."""

EXCERPTS = 3
"""Different texts that are shown of one object in several clusters."""

_OF_REPLICA_SET = re.compile(r"(-(?=[a-z]*\d)[a-z0-9]{8,10})-[a-z0-9]{5}$")
"""The end of the name of a Pod that a ReplicaSet has made; the hash has a digit, or it is a word."""


def render_search(found: SearchResult, *, now: float, budget: int | None = BUDGET_BYTES) -> Page:
    """now: wall seconds, for ages. `kept` counts the matches."""
    groups = [list(group) for _, group in groupby(found.matches, key=_object)]
    return Draft(
        head=[_verdict(found), *_value_lines(found, budget)],
        items=[_entry(group, now) for group in groups],
        foot=freshness_lines(found.freshness),
        noun="match",
        omitted=found.omitted.count,
        at_least=bool(found.omitted.at_least),
        title="Found in:" if found.values else "",
        weights=[len(group) for group in groups],
    ).fit(budget)


def _object(match: Match) -> tuple[str, str]:
    """What is told together: an object in all its clusters, the Pods of one ReplicaSet."""
    name = str(match.object)
    return (_OF_REPLICA_SET.sub(r"\1-*", name) if match.object.kind == "Pod" else name), match.field


def _verdict(found: SearchResult) -> str:
    total = len(found.matches) + found.omitted.count
    if not total:
        return f"Nothing found: {found.searched}"
    clusters = {match.object.cluster for match in found.matches}
    where = ""
    if not found.omitted.count:
        where = f" in {next(iter(clusters))}" if len(clusters) == 1 else f" in {len(clusters)} clusters"
    return f"{'more than ' if found.omitted.at_least else ''}{count(total, 'match')}{where}"


def _value_lines(found: SearchResult, budget: int | None) -> list[str]:
    """What runs where, within half of the budget; silence about a cluster never stands for its absence."""
    lines = columns([_value(value) for value in found.values[:VALUES]])
    while budget is not None and sum(len(line.encode()) + 1 for line in lines) > budget // 2:
        lines.pop()
    if len(found.values) > len(lines):
        lines.append(f"… {count(len(found.values) - len(lines), 'more value')}")
    if found.absent_in:
        lines.append(f"not in {listing(found.absent_in, NAMED)}")
    if found.unknown_in:
        lines.append(f"unknown in {listing(found.unknown_in, NAMED)}")
    return ["", *lines] if lines else []


def _value(value: FoundValue) -> tuple[str, str, str]:
    clusters = f"{count(len(value.clusters), 'cluster')}: {listing(value.clusters, NAMED)}"
    noun = "release" if value.field == "chart" else "object"
    return value.value, count(value.count, noun), clusters


def _entry(matches: Sequence[Match], now: float) -> list[str]:
    """One object in the clusters in which it was found."""
    first = matches[0]
    name = _object(first)[0] if len({str(match.object) for match in matches}) > 1 else str(first.object)
    lines = [f"{name}  {'; '.join(_healths(matches, now))}"]
    if first.field == "name":
        return lines
    places: dict[str, list[Match]] = defaultdict(list)
    for match in matches:
        places[match.excerpt].append(match)
    shown = list(places.items())[:EXCERPTS]
    for excerpt, members in shown:
        where = f" ({listing(_clusters(members), 3)})" if len(places) > 1 else ""
        lines.append(f"  {first.field}: {clip(excerpt, 200)}{where}")
    if len(places) > EXCERPTS:
        lines.append(f"  … {count(len(places) - EXCERPTS, 'other text')}")
    return lines


def _healths(matches: Iterable[Match], now: float) -> Iterable[str]:
    """`Failed for 5m in staging`, `Ready in production-eu, production-us`: what is not well first."""
    places: dict[str, list[Match]] = defaultdict(list)
    for match in matches:
        places[match.health].append(match)
    for health, members in sorted(places.items(), key=lambda item: (item[0] == "Ready", item[0])):
        since = {ago(match.since, now) for match in members} if health not in ("Ready", "Unknown") else {""}
        age = f" for {next(iter(since))}" if len(since) == 1 and "" not in since else ""
        names = listing(_clusters(members), 4)
        yield f"{health or 'gone'}{age} in {names}"


def _clusters(matches: Iterable[Match]) -> list[str]:
    """`staging`, `production (3)` where there are several."""
    numbers = Counter(match.object.cluster for match in matches)
    return [f"{name} ({number})" if number > 1 else name for name, number in sorted(numbers.items())]
