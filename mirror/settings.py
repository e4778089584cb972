"""What can be set, in one place: a frozen dataclass per concern, each field with unit, default and reason."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = [
    "AuditSettings",
    "BackoffSettings",
    "ClientSettings",
    "InterestSettings",
    "KubeconfigSettings",
    "LivenessSettings",
    "MetricsSettings",
    "MirrorSettings",
    "WatchSettings",
    "WriterSettings",
]


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How one API server is talked to."""

    connect_timeout_s: float = 10.0
    """Seconds to open a connection. Shorter than client-go's 30 s: a dead cluster should show soon."""

    request_timeout_s: float = 60.0
    """Seconds for a whole LIST page or GET. A page of 500 objects takes well under one second."""

    exec_timeout_s: float = 30.0
    """Seconds an exec credential plugin may take before it counts as failed (client-go waits for ever)."""

    token_file_reread_s: float = 60.0
    """Seconds after which a token file is read again; projected tokens rotate (client-go: 60 s)."""

    expiry_leeway_s: float = 30.0
    """Seconds before their expiry at which exec credentials are fetched anew."""

    spare_connections: int = 16
    """Connections per cluster beyond one for each watch: lists and discovery."""


@dataclass(frozen=True, slots=True)
class KubeconfigSettings:
    """How an edited kubeconfig is followed."""

    poll_s: float = 10.0
    """Seconds between looks at its files; edits that the system reports are seen at once (not on NFS)."""

    settle_s: float = 0.5
    """Seconds without a further write after which an edited file counts as written to its end."""


