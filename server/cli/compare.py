"""`flux-mirror compare`: how clusters differ."""

from __future__ import annotations

from pathlib import Path

import click

from server.cli.asking import attached, finish, show
from server.cli.options import LIMIT, expected_option, option, question_options, target_argument
from server.cli.targets import parse_target
from server.options import Options

__all__ = ["compare"]


@click.command()
@target_argument
@option("-l", "--selector", metavar="LABELS", help="Compare all objects with these labels")
@option("--references/--no-references", default=True, help="Also what the objects refer to")
@option("--baseline", metavar="CLUSTER", help="The cluster that is right")
@option("--revision", metavar="REVISION", help="How far this revision or chart version has come")
@expected_option
@option("--limit", type=LIMIT, default=50, help="Most differing objects shown")
@option("--exit-code", is_flag=True, help="End with 1 when the clusters differ")
@question_options
def compare(
    options: Options,
    target: tuple[str, ...],
    namespace: str | None,
    api_version: str | None,
    selector: str | None,
    references: bool,
    baseline: str | None,
    revision: str | None,
    expected_differences: Path | None,
    limit: int,
    exit_code: bool,
    clusters: tuple[str, ...],
    output: str,
    max_age: float | None,
) -> None:
    """How clusters differ, field by field.

    One object (`compare hr/podinfo -n apps`), a selection (`compare -n apps`, `compare deploy -l team=a`), or
    everything that Flux manages (`compare`). `compare --revision 4e1f0c7d` says how far a commit has come.

    A file of expected differences has three parts, all optional: `fields` that may differ (a path, `*` for
    one step of it, `**` for any number), `objects` that are only in some clusters, and `variables`, texts
    that stand for the same thing in each cluster.
    """
    wanted = parse_target(target, namespace)
    with attached(options) as store:
        from query.comparison.question import compare as compare_views  # noqa: PLC0415
        from server.expectations import load_expected  # noqa: PLC0415
        from server.render.comparison import differs, render_comparison  # noqa: PLC0415

        store.await_kind(wanted.kind, api_version, clusters or None)
        with store.open_view(clusters or None, max_age) as view:
            found = compare_views(
                view,
                api_version=api_version,
                kind=wanted.kind,
                name=wanted.name,
                namespace=wanted.namespace,
                selector=selector,
                include_references=references,
                baseline=baseline,
                revision=revision,
                expected=load_expected(expected_differences) if expected_differences else None,
                limit=limit,
            )
    show(found, render_comparison(found, now=view.now, budget=None), output)
    finish(found, bad=differs(found), exit_code=exit_code)
