"""Every bound and what happens at it. Numbers and reasons are read from the code that sets them."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BOUNDS", "UNNOTICED", "Bound"]


class Bound(NamedTuple):
    """place: `module:NAME` or `module:Class.field`. then: what happens at the bound.

    why: the reason, where the place itself gives none.
    """

    place: str
    then: str
    why: str = ""


_CLIENT = "mirror.settings:ClientSettings."
_WATCH = "mirror.settings:WatchSettings."
_BACKOFF = "mirror.settings:BackoffSettings."
_WRITER = "mirror.settings:WriterSettings."
_KUBECONFIG = "mirror.settings:KubeconfigSettings."
_LIVENESS = "mirror.settings:LivenessSettings."
_AUDIT = "mirror.settings:AuditSettings."
_INTEREST = "mirror.settings:InterestSettings."
_METRICS = "mirror.settings:MetricsSettings."
_MIRROR = "mirror.settings:MirrorSettings."

BOUNDS: dict[str, tuple[Bound, ...]] = {
    "Talking to one API server": (
        Bound(_CLIENT + "connect_timeout_s", "the attempt fails; tried again after a backoff"),
        Bound(_CLIENT + "request_timeout_s", "the request fails, and with it the list it belongs to"),
        Bound(_CLIENT + "spare_connections", "further requests wait for a connection"),
        Bound(
            "mirror.kube.client:_ERROR_BODY_BYTES",
            "the rest of an error's body is not read",
            "a Status has some hundred bytes; an error page may have any number",
        ),
        Bound("mirror.kube.excerpt:LIMIT", "the quotation is cut"),
        Bound(_BACKOFF + "base_s", "the first retry waits for one to two times this"),
        Bound(_BACKOFF + "factor", "each further retry waits longer by this factor"),
        Bound(_BACKOFF + "cap_s", "retries go on at this pace for ever"),
        Bound(_BACKOFF + "reset_after_s", "the delays begin anew"),
        Bound(_BACKOFF + "retry_after_cap_s", "the server is asked sooner than it wished"),
        Bound(_LIVENESS + "probe_after_s", "the server is asked for its version"),
        Bound(_LIVENESS + "probe_timeout_s", "its data count as unconfirmed and age"),
    ),
    "Listing and watching one type": (
        Bound(_WATCH + "page_size", "the list goes on with the next page; one more is fetched ahead"),
        Bound(_WATCH + "line_limit_bytes", "the stream is given up and the type listed; nothing is cut"),
        Bound(_WATCH + "timeout_min_s", "the server ends the watch, the next one goes on where it was"),
        Bound(_WATCH + "silence_s", "the stream is given up, the next one begins with a probe"),
        Bound(_WATCH + "grace_s", "the stream is given up"),
        Bound(_WATCH + "very_short_s", "a backoff, then a list"),
        Bound(_WATCH + "wake_spread_s", "every stream is open again, or known to be down"),
        Bound(_WATCH + "streaming_lists", "only a list that must not be paged is one"),
        Bound(_WATCH + "initial_silence_s", "the cluster is listed in pages, and not asked again"),
        Bound(_WATCH + "poll_s", "what changed meanwhile is seen only now"),
        Bound(_WATCH + "resume_max_age_s", "the type is listed instead of resumed"),
        Bound("mirror.kube.listwatch:_WATCH_ATTEMPTS", "a list"),
        Bound("mirror.informers.staging:_PAGE", "a further page is begun; pages wait compressed"),
    ),
    "What is watched": (
        Bound(_MIRROR + "discovery_interval_s", "what is served is asked for"),
        Bound(_MIRROR + "discovery_pause_s", "what is served is asked for"),
        Bound(_MIRROR + "absence_confirm_s", "the kind and its objects are removed"),
        Bound(_MIRROR + "managed_kinds", "kinds that were seen later are left out; the log names them"),
        Bound(_MIRROR + "namespaces_per_cluster", "further namespaces are not visible; answers say so"),
        Bound(_MIRROR + "refusal_confirm_s", "the type is looked for in namespaces"),
        Bound(_MIRROR + "refusal_recheck_s", "the namespace is tried again"),
        Bound(_INTEREST + "kinds", "the kind that nobody has asked for the longest is given up"),
        Bound(_INTEREST + "keep_s", "the kind is no longer mirrored, its objects go"),
        Bound(_INTEREST + "poll_s", "requests are noticed"),
        Bound("query.awaited:RENEW_S", "a question asks for its kind again"),
        Bound(_METRICS + "poll_s", "what Pods and Nodes use is listed again, while somebody asks for it"),
        Bound(_METRICS + "keep_s", "metrics are polled no more, what was measured goes"),
        Bound("query.awaited:METRICS_RENEW_S", "a question asks for metrics again"),
        Bound("server.mirrored:KIND_PATIENCE_S", "the answer says that the kind is not known yet"),
        Bound("query.awaited:PATIENCE_S", "the answer says that something is in the way"),
        Bound(
            "mirror.store.mailbox:_MOST_AT_ONCE",
            "requests beyond are read at the next look",
            "readers write requests; a broken one must not occupy the mirror",
        ),
    ),
    "Kubeconfig and credentials": (
        Bound(_KUBECONFIG + "poll_s", "an edit that the system does not report is seen"),
        Bound(_KUBECONFIG + "settle_s", "the files are read"),
        Bound("mirror.kube.kubeconfig_watch:_UNSETTLED_LOOKS", "the file is read as it is"),
        Bound("mirror.kube.kubeconfig_watch:_LINKS", "the file counts as missing"),
        Bound(_CLIENT + "exec_timeout_s", "the plugin is killed with its children; the cluster says so"),
        Bound(_MIRROR + "exec_plugins", "further runs wait"),
        Bound("mirror.kube.exec_source:_PAUSE_S", "the last answer of the plugin, or its failure, is used"),
        Bound(
            "mirror.kube.exec_plugin:_STDOUT_LIMIT",
            "the rest is read and dropped; the credential is refused",
            "a token and a certificate take some kilobytes",
        ),
        Bound(
            "mirror.kube.exec_plugin:_STDERR_TAIL",
            "only the end is kept for the error",
            "the last lines say what is wrong",
        ),
        Bound(_CLIENT + "token_file_reread_s", "the file is read again"),
        Bound(_CLIENT + "expiry_leeway_s", "the plugin is asked again"),
    ),
    "A fleet at once": (
        Bound(_MIRROR + "lists_per_cluster", "further lists of the cluster wait"),
        Bound(_MIRROR + "lists_total", "further lists wait"),
        Bound(_MIRROR + "start_spread_s", "the next cluster is asked"),
        Bound("mirror.informers.staging:_SLICE", "other work has its turn"),
        Bound("mirror.kube.transport:_READ_BUFFER_BYTES", "the socket is not read on", "bytes per stream"),
    ),
    "The store": (
        Bound(_WRITER + "queue_batches", "streams are not read on; a server may end one, and it is resumed"),
        Bound(_WRITER + "gather_s", "the commit is made"),
        Bound(_WRITER + "rows_per_statement", "another statement of the same transaction"),
        Bound(_WRITER + "event_retention_s", "the event is removed"),
        Bound(_WRITER + "quota_bytes", "old events go first; then nothing new is stored, and answers say so"),
        Bound("mirror.store.room:_NEARLY_FULL", "the oldest events go", "part of the quota"),
        Bound("mirror.store.room:_EVENTS_PER_STEP", "more go with the next heartbeat"),
        Bound(
            "mirror.store.transaction:_INDEXED_PER_HEARTBEAT",
            "more go with the next heartbeat; until then search reads their texts one by one",
        ),
        Bound(_WRITER + "idle_s", "texts go into the full-text index without waiting for a heartbeat"),
        Bound("mirror.store.searchable:MOST_OF_A_MESSAGE", "what comes after that is not found"),
        Bound("mirror.store.room:_PAGES_KEPT", "free pages are given back to the disk"),
        Bound(_WRITER + "log_bytes", "commits wait for the reader that hangs"),
        Bound(_WRITER + "retry_s", "the commit is tried again"),
        Bound(_WRITER + "retry_cap_s", "attempts go on at this pace for as long as the disk refuses"),
        Bound("mirror.store.condition:_LEAST_FREE", "the disk counts as full; answers say so"),
        Bound("mirror.store.damage:_LOOKED_AT_BYTES", "damage is found when it is met"),
        Bound("mirror.store.damage:_MOST_A_DAY", "the mirror ends and says that the disk fails"),
        Bound(_WRITER + "dictionary_samples", "the dictionary is trained"),
        Bound("mirror.flux.masking:TOO_DEEP", "the part is masked as a whole"),
    ),
    "The audit": (
        Bound(_AUDIT + "interval_s", "the scope is compared with the server"),
        Bound(_AUDIT + "settle_s", "what still differs is drift: counted, logged, healed by a list"),
        Bound(_AUDIT + "look_again_s", "the store is looked at again"),
    ),
    "Processes": (
        Bound(_MIRROR + "heartbeat_s", "the mirror marks that it lives, and what is confirmed"),
        Bound("query.freshness:MISSED_HEARTBEATS", "every cluster is stale; a new mirror is started"),
        Bound(_MIRROR + "suspend_s", "every connection is opened anew, nothing is confirmed before that"),
        Bound(_MIRROR + "linger_s", "the mirror ends"),
        Bound("server.departure:_LOOK_S", "a reader that has come or left is noticed"),
        Bound("server.launcher:_PAUSE_S", "another mirror is started"),
        Bound(
            "server.launcher:_LONGEST_PAUSE_S",
            "attempts go on at this pace",
            "a mirror that cannot start is tried again, seldom",
        ),
        Bound(
            "server.daemon:_LOG_BYTES",
            "the log is begun anew; the last one is kept beside it",
            "enough for some days; it must not fill a disk",
        ),
        Bound("server.mirrored:_CONFIRMATION_PATIENCE_S", "the answer shows what is stored, with its age"),
    ),
    "Answers": (
        Bound("server.render.budget:BUDGET_BYTES", "the answer is cut; what was left out is counted"),
        Bound("server.render.words:MESSAGE_LIMIT", "the text is cut"),
        Bound("server.render.errors:_MOST", "the text is cut"),
        Bound("query.comparison.shown:LONG_TEXT", "the text is cut and its length told"),
        Bound("query.event_resources:MOST", "older events are not looked at"),
        Bound("query.object_events:MOST", "older events are not looked through, and not counted"),
        Bound("query.syntax.patterns:LONGEST", "the pattern is refused"),
        Bound("query.documentation.schemas:MOST", "further fields of the kind are not documented"),
        Bound("query.documentation.schemas:DEEPEST", "fields that lie deeper are not documented"),
        Bound(
            "query.documentation.question:EXCERPT",
            "the description is cut in a list of matches; read_flux_doc has it",
        ),
        Bound(
            "server.tools.sessions:_MOST",
            "the choice of the session that was silent the longest is forgotten",
        ),
        Bound(
            "query.search.question:MOST_RANKED",
            "of more matches, those whose names begin with the words, those that are not well, some others; "
            "the answer says that there are more",
        ),
        Bound("query.search.question:EXCERPT", "the text is cut"),
        Bound("query.comparison.embedded:LIMIT", "the text is compared as text"),
        Bound("query.comparison.embedded:MAX_DEPTH", "the text is compared as text"),
        Bound("query.comparison.references:DEPTH", "what lies further is not compared"),
        Bound("query.comparison.revisions:MOST_STATES", "the states left out are counted"),
        Bound("query.comparison.notes:MOST", "the notes left out are counted"),
        Bound("query.comparison.judging:AT_ONCE", "the next ones are read when these are judged"),
        Bound("query.comparison.running:MOST_WORKLOADS", "further workloads are not looked at"),
        Bound("query.comparison.running:PODS_EACH", "older Pods are not asked for digests"),
        Bound("server.expectations:MOST_BYTES", "the file is refused"),
        Bound(
            "query.graph.neighbourhood:MAX_DEPTH",
            "the answer says that there is more",
            "steps from the object; real chains have fewer than ten",
        ),
        Bound("query.graph.neighbourhood:WIDEST", "the number of those left out is a lower bound"),
        Bound("query.graph.neighbourhood:BORDER", "the ones chosen are the first by name"),
        Bound(
            "mirror.store.edges:_MOST_OBJECTS",
            "the walk ends, and says that it was cut",
            "objects of one walk: a reader stays small, whatever refers to whatever",
        ),
    ),
    "Pictures": (
        Bound("server.render.picture:CROWD", "they become one box that says how many"),
        Bound("server.render.mermaid:MOST_BYTES", "fewer boxes; the others are counted"),
        Bound("server.render.mermaid:MOST_EDGES", "fewer boxes; the others are counted"),
        Bound("server.render.drawing:PICTURE_BYTES", "fewer boxes; the others are counted"),
        Bound("server.tools.fitting:_SHARE", "the structured content is cut, and says what it lacks"),
        Bound("server.tools.fitting:_LEAST", "the structured content is cut, and says what it lacks"),
        Bound("server.tools.graphs:NODES", "further nodes are counted in `omitted`"),
        Bound("query.graph.trace:HIGHEST", "the answer says that there is more above"),
    ),
    "Logs, read when asked for": (
        Bound("server.log_evidence:MOST", "the other causes say that theirs were not read"),
        Bound("server.live:PATIENCE_S", "the evidence says that no answer came"),
        Bound("server.live:LINES", "older lines are not looked at"),
        Bound("server.live:KEPT_BYTES", "what comes before is not looked at"),
        Bound("server.live:READ_BYTES", "the connection is closed"),
        Bound("server.log_text:BYTES", "older lines are left out"),
    ),
    "Root causes": (
        Bound("query.root_cause.question:SYMPTOMS", "further failing objects are counted, not explained"),
        Bound("query.root_cause.question:WEIGHED", "further causes are ranked without their victims"),
        Bound("query.root_cause.question:LISTED", "further ones are counted"),
        Bound("query.root_cause.support:MOST", "objects that are further away are left out"),
        Bound("server.second_look:MOST_KINDS", "further kinds are named as not mirrored"),
        Bound("query.root_cause.walk:DEEPEST", "the objects beyond are no causes"),
        Bound("query.root_cause.walk:WIDEST", "further causes are left out"),
        Bound("query.root_cause.facts:WIDEST", "further objects are not looked at"),
        Bound("query.root_cause.facts:EVENTS_READ", "older events are no evidence"),
        Bound("query.root_cause.evidence:LONGEST", "the text is cut"),
        Bound("query.ages:CLOCK_MARGIN_S", "the moment says nothing, and the data count as old"),
    ),
}

UNNOTICED: tuple[tuple[str, str, str], ...] = (
    (
        "A server that is gone without a word (power, route, sleeping laptop)",
        "20 s",
        "then its data are unconfirmed and age; streams are given up after three minutes of silence",
    ),
    (
        "An etcd restored from a backup that has been written to beyond what we had seen, before we asked",
        "30 to 60 minutes",
        "resourceVersions cannot show it; until the audit a type is a mixture of both (events for good)",
    ),
    (
        "An event that a server or a proxy swallowed",
        "30 to 60 minutes",
        "the audit finds the difference and lists the type anew",
    ),
    (
        "A kind that appears where CRDs may not be read",
        "60 s",
        "the next look at what is served; with the right to watch CRDs it is seen within seconds",
    ),
    (
        "Rights that come",
        "up to a minute",
        "refused types are tried again with growing delays; namespaces that refused a list after ten minutes",
    ),
    (
        "Rights that go",
        "5 to 10 minutes",
        "a server does not end a watch whose user has lost the right; it shows when the next one is opened",
    ),
    (
        "A token that was revoked",
        "5 to 10 minutes",
        "a watch is authenticated when it begins, and never again",
    ),
    (
        "What happened to an object between two lists",
        "for ever",
        "states in between are skipped after an outage; what is gone is gone with the time of the list",
    ),
    (
        "Core events deleted on the server",
        "for ever",
        "on purpose: they are kept for as long as the settings say; the audit leaves them alone",
    ),
)
"""(what, for how long, why and what then)."""