@dataclass(frozen=True, slots=True)
class BackoffSettings:
    """Waiting between failed attempts of one reflector (client-go's numbers, tools/cache/reflector.go)."""

    base_s: float = 0.8
    """Seconds before the first retry; the delay is uniform in [d, 2d)."""

    factor: float = 2.0
    """Growth of d per failure."""

    cap_s: float = 30.0
    """Upper bound of d, in seconds."""

    reset_after_s: float = 120.0
    """Seconds without a failure after which the next failure starts from the base again."""

    retry_after_cap_s: float = 300.0
    """The most of a server's Retry-After that is honoured, in seconds."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """The list/watch loop of one scope."""

    page_size: int = 500
    """Objects per LIST page (client-go's pager default)."""

    timeout_min_s: int = 300
    """A watch asks the server to end it after a time drawn from [min, 2·min] seconds: spreads reconnects."""

    silence_s: float = 180.0
    """Seconds without a byte after which a stream that has carried bookmarks counts as dead."""

    wake_spread_s: float = 5.0
    """Seconds over which the clusters are asked again after the machine has slept: not all at once."""

    grace_s: float = 30.0
    """Seconds beyond the end that the server was asked for, after which a stream counts as dead anyway."""

    streaming_lists: bool = False
    """Whether every list is read as the beginning of its watch (WatchList), where the server offers it. Off:
    pages take as long, and they can be compressed. Instead of a list without pages it is always used."""

    initial_silence_s: float = 10.0
    """Seconds without a byte, before the end of the list that a watch begins with, after which the server
    counts as one that does not know the parameter."""

    very_short_s: float = 1.0
    """A watch that ends sooner without one event is an error (broken proxies), not a normal end."""

    line_limit_bytes: int = 16 * 1024 * 1024
    """Longest watch line; etcd's object limit is 1.5 MB and JSON grows it."""

    poll_s: float = 60.0
    """Seconds between two lists, 20 % more or less, where listing is allowed and watching is not."""

    resume_max_age_s: float = 240.0
    """A stored resourceVersion older than this is not resumed from: etcd compacts after 5 minutes."""


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """The one writer of the store."""

    queue_batches: int = 64
    """Batches waiting for the writer; when full, reflectors stop reading their sockets."""

    gather_s: float = 0.05
    """Seconds from one commit to the next, so that what comes close together shares one; a change that comes
    after a pause does not wait."""

    idle_s: float = 0.2
    """Seconds without a change after which the writer does, little by little, what can wait: the full-text
    index. Under load it is done with each heartbeat."""

    rows_per_statement: int = 500
    """Rows per executemany."""

    event_retention_s: float = 7 * 24 * 3600.0
    """Seconds that Kubernetes events are kept after they were last seen; servers drop them after an hour."""

    quota_bytes: int = 2 * 1024**3
    """Most bytes of the store file. 250,000 objects with their events take some 500 MB; what grows beyond
    four times that is a fault, and must not fill the disk of somebody's machine."""

    log_bytes: int = 512 * 1024**2
    """Most bytes of SQLite's log. It has 16 MB as a rule and some hundred after a huge list; it grows without
    end while a reader holds on to one state of the store. Beyond this, commits wait for that reader."""

    retry_s: float = 0.25
    """Seconds until the next attempt after the disk has refused a commit; twice as long each time."""

    retry_cap_s: float = 5.0
    """Most seconds between two attempts: how long it may take to notice that there is space again."""

    dictionary_samples: int = 1000
    """Documents seen before a compression dictionary is trained, once per store."""


@dataclass(frozen=True, slots=True)
class LivenessSettings:
    """How long the silence of an API server counts as peace."""

    probe_after_s: float = 10.0
    """Seconds without a byte from a server after which it is asked for its version: one small answer from
    memory. Bookmarks come about once a minute on each stream, so mostly nobody has to ask."""

    probe_timeout_s: float = 10.0
    """Seconds for the answer. Together with the above: how long a dead server can pass for a quiet one."""


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """The slow comparison of the store with the server, one scope after the other."""

    interval_s: float = 1800.0
    """Seconds from one audit of a scope to the next, drawn from [interval, 2·interval). An audit is a
    metadata-only list of the scope. There is none at the start: the scopes have just been listed, or were
    resumed under guard, and a fleet that starts asks enough of its servers."""

    settle_s: float = 75.0
    """Seconds that a change may take from the server to the store: what differs for longer is drift. Longer
    than the minute between bookmarks, which tell a quiet watch how far it has come."""

    look_again_s: float = 5.0
    """Seconds between looks at whether the watch has passed the list. Only the store is asked."""


@dataclass(frozen=True, slots=True)
class InterestSettings:
    """Kinds that are mirrored because somebody has asked for them."""

    poll_s: float = 0.5
    """Seconds between looks for new requests; a person waits for the answer."""

    keep_s: float = 7 * 24 * 3600.0
    """Seconds that a kind stays mirrored after it was last asked for."""

    kinds: int = 50
    """Kinds at most, those asked for last; each costs a watch per cluster that serves it."""


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """What Pods and Nodes use (metrics.k8s.io): polled while somebody asks for it, never otherwise."""

    poll_s: float = 60.0
    """Seconds between two lists, 10 % more or less. The metrics server measures every 15 to 60 s."""

    keep_s: float = 900.0
    """Seconds for which it is polled after somebody has asked last. Each list brings every Pod anew, so
    nobody's question of yesterday should be paid for today."""


@dataclass(frozen=True, slots=True)
class MirrorSettings:
    """The mirror process."""

    client: ClientSettings = field(default_factory=ClientSettings)
    kubeconfig: KubeconfigSettings = field(default_factory=KubeconfigSettings)
    backoff: BackoffSettings = field(default_factory=BackoffSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    writer: WriterSettings = field(default_factory=WriterSettings)
    liveness: LivenessSettings = field(default_factory=LivenessSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    interests: InterestSettings = field(default_factory=InterestSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)

    lists_per_cluster: int = 4
    """LISTs under way at once against one API server."""

    lists_total: int = 16
    """LISTs under way at once in all; bounds memory while a fleet is first read."""

    start_spread_s: float = 0.02
    """Seconds, at most, by which each cluster of a fleet is asked later than the one before it: the first at
    once, the fiftieth within a second."""

    exec_plugins: int = 8
    """Exec credential plugins running at once, over all contexts; each is a process, often a slow one."""

    discovery_interval_s: float = 60.0
    """Seconds between looks at what a server serves; a CRD that changes makes it look sooner."""

    discovery_pause_s: float = 1.0
    """Seconds from such a change to the look, so that what changes together is looked at once."""

    absence_confirm_s: float = 10.0
    """Seconds that a kind must be missing from discovery before its objects go, unless its CRD was seen to be
    deleted: a server that starts answers before it has read its CRDs."""

    namespaces_per_cluster: int = 50
    """Namespaces in which types are looked for that may not be listed in the whole cluster. Each costs one
    review per look, and one watch per type that may be read there."""

    refusal_confirm_s: float = 10.0
    """Seconds that a type which could be listed must be refused before it is looked for in namespaces: a
    server that starts refuses everything before it has read its roles."""

    refusal_recheck_s: float = 600.0
    """Seconds until a namespace that has refused a list is tried again, where the server cannot say before
    what it allows."""

    managed_kinds: int = 100
    """Kinds per cluster that are mirrored only because an inventory names them; each costs a watch. Kinds
    beyond are not mirrored, and answers say so."""

    heartbeat_s: float = 2.0
    """Seconds between the marks by which readers know that the mirror lives and its streams are open."""

    suspend_s: float = 30.0
    """Seconds by which the wall clock runs ahead of the monotonic one before the machine counts as having
    slept; then every connection is opened anew."""

    linger_s: float = 60.0
    """Seconds the background mirror stays after its last reader has left."""
