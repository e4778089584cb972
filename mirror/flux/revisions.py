"""Revisions: what a source holds, what an applier tried and what it applied.

Forms in the wild: `main@sha1:<hex>`, `refs/heads/main@sha1:<hex>`, `sha1:<hex>`,
`1.2.3@sha256:<hex>`, `sha256:<hex>`, the old `main/<hex>`, chart versions such as `1.2.3`, and chart
versions from OCI with the start of their digest, `1.2.3+<12 hex>`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from mirror.flux.fields import group_kind, mapping, sequence, text
from mirror.flux.kinds import Category, flux_kind

__all__ = [
    "Revision",
    "applied_revision",
    "attempted_revision",
    "names_revision",
    "parse_revision",
    "same_content",
    "short_revision",
]

_DIGEST: Final = re.compile(r"(?:(?P<name>.*)@)?(?P<algorithm>[a-z0-9]+):(?P<hex>[0-9a-f]{7,128})", re.DOTALL)
_OLD_GIT: Final = re.compile(r"(?P<name>.*)/(?P<hex>[0-9a-f]{40}|[0-9a-f]{64})", re.DOTALL)
_CHART_DIGEST: Final = re.compile(r"(?P<name>.*)\+(?P<hex>[0-9a-f]{12})", re.DOTALL)
_HEX: Final = re.compile(r"[0-9a-f]{7,128}")
_SHORT: Final = 8
_REMEMBERED: Final = 1024
"""Revisions whose parts are kept: a question about a fleet takes the same few apart thousands of times."""

_LAST_APPLIED: Final = ("status", "lastAppliedRevision")
_PATHS: Final = {
    "FluxReport": ("spec", "distribution", "version"),
    "ImagePolicy": ("status", "latestRef", "tag"),
    "ImageUpdateAutomation": ("status", "lastPushCommit"),
    "ResourceSetInputProvider": ("status", "lastExportedRevision"),
}
"""Kinds whose present revision is neither an artifact's nor the last applied one."""


class Revision(NamedTuple):
    """A revision in parts.

    name: branch, tag, reference or version; "" where there is none.
    algorithm, hex: the digest; "" for plain versions. A chart version's digest start has no algorithm.
    """

    name: str
    algorithm: str
    hex: str


@lru_cache(maxsize=_REMEMBERED)
def parse_revision(revision: str) -> Revision:
    """Any form; what is not understood is a name without a digest."""
    if match := _DIGEST.fullmatch(revision):
        return Revision(match["name"] or "", match["algorithm"], match["hex"])
    if match := _OLD_GIT.fullmatch(revision):
        return Revision(match["name"], "sha1" if len(match["hex"]) == 40 else "sha256", match["hex"])
    if match := _CHART_DIGEST.fullmatch(revision):
        return Revision(match["name"], "", match["hex"])
    return Revision(revision, "", "")


def same_content(left: str, right: str) -> bool:
    """Do two revisions name the same content? Equal digests do, whatever the branch or tag.

    A chart version's 12 digits are compared with the start of a full digest. Two empty revisions
    are not the same content: nothing is known of either.
    """
    a, b = parse_revision(left), parse_revision(right)
    if a.hex and b.hex:
        if a.algorithm and b.algorithm:
            return (a.algorithm, a.hex) == (b.algorithm, b.hex)
        return a.hex.startswith(b.hex) or b.hex.startswith(a.hex)
    return bool(left) and left == right


def names_revision(asked: str, revision: str) -> bool:
    """Does what a person wrote name this revision? The start of a digest is enough (seven digits of it), and
    so is a version or a tag without the digest behind it.
    """
    if not asked or not revision:
        return False
    wanted, found = parse_revision(asked), parse_revision(revision)
    start = wanted.hex or (asked if _HEX.fullmatch(asked) else "")
    if start:
        return bool(found.hex) and (found.hex.startswith(start) or start.startswith(found.hex))
    return asked in (revision, found.name)


def short_revision(revision: str) -> str:
    """For people: `main@sha1:1a2b3c4d`; plain versions as they are."""
    name, algorithm, digest = parse_revision(revision)
    if not algorithm:
        return revision
    place = f"{name}@" if name else ""
    return f"{place}{algorithm}:{digest[:_SHORT]}"


def applied_revision(obj: dict[str, Any]) -> str:
    """What an applier last applied, what a source holds as its artifact; "" for everything else.

    HelmRelease: the chart version that runs, after a rollback the one rolled back to; when nothing
    is deployed, that of the newest release in its history. A revision that was only attempted is
    never returned (see `attempted_revision`). FluxReport: the version of the distribution.
    """
    kind = flux_kind(group_kind(obj))
    if kind is None:
        return ""
    if kind.kind == "HelmRelease":
        return _running_chart(mapping(obj.get("status")))
    default = ("status", "artifact", "revision") if kind.category is Category.SOURCE else _LAST_APPLIED
    *path, last = _PATHS.get(kind.kind, default)
    node = obj
    for step in path:
        node = mapping(node.get(step))
    return text(node.get(last))


def attempted_revision(obj: dict[str, Any]) -> str:
    """What an applier last tried, successfully or not; "" where the kind does not say."""
    return text(mapping(obj.get("status")).get("lastAttemptedRevision"))


def _running_chart(status: dict[str, Any]) -> str:
    history = [mapping(entry) for entry in sequence(status.get("history"))]
    deployed = next((entry for entry in history if entry.get("status") == "deployed"), None)
    newest = deployed or next(iter(history), {})
    # Before helm.toolkit.fluxcd.io/v2 there was no history, but this field.
    return text(newest.get("chartVersion")) or text(status.get("lastAppliedRevision"))
