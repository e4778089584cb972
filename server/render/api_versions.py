"""get_kubernetes_api_versions as text: one line per kind; where clusters differ, who serves what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from query.results.kubernetes import ApiVersions, KindVersions, ServedVersion
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.words import count, listing

__all__ = ["render_api_versions"]


def render_api_versions(found: ApiVersions, *, budget: int | None = BUDGET_BYTES) -> Page:
    """`kept` counts the kinds."""
    return Draft(
        head=[_verdict(found), *_kubernetes(found.kubernetes), *_unknown(found.unknown)],
        items=[[_line(kind)] for kind in found.kinds],
        foot=freshness_lines(found.freshness),
        noun="kind",
        omitted=found.omitted.count,
    ).fit(budget)


def _verdict(found: ApiVersions) -> str:
    total = len(found.kinds) + found.omitted.count
    if not total:
        return "No cluster serves such a kind" if found.kubernetes else "No cluster has said what it serves"
    skewed = sum(1 for kind in found.kinds if kind.skew)
    differ = f"{skewed} of them not the same everywhere" if skewed else "the same in every cluster"
    return f"{count(total, 'kind')}, {differ}"


def _kubernetes(versions: Mapping[str, Sequence[str]]) -> list[str]:
    said = "; ".join(f"{version} in {listing(names)}" for version, names in versions.items())
    return [f"Kubernetes {said}"] if said else []


def _unknown(names: Sequence[str]) -> list[str]:
    return [f"Not known yet what these serve: {listing(names)}"] if names else []


def _line(kind: KindVersions) -> str:
    name = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    if not kind.skew and not kind.unknown_in:
        return f"{name}  {_version(kind.versions[0])}"
    parts = [f"{_version(served)} in {listing(served.clusters)}" for served in kind.versions]
    if kind.not_served_by:
        parts.append(f"not served by {listing(kind.not_served_by)}")
    if kind.unknown_in:
        parts.append(f"unknown in {listing(kind.unknown_in)}, where the API group cannot be read")
    return f"{name}  {'; '.join(parts)}"


def _version(served: ServedVersion) -> str:
    also = [version for version in served.served if version != served.version]
    return f"{served.version} (also {', '.join(also)})" if also else served.version
