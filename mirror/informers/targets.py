"""Where the chosen contexts lead, and what an edit of the kubeconfig changes about that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from mirror.errors import KubeconfigError
from mirror.keys import ClusterName
from mirror.kube.access import ClusterAccess, Impersonation
from mirror.kube.kubeconfig import Selection

__all__ = ["Edit", "Target", "edit_between", "resolve_targets"]

Target: TypeAlias = ClusterAccess | KubeconfigError
"""How a context's API server is reached, or why it cannot be."""


class Edit(NamedTuple):
    """Contexts that an edit concerns; all others are followed as if nothing had happened."""

    added: tuple[ClusterName, ...]
    removed: tuple[ClusterName, ...]
    changed: tuple[ClusterName, ...]


def resolve_targets(selection: Selection, impersonation: Impersonation | None) -> dict[ClusterName, Target]:
    """The target of each chosen context. Reads certificate authority files, so not for an event loop."""
    targets: dict[ClusterName, Target] = {}
    for context in selection.contexts:
        try:
            targets[ClusterName(context.name)] = selection.kubeconfig.resolve(context, impersonation)
        except KubeconfigError as error:
            targets[ClusterName(context.name)] = error
    return targets


def edit_between(before: Mapping[ClusterName, Target], after: Mapping[ClusterName, Target]) -> Edit:
    """What has to be done to follow `after` where `before` is followed. Pure."""
    return Edit(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        changed=tuple(name for name in after if name in before and not _same(before[name], after[name])),
    )


def _same(before: Target, after: Target) -> bool:
    if isinstance(before, KubeconfigError) or isinstance(after, KubeconfigError):
        return type(before) is type(after) and str(before) == str(after)
    return before == after
