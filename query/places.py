"""Where a question looked, in words: an empty answer must not hide a cluster that could not be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mirror.keys import GroupKind
from query.view import View
from query.visibility import Visibility

__all__ = ["listed", "searched"]

REASONS = {
    Visibility.NOT_SYNCED: "not listed yet in",
    Visibility.FORBIDDEN: "forbidden in",
    Visibility.NOT_MIRRORED: "served but not mirrored in",
    Visibility.NOT_DISCOVERED: "unknown, because its API group cannot be read, in",
    Visibility.NOT_SERVED: "not served by",
}

ASKED_FOR = {
    Visibility.NOT_SYNCED: "asked for and not listed yet (try again) in",
    Visibility.NOT_MIRRORED: "served but not mirrored yet (asked for, try again) in",
}
"""The same for a kind that is mirrored because somebody has asked for it."""


def listed(names: Sequence[str], most: int = 5) -> str:
    """`a, b, c and 4 more`; `no cluster` for none."""
    if not names:
        return "no cluster"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def searched(
    view: View, group_kind: GroupKind | None, *, name: str | None, namespace: str | None, selector: str | None
) -> str:
    """One sentence: what was looked for, in which clusters, and where it could not be seen and why."""
    what = group_kind.kind if group_kind else "objects of every mirrored kind"
    what += f" `{name}`" if name else ""
    what += f" with labels {selector}" if selector else ""
    place = f"namespace {namespace}" if namespace else "all namespaces"
    if group_kind is None:
        read = [cluster.name for cluster in view.clusters if cluster.confirmed_at is not None]
        unread = [name for name in view.names if name not in read]
        never = f"; not read yet: {listed(unread)}" if unread else ""
        return f"{what} in {place} of {listed(read)}{never}"
    found: dict[Visibility, list[str]] = defaultdict(list)
    for cluster in view.names:
        found[view.visibility(cluster, *group_kind, namespace or "")].append(cluster)
    seen = found.pop(Visibility.SEEN, [])
    asked = view.asked_at(group_kind) is not None
    reasons = REASONS | ASKED_FOR if asked else REASONS
    hidden = [f"{reasons[reason]} {listed(clusters)}" for reason, clusters in sorted(found.items())]
    return "; ".join([f"{what} in {place} of {listed(seen)}", *hidden])
