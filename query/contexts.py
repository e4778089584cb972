"""get_kubeconfig_contexts: which contexts there are, and which of them are mirrored."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

from query.errors import UnknownClusterError
from query.results.answer import Context, Contexts
from query.view import View

__all__ = ["choose_context", "contexts"]


def contexts(
    kubeconfig_contexts: Iterable[Context], view: View | None, *, chosen: str | None = None
) -> Contexts:
    """The given contexts, in their order, with what the store knows of them; then mirrored clusters that no
    context names (any more).

    kubeconfig_contexts: as the kubeconfig has them; their `mirrored` and `state` are filled in here.
    view: None where nothing is mirrored yet. chosen: the cluster that was chosen in this session.
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
    marked = (
        msgspec.structs.replace(
            context, chosen=chosen is not None and chosen == (context.alias_of or context.name)
        )
        for context in found
    )
    return Contexts(contexts=tuple(marked), freshness=view.freshness() if view else ())


def choose_context(found: Contexts, name: str) -> Context:
    """The mirrored context of that name. Raises UnknownClusterError, with the nearest name or the reason."""
    by_name = {context.name: context for context in found.contexts}
    if name in by_name and by_name[name].mirrored:
        return by_name[name]
    if name in by_name:
        why = by_name[name].error or "the mirror was started for other contexts"
        raise UnknownClusterError(f"context `{name}` is not mirrored: {why}")
    mirrored = [context.name for context in found.contexts if context.mirrored]
    near = get_close_matches(name, mirrored, n=3, cutoff=0.5) or mirrored[:5]
    hint = "did you mean " + ", ".join(f"`{each}`" for each in near) + "?" if near else ""
    raise UnknownClusterError(f"no context `{name[:200]}`", hint=hint)
