"""What works and what does not, as values: what `flux-mirror doctor` says in every form."""

from __future__ import annotations

import msgspec

from query.results.answer import Context

__all__ = [
    "ClusterDiagnosis",
    "Counters",
    "Diagnosis",
    "KubeconfigDiagnosis",
    "MirrorDiagnosis",
    "ScopeDiagnosis",
    "StoreDiagnosis",
]


class KubeconfigDiagnosis(msgspec.Struct, frozen=True):
    """contexts: those that are chosen to be mirrored. error: why it cannot be used; "" when it can."""

    contexts: tuple[Context, ...]
    error: str = ""
    advice: str = ""


class StoreDiagnosis(msgspec.Struct, frozen=True):
    """bytes: size with its log. revision: of the schema, "" when it cannot be read.

    obstacle: why nothing can be written at this moment, with what to do. set_aside: damaged stores that were
    replaced and kept.
    """

    path: str
    bytes: int
    revision: str
    objects: int
    error: str = ""
    obstacle: str = ""
    set_aside: tuple[str, ...] = ()


class MirrorDiagnosis(msgspec.Struct, frozen=True):
    """pid: of the process that keeps the store up to date; None when none runs.

    run_s: how long it has been running. silent: why its word is a thing of the past; "" while it lives.
    """

    pid: int | None
    readers: int
    log: str
    version: str = ""
    run_s: float | None = None
    silent: str = ""
    advice: str = ""


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """What has happened since the mirror began. Ages are seconds, None for what has never happened.

    lists: whole lists read. watches: opened; each is asked to end after 5 to 10 minutes. expirations: 410s.
    bytes: received. lag_s: from the arrival of a change to its commit, at the slowest scope.
    heard_age_s: since a watch last brought something; listed_age_s, audited_age_s: since the last list, and
    comparison with the server. drift: objects that the last comparisons found to differ.
    """

    lists: int = 0
    watches: int = 0
    expirations: int = 0
    failures: int = 0
    duplicates: int = 0
    bytes: int = 0
    lag_s: float | None = None
    heard_age_s: float | None = None
    listed_age_s: float | None = None
    audited_age_s: float | None = None
    drift: int = 0


class ClusterDiagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """since_s, age_s: seconds in this state, and since all of it was known to be current.

    down: the resources whose stream is down, with since when. advice: one sentence on what to do; "" when
    nothing is to be done. remarks: what is worth knowing all the same.
    aliases: other contexts that lead to it with the same credentials; it is mirrored once.
    """

    cluster: str
    server: str = ""
    version: str = ""
    state: str
    since_s: float = 0.0
    age_s: float | None = None
    error: str = ""
    advice: str = ""
    down: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    scopes: int = 0
    counters: Counters = Counters()


class ScopeDiagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """One list/watch. age_s: as for a cluster."""

    cluster: str
    resource: str
    namespace: str
    state: str
    since_s: float
    age_s: float | None
    resource_version: str
    counters: Counters
    error: str = ""


class Diagnosis(msgspec.Struct, frozen=True):
    """troubles: the list/watches that do not work. scopes: all of them, where that was asked for."""

    versions: dict[str, str]
    kubeconfig: KubeconfigDiagnosis
    store: StoreDiagnosis
    mirror: MirrorDiagnosis
    clusters: tuple[ClusterDiagnosis, ...]
    troubles: tuple[ScopeDiagnosis, ...]
    scopes: tuple[ScopeDiagnosis, ...] = ()

    @property
    def problems(self) -> int:
        """What a person should look at: unusable parts, and clusters that are not in sync."""
        unusable = (self.kubeconfig.error, self.store.error, self.store.obstacle, self.mirror.silent)
        broken = sum(1 for context in self.kubeconfig.contexts if context.error)
        return sum(map(bool, unusable)) + broken + sum(1 for cluster in self.clusters if cluster.advice)
