"""`flux-mirror doctor` as text: the verdict, then each part, then what to do."""

from __future__ import annotations

from mirror.clock import format_age
from server.diagnosis import ClusterDiagnosis, Diagnosis, ScopeTrouble
from server.render.table import columns
from server.render.words import clip, count, listing

__all__ = ["render_diagnosis"]

CLUSTER_HEADING = ("CLUSTER", "STATE", "FOR", "CONFIRMED", "KUBERNETES", "SERVER")
TROUBLE_HEADING = (
    "CLUSTER",
    "RESOURCE",
    "NAMESPACE",
    "STATE",
    "FOR",
    "LISTS",
    "WATCHES",
    "410s",
    "FAILURES",
    "ERROR",
)


def render_diagnosis(diagnosis: Diagnosis) -> str:
    """The whole report; never cut."""
    aliased = [each for each in diagnosis.clusters if each.aliases]
    sections = [
        [_verdict(diagnosis)],
        _parts(diagnosis),
        columns([CLUSTER_HEADING, *(_cluster(each) for each in diagnosis.clusters)])
        if diagnosis.clusters
        else [],
        [f"Same cluster: {each.cluster} = {' = '.join(each.aliases)}" for each in aliased],
        _advice(diagnosis),
        _troubles(diagnosis),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _verdict(diagnosis: Diagnosis) -> str:
    if diagnosis.problems:
        return f"{count(diagnosis.problems, 'problem')} found; what to do stands below"
    if not diagnosis.clusters:
        return "No problem found; nothing has been mirrored yet"
    blind = f", {count(len(diagnosis.troubles), 'resource')} not readable" if diagnosis.troubles else ""
    return f"No problem found: {count(len(diagnosis.clusters), 'cluster')} in sync{blind}"


def _parts(diagnosis: Diagnosis) -> list[str]:
    contexts = diagnosis.kubeconfig.contexts
    current = next((context.name for context in contexts if context.current), "none")
    names = listing((context.name for context in contexts), 10)
    kubeconfig = (
        diagnosis.kubeconfig.error or f"{count(len(contexts), 'context')} ({names}), current: {current}"
    )
    store, mirror = diagnosis.store, diagnosis.mirror
    content = f"{store.bytes / 1e6:,.1f} MB, {count(store.objects, 'object')}, schema {store.revision}"
    state = store.error or (content if store.revision else "nothing there yet")
    running = f"process {mirror.pid}, {count(mirror.readers, 'reader')}" if mirror.pid else "not running"
    return [
        "Versions:   " + ", ".join(f"{name} {number}" for name, number in diagnosis.versions.items()),
        f"Kubeconfig: {kubeconfig}",
        f"Store:      {store.path}: {state}",
        f"Mirror:     {running}; log: {mirror.log}",
    ]


def _cluster(each: ClusterDiagnosis) -> tuple[str, ...]:
    confirmed = "never" if each.age_s is None else f"{format_age(each.age_s)} ago"
    return (each.cluster, each.state, format_age(each.since_s), confirmed, each.version, each.server)


def _advice(diagnosis: Diagnosis) -> list[str]:
    """One entry per kind of trouble, with all the clusters and contexts it concerns."""
    found: dict[tuple[str, str], list[str]] = {}
    for context in diagnosis.kubeconfig.contexts:
        if context.error:
            key = (context.error, "mend the context in the kubeconfig, or leave it out with --kube-context")
            found.setdefault(key, []).append(f"context {context.name}")
    for each in diagnosis.clusters:
        if each.advice:
            found.setdefault((each.error, each.advice), []).append(each.cluster)
    lines = []
    for (error, advice), names in found.items():
        lines.append(f"{listing(names, 20)}{f': {clip(error)}' if error else ''}")
        lines.append(f"  next: {advice}")
    return lines


def _troubles(diagnosis: Diagnosis) -> list[str]:
    if not diagnosis.troubles:
        return []
    return ["Not readable now:", *columns([TROUBLE_HEADING, *map(_trouble, diagnosis.troubles)])]


def _trouble(each: ScopeTrouble) -> tuple[str, ...]:
    counters = (each.lists, each.watches, each.expirations, each.failures)
    return (
        each.cluster,
        each.resource,
        each.namespace,
        each.state,
        format_age(each.since_s),
        *map(str, counters),
        clip(each.error, 160),
    )
