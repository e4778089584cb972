"""get_kubernetes_api_versions: which kinds the clusters serve in which versions, and where they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from mirror.keys import GroupKind
from mirror.store.rows import ServedRow
from query.kinds import is_flux
from query.results.answer import Omitted
from query.results.kubernetes import ApiVersions, KindVersions, ServedVersion
from query.selectors import resolve_kind
from query.view import View
from query.visibility import Visibility

__all__ = ["api_versions"]


def api_versions(
    view: View,
    *,
    api_version: str | None = None,
    kind: str | None = None,
    group: str | None = None,
    limit: int = 0,
) -> ApiVersions:
    """Every kind that a chosen cluster serves, those first whose versions are not the same everywhere.

    kind: only this one. group: only kinds of groups that contain this text. limit: kinds; 0 means all.
    From what discovery has shown, so kinds that nobody mirrors are there too. Raises UnknownKindError.
    """
    wanted = resolve_kind(view, kind, api_version) if kind else None
    view.touch(*([wanted] if wanted else []))
    by_kind: dict[GroupKind, list[ServedRow]] = defaultdict(list)
    discovered: set[str] = set()
    for row in view.served_alike():
        discovered.update(row.clusters)
        found = GroupKind(row.group, row.kind)
        if wanted in (None, found) and (not group or group.strip().lower() in row.group):
            by_kind[found].append(row)
    kinds = sorted((_versions(view, rows, discovered) for rows in by_kind.values()), key=_rank)
    shown = kinds[:limit] if limit > 0 else kinds
    return ApiVersions(
        kinds=tuple(shown),
        kubernetes=_kubernetes(view),
        unknown=tuple(name for name in view.names if name not in discovered),
        freshness=view.freshness(),
        omitted=Omitted(count=len(kinds) - len(shown)),
    )


def _versions(view: View, rows: Sequence[ServedRow], discovered: Iterable[str]) -> KindVersions:
    """rows: of one kind, one for each way in which it is served."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for row in rows:
        alike[row.version, row.served_versions or (row.version,)].extend(row.clusters)
    others = sorted(set(discovered).difference(*alike.values()))
    seen = {name: view.visibility(name, rows[0].group, rows[0].kind, "") for name in others}
    unknown = tuple(name for name in others if seen[name] is Visibility.NOT_DISCOVERED)
    missing = [name for name in others if name not in unknown]
    return KindVersions(
        group=rows[0].group,
        kind=rows[0].kind,
        namespaced=rows[0].namespaced,
        versions=tuple(
            ServedVersion(version, served, tuple(sorted(clusters)))
            for (version, served), clusters in sorted(alike.items(), key=lambda entry: -len(entry[1]))
        ),
        not_served_by=tuple(missing),
        unknown_in=unknown,
        skew=len(alike) > 1 or bool(missing),
    )


def _rank(found: KindVersions) -> tuple[bool, int, str, str]:
    """Skew first; then Flux, other custom groups, and what every API server has."""
    native = "." not in found.group or found.group.endswith(".k8s.io")
    tier = 0 if is_flux(found.group) else 2 if native else 1
    return (not found.skew, tier, found.group, found.kind)


def _kubernetes(view: View) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for cluster in view.clusters:
        if cluster.version:
            found[cluster.version].append(cluster.name)
    return {version: tuple(names) for version, names in sorted(found.items())}
