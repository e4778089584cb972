"""`flux-mirror demo`: the main job on simulated clusters, in one process, leaving nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import click

from mirror.clock import Clock, SystemClock, format_age
from mirror.store.reader import Reader
from mirror.testing.fleet import simulated_fleet
from mirror.testing.scenarios import RECIPES, Recipe, Scenario, find, simulate
from query.comparison.question import compare
from query.fleet.question import fleet_status
from query.root_cause import find_root_cause
from query.view import View, open_view
from server.cli.simulated import simulation
from server.render.budget import Page
from server.render.comparison import render_comparison
from server.render.fleet import render_fleet
from server.render.root_cause import render_root_cause

__all__ = ["demo"]


@click.command()
@click.option(
    "--hold", is_flag=True, help="Keep the simulated clusters running until Ctrl-C, for your own client"
)
@click.option(
    "--scenario", metavar="NAME", help="One known failure instead of the fleet; `list` names them all"
)
def demo(hold: bool, scenario: str | None) -> None:
    """A simulated fleet to try it on: three clusters, one fault, no network and no cluster needed.

    Mirrors staging, production-eu and production-us, then shows what an on-call person would ask. With a
    scenario: one known failure, how it came about, what `why` says, and what is right. Everything runs in
    this process and in a temporary folder that is removed at the end.
    """
    recipe = None if scenario is None else _recipe(scenario)
    os.umask(0o077)
    # Ended from outside it removes its folder too, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with tempfile.TemporaryDirectory(prefix="flux-mirror-demo-") as folder:
        anyio.run(_demo, Path(folder), hold, recipe, backend_options={"use_uvloop": sys.platform != "win32"})


def _recipe(name: str) -> Recipe:
    """The one of that name or number; otherwise all of them are listed and the command ends."""
    try:
        return find(name)
    except KeyError:
        width = max(len(item.name) for item in RECIPES)
        for item in RECIPES:
            click.echo(f"{item.number:>3}  {item.name:<{width}}  {item.title}")
        if name == "list":
            raise click.exceptions.Exit(0) from None
        raise click.UsageError(f"there is no scenario {name!r}") from None


async def _demo(folder: Path, hold: bool, recipe: Recipe | None) -> None:
    clock = SystemClock()
    if recipe is None:
        clusters, tour = simulated_fleet(clock), partial(_tour, clock=clock)
    else:
        player = simulate(recipe.build(now=clock.wall()))
        player.finish()
        clusters = dict(player.clusters)
        tour = partial(_explain, clock=clock, scenario=player.scenario)
    async with simulation(clusters, folder, clock) as (reader, kubeconfig):
        await anyio.to_thread.run_sync(tour, reader)
        _farewell(kubeconfig if hold else None)
        if hold:
            await anyio.sleep_forever()


def _tour(reader: Reader, clock: Clock) -> None:
    """What an on-call person asks, with the commands that ask it."""
    _show(reader, clock, "status", lambda view: render_fleet(fleet_status(view), now=view.now))
    _show(
        reader,
        clock,
        "compare HelmRelease/checkout -n shop",
        lambda view: render_comparison(
            compare(view, kind="HelmRelease", name="checkout", namespace="shop"), now=view.now
        ),
    )
    _show(reader, clock, "why", _why())


def _explain(reader: Reader, clock: Clock, scenario: Scenario) -> None:
    """What happened, what `why` makes of it, and what those who wrote the scenario say is right."""
    click.echo(f"\nScenario {scenario.number}, {scenario.name}: {scenario.title}.")
    for step in scenario.fault:
        click.echo(f"{format_age(scenario.now - step.at):>7} ago: {step.text}")
    symptom = scenario.symptom
    target = {"kind": symptom.kind, "name": symptom.name, "namespace": symptom.namespace}
    command = f"why {symptom.kind}/{symptom.name} -n {symptom.namespace}"
    if len(scenario.clusters) > 1:
        command += f" --clusters {scenario.symptom_cluster}"
    _show(reader, clock, command, _why(**target), clusters=[scenario.symptom_cluster])
    _show(reader, clock, "why", _why())
    for told, roots in (("Right", scenario.roots), ("Right too", scenario.also_right)):
        for root in roots:
            what = f"{root.class_}{root.field and ', '}{root.field}"
            click.echo(f"{told}: {root.object} in {root.cluster} ({what})")
    for key in scenario.transient:
        click.echo(f"Right: nothing to mend, {key} is only waiting")


def _why(**arguments: Any) -> Callable[[View], Page]:
    return lambda view: render_root_cause(find_root_cause(view, **arguments), now=view.now)


def _show(
    reader: Reader,
    clock: Clock,
    command: str,
    ask: Callable[[View], Page],
    *,
    clusters: Sequence[str] | None = None,
) -> None:
    began = clock.monotonic()
    with open_view(reader, clock=clock, alive=True, clusters=clusters) as view:
        page = ask(view)
    took_ms = (clock.monotonic() - began) * 1000
    title = click.style(f"$ flux-mirror {command}", bold=True)
    click.echo(f"\n{title}   {click.style(f'({took_ms:.0f} ms)', dim=True)}\n{page.text}")


def _farewell(held: Path | None) -> None:
    """What to do next: with one's own clusters, with an assistant."""
    click.echo("")
    if held is not None:
        click.echo(
            "The simulated clusters stay until Ctrl-C. In another terminal:\n"
            f"  flux-mirror status --kubeconfig {held}\n"
            f"  flux-mirror why --kubeconfig {held}\n"
        )
    click.echo(
        "Your own clusters (read-only; every context of your kubeconfig, or a choice of them):\n"
        "  flux-mirror status\n"
        "  flux-mirror why --kube-context 'prod-*'\n"
        "An assistant (Claude, Cursor, VS Code …) as an MCP server over stdio:\n"
        '  {"mcpServers": {"flux-mirror": {"command": "flux-mirror", "args": ["serve"]}}}'
    )
