"""What people call a kind, resolved to its group and kind: `hr`, `helmreleases`, `deployments.apps`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from mirror.flux.kinds import FLUX_GROUPS, find_flux_kind
from mirror.keys import GroupKind, parse_api_version
from mirror.store.rows import NamesRow, ResourceRow
from query.errors import UnknownKindError

__all__ = ["Served", "choose_kind", "is_flux", "served_kinds", "well_known"]


NATIVE_NAMES: dict[str, dict[str, str]] = {
    "": {
        "ConfigMap": "configmaps cm",
        "Event": "events ev",
        "Namespace": "namespaces ns",
        "Node": "nodes no",
        "PersistentVolumeClaim": "persistentvolumeclaims pvc",
        "Pod": "pods po",
        "ResourceQuota": "resourcequotas quota",
        "Secret": "secrets",
        "Service": "services svc",
        "ServiceAccount": "serviceaccounts sa",
    },
    "apps": {
        "DaemonSet": "daemonsets ds",
        "Deployment": "deployments deploy",
        "ReplicaSet": "replicasets rs",
        "StatefulSet": "statefulsets sts",
    },
    "batch": {"CronJob": "cronjobs cj", "Job": "jobs"},
}
"""Group → kind → its plural and short names, as every API server has them."""

_NATIVE = {
    name: GroupKind(group, kind)
    for group, kinds in NATIVE_NAMES.items()
    for kind, names in kinds.items()
    for name in (kind.lower(), *names.split())
}


class Served(NamedTuple):
    """One type with every name it answers to, over all clusters that serve it; names are lower case."""

    group_kind: GroupKind
    plural: str
    names: frozenset[str]
    short_names: frozenset[str]


def well_known(kind: str, api_version: str | None = None) -> GroupKind | None:
    """A kind of Flux, or one of Kubernetes that is always mirrored, by any of its names; None for others.

    These names win over those of CRDs, so nobody has to look at what the clusters serve. None also where
    `api_version` names another group.
    """
    name = kind.strip().lower()
    flux = find_flux_kind(name)
    found = flux.group_kind if flux else _NATIVE.get(name)
    elsewhere = found and api_version and parse_api_version(api_version.strip())[0].lower() != found.group
    return None if elsewhere else found


def served_kinds(rows: Iterable[NamesRow | ResourceRow]) -> list[Served]:
    """The distinct types among the rows; a later version with more short names adds them."""
    found: dict[GroupKind, Served] = {}
    for row in rows:
        key = GroupKind(row.group, row.kind)
        names = {row.kind.lower(), row.plural.lower(), row.singular.lower()} - {""}
        short = frozenset(name.lower() for name in row.short_names)
        known = found.get(key)
        if known is None:
            found[key] = Served(key, row.plural, frozenset(names), short)
        elif not names <= known.names or not short <= known.short_names:
            found[key] = known._replace(names=known.names | names, short_names=known.short_names | short)
    return list(found.values())


def choose_kind(served: Sequence[Served], kind: str, api_version: str | None = None) -> GroupKind:
    """The type that `kind` names: its kind, plural, singular or short name in any case, also `NAME.GROUP`
    and `NAME.VERSION.GROUP`. A version narrows nothing: it is not part of identity.

    Names of Flux and of Kubernetes itself win over equal names of other CRDs.
    Raises UnknownKindError when nothing or more than one type matches.
    """
    name, dot, suffix = kind.strip().lower().partition(".")
    groups = {suffix, suffix.partition(".")[2]} if dot else None
    if api_version:
        groups = {parse_api_version(api_version.strip())[0].lower()}
    pool = [item for item in served if groups is None or item.group_kind.group.lower() in groups]
    matches = [item for item in pool if name in item.names]
    matches = matches or [item for item in pool if name in item.short_names]
    if not matches:
        raise _unknown(kind, api_version, served)
    best = min(_rank(item.group_kind.group) for item in matches)
    preferred = [item for item in matches if _rank(item.group_kind.group) == best]
    if len(preferred) > 1:
        raise _ambiguous(kind, preferred)
    return preferred[0].group_kind


def is_flux(group: str) -> bool:
    """The group belongs to Flux or to the Flux Operator."""
    return group in FLUX_GROUPS


def _rank(group: str) -> int:
    """0: core and Flux, 1: Kubernetes' other groups, 2: anybody's CRDs."""
    if not group or is_flux(group):
        return 0
    return 1 if "." not in group or group.endswith(".k8s.io") else 2


def _ambiguous(kind: str, matches: Sequence[Served]) -> UnknownKindError:
    kinds = (item.group_kind for item in matches)
    names = sorted(f"{found.kind} of {found.group or 'the core group'}" for found in kinds)
    example = f"{matches[0].plural}.{matches[0].group_kind.group}"
    return UnknownKindError(
        f"kind `{kind}` is ambiguous: {', '.join(names)}", hint=f"give apiVersion, or `{example}`"
    )


def _unknown(kind: str, api_version: str | None, served: Sequence[Served]) -> UnknownKindError:
    words = {word: item.group_kind for item in served for word in (*item.names, *item.short_names)}
    name = kind.strip().lower().partition(".")[0]
    place = f" in {api_version}" if api_version else ""
    what = f"no cluster serves a kind `{kind}`{place}"
    if name in words:
        found = words[name]
        place = found.group or "the core group (v1)"
        return UnknownKindError(what, hint=f"{found.kind} is served by {place}")
    near = dict.fromkeys(words[word].kind for word in get_close_matches(name, sorted(words), n=6, cutoff=0.6))
    hint = "did you mean " + ", ".join(f"`{kind}`" for kind in list(near)[:3]) + "?" if near else ""
    if "," in name or "/" in name or name == "all":
        hint = "one kind at a time, without the name of an object; leave it out to get every kind"
    if not served:
        hint = "no cluster has said yet what it serves; see `flux-mirror status`"
    return UnknownKindError(what, hint=hint)
