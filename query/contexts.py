"""get_kubeconfig_contexts: which contexts there are, and which of them are mirrored."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from query.results import Context, Contexts
from query.view import View

__all__ = ["contexts"]


def contexts(kubeconfig_contexts: Iterable[Context], view: View | None) -> Contexts:
    """The given contexts, in their order, with what the store knows of them; then mirrored clusters that no
    context names (any more).

    kubeconfig_contexts: as the kubeconfig has them; their `mirrored` and `state` are filled in here.
    view: None where nothing is mirrored yet.
    """
    lines = {line.cluster: line for line in view.freshness()} if view else {}
    servers = {cluster.name: cluster.server for cluster in view.clusters} if view else {}
    aliases = view.aliases if view else {}
    left = dict(lines)
    found = []
    for context in kubeconfig_contexts:
        alias_of = aliases.get(context.name, "")
        line = lines.get(alias_of or context.name)
        left.pop(context.name, None)
        if line is None:
            found.append(msgspec.structs.replace(context, mirrored=False, state=""))
            continue
        error = context.error or line.error
        found.append(
            msgspec.structs.replace(context, mirrored=True, state=line.state, error=error, alias_of=alias_of)
        )
    found += [
        Context(
            name=line.cluster,
            server=servers[line.cluster],
            namespace="",
            current=False,
            mirrored=True,
            state=line.state,
            error=line.error,
        )
        for line in left.values()
    ]
    return Contexts(contexts=tuple(found), freshness=view.freshness() if view else ())
