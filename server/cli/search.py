"""`flux-mirror search`: where in the fleet something is said."""

from __future__ import annotations

import click

from server.cli.asking import attached, finish, show
from server.cli.options import LIMIT, option, question_options
from server.options import Options

__all__ = ["search"]


@click.command()
@click.argument("query", nargs=-1, metavar="[TEXT]...")
@option("--kind", metavar="KIND", help="Only objects of this kind")
@option("-n", "--namespace", metavar="NAME", help="Only this namespace [default: all]")
@option("--health", metavar="WORD", help="Only Failed, Progressing, Suspended, Ready or Unknown objects")
@option("--limit", type=LIMIT, default=200, help="Most matches shown")
@question_options
def search(
    options: Options,
    query: tuple[str, ...],
    kind: str | None,
    namespace: str | None,
    health: str | None,
    limit: int,
    clusters: tuple[str, ...],
    output: str,
    max_age: float | None,
) -> None:
    """Where in the fleet something is said: in names, labels, messages, events, images, charts, revisions.

    All words must be found in an object; quotes keep a phrase together. `chart:podinfo@6.5.*` and
    `image:nginx:1.25` tell which clusters run what; `name:`, `label:`, `message:`, `event:` and `revision:`
    look in one place. `--health Suspended` alone lists what is suspended, and since when.
    """
    with attached(options) as store:
        from query.search.question import search_fleet  # noqa: PLC0415
        from server.render.search import render_search  # noqa: PLC0415

        store.await_kind(kind, None, clusters or None)
        with store.open_view(clusters or None, max_age) as view:
            found = search_fleet(
                view, _typed(query), kind=kind, namespace=namespace, health=health, limit=limit
            )
    show(found, render_search(found, now=view.now, budget=None), output)
    finish(found, bad=False, exit_code=False)


def _typed(words: tuple[str, ...]) -> str:
    """As one query: what the shell has kept together stays together."""
    return " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
