"""The answers: frozen values whose JSON form is the documented one. Names and shapes are fixed.

`msgspec.to_builtins(answer)` is the `structuredContent` of the MCP tool and what `-o json` prints.
"""

from __future__ import annotations

from typing import Any

import msgspec

from query.results.comparison import RevisionState, Running, RunningGroup

__all__ = [
    "Affected",
    "Answer",
    "Cause",
    "ClusterValue",
    "Comparison",
    "Context",
    "Contexts",
    "DependencyGraph",
    "Difference",
    "Evidence",
    "Found",
    "Freshness",
    "GraphEdge",
    "GraphNode",
    "Group",
    "ObjectComparison",
    "ObjectRef",
    "Omitted",
    "PathStep",
    "ResourceItem",
    "Resources",
    "RevisionState",
    "RootCause",
    "Running",
    "RunningGroup",
    "ToolCall",
    "TransientObject",
]


class ObjectRef(msgspec.Struct, frozen=True, rename={"api_version": "apiVersion"}):
    """One object of one cluster. namespace: None for cluster-scoped kinds."""

    cluster: str
    api_version: str
    kind: str
    namespace: str | None
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind}/{place}{self.name}"


class Freshness(msgspec.Struct, frozen=True):
    """How far one cluster's stored data can be trusted.

    state: synced, syncing, stale, forbidden, unreachable or snapshot.
    age_s: seconds since everything stored was last known to be current; None when it never was.
    not_visible: what could not be read, `pods: forbidden`.
    behind: what is older than the rest, because its stream is down, `pods: 2m old`.
    aliases: other contexts that lead to the same cluster, with the same credentials.

    All of it is about the kinds that the question was about, where it was not about all of them.
    """

    cluster: str
    state: str
    age_s: float | None
    not_visible: tuple[str, ...] = ()
    error: str = ""
    behind: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


