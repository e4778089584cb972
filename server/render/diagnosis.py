"""`flux-mirror doctor` as text: the verdict, what to do, each part, then the figures."""

from __future__ import annotations

from collections.abc import Iterable

from mirror.clock import format_age
from server.diagnosis import ClusterDiagnosis, Counters, Diagnosis, ScopeDiagnosis
from server.render.table import columns
from server.render.words import clip, count, listing

__all__ = ["render_diagnosis"]

_CLUSTER = ("CLUSTER", "STATE", "FOR", "CONFIRMED", "KUBERNETES", "SERVER")
_COUNTED = ("LISTS", "WATCHES", "410s", "FAILURES", "DUPLICATES", "RECEIVED", "LAG", "EVENT", "LISTED")
_AUDITED = ("AUDITED", "DRIFT")
_SCOPE = ("CLUSTER", "RESOURCE", "NAMESPACE", "STATE", "FOR", "AGE")

_TROUBLES = 8
"""Scopes shown of each cluster; all of them are with --scopes."""

_UNITS = ("B", "kB", "MB", "GB")


def render_diagnosis(diagnosis: Diagnosis) -> str:
    """The whole report; never cut."""
    aliased = [each for each in diagnosis.clusters if each.aliases]
    sections = [
        [_verdict(diagnosis)],
        _parts(diagnosis),
        _clusters(diagnosis.clusters),
        [f"Same cluster: {each.cluster} = {' = '.join(each.aliases)}" for each in aliased],
        _advice(diagnosis),
        _remarks(diagnosis.clusters),
        _troubles(diagnosis),
        _streams(diagnosis),
        _scopes(diagnosis.scopes),
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
    return [
        "Versions:   " + ", ".join(f"{name} {number}" for name, number in diagnosis.versions.items()),
        f"Kubeconfig: {_kubeconfig(diagnosis)}",
        f"Store:      {_store(diagnosis)}",
        f"Mirror:     {_mirror(diagnosis)}",
    ]


def _kubeconfig(diagnosis: Diagnosis) -> str:
    contexts = diagnosis.kubeconfig.contexts
    if diagnosis.kubeconfig.error:
        return diagnosis.kubeconfig.error
    current = next((context.name for context in contexts if context.current), "none")
    names = listing((context.name for context in contexts), 10)
    return f"{count(len(contexts), 'context')} ({names}), current: {current}"


def _store(diagnosis: Diagnosis) -> str:
    store = diagnosis.store
    content = f"{store.bytes / 1e6:,.1f} MB, {count(store.objects, 'object')}, schema {store.revision}"
    return f"{store.path}: {store.error or (content if store.revision else 'nothing there yet')}"


def _mirror(diagnosis: Diagnosis) -> str:
    mirror = diagnosis.mirror
    if mirror.pid is None:
        return f"not running; log: {mirror.log}"
    since = f" for {format_age(mirror.run_s)}" if mirror.run_s is not None else ""
    return f"process {mirror.pid}{since}, {count(mirror.readers, 'reader')}; log: {mirror.log}"


def _clusters(clusters: Iterable[ClusterDiagnosis]) -> list[str]:
    rows = [
        (
            each.cluster,
            each.state,
            format_age(each.since_s),
            "never" if each.age_s is None else f"{format_age(each.age_s)} ago",
            each.version,
            each.server,
        )
        for each in clusters
    ]
    return columns([_CLUSTER, *rows]) if rows else []


def _advice(diagnosis: Diagnosis) -> list[str]:
    """One entry per kind of trouble, with all the clusters and contexts it concerns."""
    kubeconfig, store, mirror = diagnosis.kubeconfig, diagnosis.store, diagnosis.mirror
    lines = []
    if kubeconfig.error:
        lines += _entry("kubeconfig", kubeconfig.error, kubeconfig.advice)
    if store.obstacle:
        lines += _entry("store", store.obstacle, "")
    if mirror.silent or mirror.advice:
        lines += _entry("mirror", mirror.silent, mirror.advice)
    found: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for context in kubeconfig.contexts:
        if context.error:
            advice = "mend the context in the kubeconfig, or leave it out with --kube-context"
            found.setdefault((context.error, advice, ()), []).append(f"context {context.name}")
    for each in diagnosis.clusters:
        if each.advice:
            # Without a mirror the last error of each is old, and the same is to be done for all.
            error = each.error if mirror.pid is not None else ""
            found.setdefault((error, each.advice, each.down), []).append(each.cluster)
    for (error, advice, down), names in found.items():
        lines += _entry(listing(names, 20), error, advice, down)
    if store.set_aside:
        lines += _entry(
            "store",
            f"damaged and set aside: {', '.join(store.set_aside)}",
            "all of it was read anew; remove the file when nobody wants to look into it",
        )
    return lines


def _entry(who: str, error: str, advice: str, down: tuple[str, ...] = ()) -> list[str]:
    lines = [f"{who}{f': {clip(error)}' if error else ''}"]
    if down:
        lines.append(f"  down: {', '.join(down)}; everything else is followed")
    if advice:
        lines.append(f"  next: {advice}")
    return lines


def _remarks(clusters: Iterable[ClusterDiagnosis]) -> list[str]:
    found: dict[str, list[str]] = {}
    for each in clusters:
        for remark in each.remarks:
            found.setdefault(remark, []).append(each.cluster)
    lines = [f"  {listing(names, 20)}: {clip(remark)}" for remark, names in found.items()]
    return ["Worth knowing:", *lines] if lines else []


def _troubles(diagnosis: Diagnosis) -> list[str]:
    """Of clusters that are read otherwise; where everything is down, the cluster's own line has said it."""
    if diagnosis.mirror.pid is None or diagnosis.scopes:
        return []
    every = {each.cluster: each.scopes for each in diagnosis.clusters}
    by_cluster: dict[str, list[ScopeDiagnosis]] = {}
    for trouble in diagnosis.troubles:
        by_cluster.setdefault(trouble.cluster, []).append(trouble)
    rows, left = [], 0
    for name, troubles in by_cluster.items():
        if len(troubles) < every.get(name, 0):
            rows += [(*_scope(each), clip(each.error, 160)) for each in troubles[:_TROUBLES]]
            left += len(troubles[_TROUBLES:])
    more = [f"and {left} more: flux-mirror doctor --scopes"] if left else []
    return ["Not readable now:", *columns([(*_SCOPE, "ERROR"), *rows]), *more] if rows else []


def _streams(diagnosis: Diagnosis) -> list[str]:
    """What the streams of each cluster have done in this run of the mirror."""
    if diagnosis.mirror.pid is None or not diagnosis.clusters:
        return []
    heading = ("CLUSTER", "SCOPES", *_COUNTED, *_AUDITED)
    rows = [
        (each.cluster, str(each.scopes), *_counted(each.counters), *_audited(each.counters))
        for each in diagnosis.clusters
    ]
    return ["Streams since the mirror began:", *columns([heading, *rows])]


def _scopes(scopes: tuple[ScopeDiagnosis, ...]) -> list[str]:
    if not scopes:
        return []
    heading = (*_SCOPE, *_COUNTED, *_AUDITED, "VERSION", "ERROR")
    rows = [
        (
            *_scope(each),
            *_counted(each.counters),
            *_audited(each.counters),
            each.resource_version,
            clip(each.error, 160),
        )
        for each in scopes
    ]
    return columns([heading, *rows])


def _scope(each: ScopeDiagnosis) -> tuple[str, ...]:
    return (
        each.cluster,
        each.resource,
        each.namespace,
        each.state,
        format_age(each.since_s),
        _age(each.age_s),
    )


def _counted(counters: Counters) -> tuple[str, ...]:
    return (
        str(counters.lists),
        str(counters.watches),
        str(counters.expirations),
        str(counters.failures),
        str(counters.duplicates),
        _size(counters.bytes),
        "" if counters.lag_s is None else f"{counters.lag_s * 1000:.0f} ms",
        _age(counters.heard_age_s),
        _age(counters.listed_age_s),
    )


def _audited(counters: Counters) -> tuple[str, ...]:
    if counters.audited_age_s is None:
        return ("not yet", "")
    return (_age(counters.audited_age_s), str(counters.drift))


def _age(seconds: float | None) -> str:
    return "never" if seconds is None else format_age(seconds)


def _size(number: float) -> str:
    for unit in _UNITS[:-1]:
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} {_UNITS[-1]}"
