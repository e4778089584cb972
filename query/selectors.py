"""From what was asked (a kind, a name, perhaps a namespace) to rows, or to an error that helps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from mirror.keys import GroupKind
from mirror.store.rows import ObjectRow
from query.errors import SelectorError, UnknownKindError, UnknownObjectError
from query.kinds import choose_kind, served_kinds, well_known
from query.places import listed
from query.view import View

__all__ = [
    "find_objects",
    "kind_needed",
    "nothing_near",
    "require_namespace",
    "resolve_kind",
    "unknown_namespace",
]

NEAREST = 3
"""Suggestions in one error."""


def resolve_kind(view: View, kind: str, api_version: str | None = None) -> GroupKind:
    """The type that `kind` names in the chosen clusters: kind, plural, singular or short name in any case,
    `deployments.apps` too. Kinds of Flux are known even where no cluster serves them.
    Raises UnknownKindError when none or several match.
    """
    try:
        return well_known(kind, api_version) or choose_kind(
            served_kinds(view.kind_names()), kind, api_version
        )
    except UnknownKindError as error:
        unread = [f"{group or 'v1'} in {row.name}" for row in view.clusters for group in row.unread_groups]
        if not unread:
            raise
        hint = f"API groups that cannot be read now: {listed(unread)}"
        raise UnknownKindError(error.what, hint=f"{error.hint}; {hint}" if error.hint else hint) from error


def find_objects(
    view: View,
    kind: str,
    name: str,
    namespace: str | None = None,
    api_version: str | None = None,
    *,
    referenced: bool = False,
) -> list[ObjectRow]:
    """The rows of that name: one per cluster, and per namespace when `namespace` is omitted.

    referenced: names that something refers to but no list has shown count as well (present is False).
    Raises UnknownKindError, and UnknownObjectError when no cluster has it; the error names what is near,
    and the clusters where it could not be looked for.
    """
    group, resolved = resolve_kind(view, kind, api_version)
    rows = view.objects(
        group=group,
        kind=resolved,
        namespace=namespace or None,
        name=name,
        present=None if referenced else True,
    )
    if not rows:
        raise _unknown(view, GroupKind(group, resolved), name, namespace)
    return sorted(rows, key=lambda row: (row.cluster, row.namespace))


def nothing_near(view: View, group_kind: GroupKind | None, name: str | None, namespace: str | None) -> str:
    """What a question that found nothing may have meant: a namespace that does exist, the same name
    elsewhere, another name of that kind; "" when there is nothing near."""
    if name and group_kind:
        return _nearby(view, group_kind, name, namespace)
    if namespace and not _known(view, namespace):
        error = unknown_namespace(view, namespace)
        return "; ".join(filter(None, (error.what, error.hint)))
    return ""


def _nearby(view: View, group_kind: GroupKind, name: str, namespace: str | None) -> str:
    group, kind = group_kind
    if found := _elsewhere(view.objects(group=group, kind=kind, name=name)):
        return found
    home, slash, own = name.rpartition("/")
    if slash and view.objects(group=group, kind=kind, namespace=home, name=own, limit=1):
        return f"say namespace `{home}` and name `{own}` apart"
    return _nearest(view.objects(group=group, kind=kind), own, namespace)


def _unknown(view: View, group_kind: GroupKind, name: str, namespace: str | None) -> UnknownObjectError:
    place = f"{namespace}/" if namespace else ""
    hints = [_nearby(view, group_kind, name, namespace), _hidden(view, group_kind, namespace or "")]
    return UnknownObjectError(
        f"no {group_kind.kind}/{place}{name} in {listed(view.names)}", hint="; ".join(filter(None, hints))
    )


def _elsewhere(rows: Sequence[ObjectRow]) -> str:
    homes: dict[str, list[str]] = {}
    for row in rows:
        homes.setdefault(row.namespace, []).append(row.cluster)
    places = [f"namespace {name or '(none)'} of {listed(homes[name])}" for name in sorted(homes)]
    more = f" and {len(places) - NEAREST} more namespaces" if len(places) > NEAREST else ""
    return f"it exists in {', '.join(places[:NEAREST])}{more}" if places else ""


def _nearest(rows: Sequence[ObjectRow], name: str, namespace: str | None) -> str:
    by_name: dict[str, list[ObjectRow]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    near = _like(name, by_name)
    if not near:
        return ""
    texts = []
    for found in near:
        best = min(by_name[found], key=lambda row: (row.namespace != namespace, row.cluster))
        texts.append(f"`{best.namespace}/{found}`" if best.namespace else f"`{found}`")
    return f"did you mean {', '.join(texts)}?"


def _like(name: str, names: Collection[str]) -> list[str]:
    """Names that begin with it or have it in them (of Pods one knows the beginning), then misspelt ones."""
    having = sorted((each for each in names if name in each), key=lambda each: (each.find(name), each))
    close = get_close_matches(name, sorted(names), n=NEAREST, cutoff=0.5)
    return list(dict.fromkeys([*having, *close]))[:NEAREST] if name else []


def _hidden(view: View, group_kind: GroupKind, namespace: str) -> str:
    group, kind = group_kind
    texts = []
    for cluster in view.names:
        seen = view.visibility(cluster, group, kind, namespace)
        if not seen.absence_is_real:
            texts.append(f"{cluster} ({seen.value})")
    return f"could not be looked for in {listed(texts)}" if texts else ""


def kind_needed(view: View, name: str, namespace: str | None) -> SelectorError:
    """The error for a name without a kind, which must never be left out of the question silently."""
    kinds = sorted({row.kind for row in view.objects(name=name, namespace=namespace or None)})
    hint = f"there is a {listed(kinds)} of that name" if kinds else "search_fleet finds names of every kind"
    return SelectorError(f"name `{name[:200]}` needs a kind", hint=hint)


def unknown_namespace(view: View, namespace: str) -> UnknownObjectError:
    """The error for a namespace in which nothing is known, with the nearest names."""
    known = sorted({row.name for row in view.objects(group="", kind="Namespace")})
    near = get_close_matches(namespace, known, n=3, cutoff=0.5)
    hint = "did you mean " + ", ".join(f"`{name}`" for name in near) + "?" if near else ""
    if namespace in known:
        hint = "the namespace exists and has no mirrored object"
    return UnknownObjectError(f"nothing is known in namespace `{namespace}`", hint=hint)


def require_namespace(view: View, namespace: str) -> None:
    """Raise UnknownObjectError for a namespace that no cluster has: a typo must not read as healthy."""
    if not _known(view, namespace):
        raise unknown_namespace(view, namespace)


def _known(view: View, namespace: str) -> bool:
    """Some cluster has it, or something in it."""
    return bool(
        view.objects(namespace=namespace, limit=1)
        or view.objects(group="", kind="Namespace", name=namespace, limit=1)
    )