class Omitted(msgspec.Struct, frozen=True):
    """What a limit left out, exactly. at_least: only there, and true, where there are more, which nobody has
    counted."""

    count: int = 0
    cursor: str | None = None
    at_least: bool | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, count: int, *, more: bool) -> Omitted:
        """more: there are others, which nobody has counted."""
        return cls(count=count, at_least=True if more else msgspec.UNSET)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Every answer ends with these."""

    freshness: tuple[Freshness, ...] = ()
    omitted: Omitted = Omitted()


# get_kubeconfig_contexts


class Context(msgspec.Struct, frozen=True):
    """One kubeconfig context. mirrored: it is in the store; state as in Freshness, "" when not mirrored.

    alias_of: the context under which the same cluster is mirrored; "" for one that is mirrored itself.
    chosen: what questions of this session mean when they name no clusters (set_kubeconfig_context).
    """

    name: str
    server: str
    namespace: str
    current: bool
    mirrored: bool
    state: str = ""
    error: str = ""
    alias_of: str = ""
    chosen: bool = False


class Contexts(Answer, frozen=True, kw_only=True):
    contexts: tuple[Context, ...]


# get_kubernetes_resources


class ResourceItem(msgspec.Struct, frozen=True):
    """manifest: the stored object (redacted); fields: what was projected, instead of the manifest."""

    object: ObjectRef
    health: str
    reason: str
    message: str
    since: str
    revision: str
    created_at: str
    manifest: dict[str, Any] | None = None
    fields: dict[str, Any] | None = None


class Resources(Answer, frozen=True, kw_only=True):
    """searched: where was looked, one sentence; an empty `items` is a normal answer.

    hint: what a name that is nowhere may have meant.
    """

    items: tuple[ResourceItem, ...]
    searched: str
    hint: str = ""


# compare_clusters


class Group(msgspec.Struct, frozen=True):
    """Clusters in which the object has the same content. digest: of the normalised content; what is masked
    counts by what else is equal to it here, so a digest says nothing about a secret."""

    clusters: tuple[str, ...]
    digest: str


class ClusterValue(msgspec.Struct, frozen=True):
    """What these clusters say, by name. absent: the field does not exist there (which is not the same as
    null)."""

    clusters: tuple[str, ...]
    value: Any
    absent: bool = False


class Difference(msgspec.Struct, frozen=True):
    """One field that splits the clusters; `values` has every cluster in which the object exists, each value
    once, that of most clusters first."""

    path: str
    values: tuple[ClusterValue, ...]


class ObjectComparison(msgspec.Struct, frozen=True):
    """object_key: `Kind/namespace/name`. not_visible_in: clusters where it may be, only not seen."""

    object_key: str
    groups: tuple[Group, ...]
    differences: tuple[Difference, ...]
    missing_in: tuple[str, ...] = ()
    not_visible_in: tuple[str, ...] = ()
    outliers: tuple[str, ...] = ()
    field: str = ""
    """For references: the field that names the object."""


class Comparison(Answer, frozen=True, kw_only=True):
    """objects: only those that differ; identical: how many compared equal, expected differences left aside.

    expected: differences that were declared to be right (--expected-differences), left out and counted.
    running: the workloads of the one object asked for, those that are not the same everywhere first.
    revisions_omitted: states left out of `revisions`. running_omitted: workloads left out of `running`.
    baseline: the cluster that the others were measured against, if any.
    asked: what was compared, in words. notes: what else must be known: kinds that some clusters do not
    serve, versions that differ.
    """

    clusters: tuple[str, ...]
    objects: tuple[ObjectComparison, ...]
    references: tuple[ObjectComparison, ...] = ()
    identical: int = 0
    revisions: tuple[RevisionState, ...] = ()
    running: tuple[Running, ...] = ()
    expected: int = 0
    revisions_omitted: int = 0
    running_omitted: int = 0
    asked: str = ""
    notes: tuple[str, ...] = ()
    baseline: str = ""

    @property
    def same(self) -> bool:
        return not self.objects and not self.references


# find_root_cause


class PathStep(msgspec.Struct, frozen=True):
    """relation, field: the edge by which the previous step leads here; "" on the symptom itself."""

    object: ObjectRef
    health: str
    reason: str
    relation: str = ""
    field: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """kind: condition, event, history, reference or log. at: RFC 3339, "" when unknown."""

    object: ObjectRef
    kind: str
    text: str
    at: str


class Affected(msgspec.Struct, frozen=True):
    count: int
    examples: tuple[ObjectRef, ...]


class ToolCall(msgspec.Struct, frozen=True):
    """A call that a model can make next."""

    tool: str
    arguments: dict[str, Any]


class Cause(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    """object: what a person must change or restore. class: Missing, Invalid, Denied, Failed, Suspended,
    Stale, Cycle, Workload, External or ControllerDown. field: dotted path in `object` when one is wrong.
    logs: reads what the container in trouble has written, where one has run."""

    rank: int
    object: ObjectRef
    class_: str
    reason: str
    message: str
    since: str
    next_step: str
    path: tuple[PathStep, ...]
    evidence: tuple[Evidence, ...]
    affected: Affected
    field: str = ""
    logs: ToolCall | None = None


class TransientObject(msgspec.Struct, frozen=True):
    """Not ready at this moment, but on its way or only waiting; no cause by itself."""

    object: ObjectRef
    reason: str
    message: str
    since: str


class Found(msgspec.Struct, frozen=True):
    """How many there are in all, shown or not."""

    causes: int = 0
    transient: int = 0
    suspended: int = 0


class RootCause(Answer, frozen=True, kw_only=True):
    """healthy: nothing is wrong with what was asked about, as far as could be seen.

    suspended: where no object was named: what is paused. No cause by itself, yet nothing new arrives there.
    depends_on: of one object that is healthy, nearest first: what would break it, each with the field or
    relation that leads to it. not_mirrored: kinds on the way that are served and that nobody has asked for.
    found: how many causes, transient and suspended objects there are; what is not listed is in `omitted`.
    asked: the object that was named and where it was found, in words; "" where none was.
    """

    healthy: bool
    causes: tuple[Cause, ...]
    transient: tuple[TransientObject, ...] = ()
    suspended: tuple[TransientObject, ...] = ()
    depends_on: tuple[PathStep, ...] = ()
    not_visible: tuple[str, ...] = ()
    not_mirrored: tuple[str, ...] = ()
    found: Found = Found()
    asked: str = ""


# get_dependency_graph


class GraphNode(msgspec.Struct, frozen=True):
    """health: as in Health, or one of three words for what is referred to and not there.

    Missing: it does not exist, and something needs it. Absent: it does not exist, and whoever names it does
    not need it. Unknown: nobody could look, or not of late; `reason` says why.
    revision: what a source holds or an applier has applied; "" for others.
    """

    object: ObjectRef
    health: str
    reason: str
    revision: str = ""


class GraphEdge(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """from, to: positions in `nodes`. They may be in different clusters.

    fields: where `from` names `to`, dotted paths with list positions; more than one where it does so twice.
    For an edge that no field states, what it was concluded from. optional: `from` works without `to`.
    """

    from_: int
    to: int
    relation: str
    fields: tuple[str, ...] = ()
    optional: bool = False


class DependencyGraph(Answer, frozen=True, kw_only=True):
    """roots: positions in `nodes` of the object asked for, one per cluster. picture: as text, Mermaid or SVG,
    whichever was asked for."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    roots: tuple[int, ...]
    picture: str = ""
