"""Which clusters a question means: names, aliases, globs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from mirror.store.rows import ClusterRow
from query.errors import UnknownClusterError

__all__ = ["choose_clusters"]


def choose_clusters(rows: Iterable[ClusterRow], patterns: Sequence[str] | None) -> tuple[ClusterRow, ...]:
    """The clusters that match any of the names and globs, sorted by name; all of them for None.

    A context that is an alias means the cluster under the name that has its objects; each cluster is chosen
    once, whatever it is called. Raises UnknownClusterError for the first pattern that matches nothing.
    """
    by_name = {row.name: row for row in rows}
    own = {name: row.alias_of if row.alias_of in by_name else name for name, row in by_name.items()}
    if patterns is None:
        return tuple(by_name[name] for name in sorted(set(own.values())))
    chosen: set[str] = set()
    for pattern in patterns:
        # A context name may itself contain `[` or `*` (EKS and custom names do), so equality comes first.
        found = {pattern} if pattern in by_name else {name for name in by_name if fnmatchcase(name, pattern)}
        if not found:
            raise _unknown_cluster(pattern, sorted(by_name))
        chosen |= {own[name] for name in found}
    return tuple(by_name[name] for name in sorted(chosen))


def _unknown_cluster(pattern: str, known: list[str]) -> UnknownClusterError:
    near = get_close_matches(pattern, known, n=3, cutoff=0.5)
    if near:
        hint = "did you mean " + ", ".join(f"`{name}`" for name in near) + "?"
    elif known:
        shown = ", ".join(known[:8])
        hint = f"mirrored: {shown}" + (f" and {len(known) - 8} more" if len(known) > 8 else "")
    else:
        hint = "nothing is mirrored yet; start with `flux-mirror mirror`"
    return UnknownClusterError(f"no mirrored cluster matches `{pattern}`", hint=hint)
