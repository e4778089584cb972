"""HelmCharts: most are generated, so that the author's object is the one to change."""

from __future__ import annotations

import msgspec

from mirror.records import Relation
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import fix_in_git
from query.root_cause.rules.common import found, not_ready, step
from query.root_cause.rules.failed import WAITING, failed
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Found, Verdict, blame, look

__all__ = ["chart_itself", "wrong_chart"]

_FIELDS = {"version": "spec.version", "chart": "spec.chart", "valuesFiles": "spec.valuesFiles"}
_REASONS = frozenset({"InvalidChartReference", "ValuesFilesError"})


def wrong_chart(case: Case) -> Verdict | None:
    """No such chart, version or values file: blames the HelmRelease that wrote the HelmChart, if one did.

    Goes on with a source that is suspended or fails, first.
    """
    what = _wrong_part(case)
    if what is None:
        return None
    blamed = _wrong(case, what)
    standing = not_ready(case.targets(Relation.SOURCE)) if what != "valuesFiles" else []
    if standing:
        # What its index does not have may have been published since it stands still.
        return look(*(step(link) for link in standing), otherwise=blamed)
    return blame(blamed)


def _wrong(case: Case, what: str) -> Found:
    author = _author(case)
    if author is None:
        field = _FIELDS[what]
        advice = fix_in_git(case.scene, case.row, f"correct {field}")
        return found(case, CauseClass.INVALID, advice, field=field)
    field = f"spec.chart.spec.{what}"
    advice = fix_in_git(case.scene, author.row, f"correct {field} of HelmRelease {author.row.name}")
    return found(case, CauseClass.INVALID, advice, object=author.row, field=field)


def chart_itself(case: Case) -> Verdict | None:
    """Any other failure of a generated HelmChart: nobody edits it, its author does."""
    author = _author(case)
    if author is None or case.failure is None or case.reason in WAITING:
        return None
    told = failed(case)
    advice = fix_in_git(case.scene, author.row, f"correct spec.chart of HelmRelease {author.row.name}")
    return blame(msgspec.structs.replace(told, object=author.row, field="spec.chart", next_step=advice))


def _wrong_part(case: Case) -> str | None:
    if patterns.CHART_VERSION.search(case.message):
        return "version"
    if case.reason == "ValuesFilesError":
        return "valuesFiles"
    if patterns.CHART_NAME.search(case.message):
        return "chart"
    if case.reason in _REASONS:
        return "version" if patterns.REVISION_NOT_FOUND.search(case.message) else "chart"
    return None


def _author(case: Case) -> Link | None:
    links = [link for link in case.sources(Relation.GENERATES) if link.row.present]
    return links[0] if links else None
