"""`flux-mirror demo`: the main job on a simulated fleet, in one process, leaving nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from mirror.clock import Clock, SystemClock
from mirror.errors import StoreMissingError
from mirror.kube.kubeconfig import load_selection
from mirror.kube.kubeconfig_watch import KubeconfigWatch
from mirror.settings import MirrorSettings
from mirror.store import clusters as cluster_rows
from mirror.store import objects
from mirror.store.changes import ClusterState
from mirror.store.lease import WriterLease
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.fleet import simulated_fleet
from mirror.testing.kubeconfig import write_kubeconfig
from query.compare import compare
from query.fleet import fleet_status
from query.root_cause import find_root_cause
from query.view import View, open_view
from server.daemon import mirror_clusters
from server.render.budget import Page
from server.render.comparison import render_comparison
from server.render.fleet import render_fleet
from server.render.root_cause import render_root_cause

__all__ = ["demo"]

_POLL_S = 0.05
_SYNC_PATIENCE_S = 60.0


@click.command()
@click.option(
    "--hold", is_flag=True, help="Keep the simulated clusters running until Ctrl-C, for your own client"
)
def demo(hold: bool) -> None:
    """A simulated fleet to try it on: three clusters, one fault, no network and no cluster needed.

    Mirrors staging, production-eu and production-us, then shows what an on-call person would ask. Everything
    runs in this process and in a temporary folder that is removed at the end.
    """
    os.umask(0o077)
    # Ended from outside it removes its folder too, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with tempfile.TemporaryDirectory(prefix="flux-mirror-demo-") as folder:
        anyio.run(_demo, Path(folder), hold, backend_options={"use_uvloop": sys.platform != "win32"})


async def _demo(folder: Path, hold: bool) -> None:
    clock = SystemClock()
    paths = StorePaths(folder / "store.db")
    async with _fleet(folder / "kubeconfig", clock) as kubeconfig, _mirrored(kubeconfig, paths, clock):
        reader = await _first_sync(paths, clock)
        await anyio.to_thread.run_sync(_tour, reader, clock)
        _farewell(kubeconfig if hold else None)
        if hold:
            await anyio.sleep_forever()


@asynccontextmanager
async def _fleet(kubeconfig: Path, clock: Clock) -> AsyncIterator[Path]:
    """The three clusters, served on loopback, and a kubeconfig that names them."""
    async with AsyncExitStack() as stack:
        servers = {
            name: await stack.enter_async_context(FakeAPIServer(cluster, anonymous=True))
            for name, cluster in simulated_fleet(clock).items()
        }
        await anyio.to_thread.run_sync(write_kubeconfig, kubeconfig, servers)
        yield kubeconfig


@asynccontextmanager
async def _mirrored(kubeconfig: Path, paths: StorePaths, clock: Clock) -> AsyncIterator[None]:
    """A mirror of all contexts in this process, for the length of the block."""
    settings = MirrorSettings()
    select = partial(load_selection, [kubeconfig], os.environ)
    watch = KubeconfigWatch(select, await anyio.to_thread.run_sync(select), settings.kubeconfig, clock)
    with WriterLease(paths).acquire():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(mirror_clusters, watch, paths, settings, clock)
            yield
            tasks.cancel_scope.cancel()


async def _first_sync(paths: StorePaths, clock: Clock) -> Reader:
    """Show how far the mirror has come until every cluster is complete."""
    began = clock.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("lists"))
    with Progress(*columns, transient=True) as progress, anyio.fail_after(_SYNC_PATIENCE_S):
        task = progress.add_task("mirroring three simulated clusters", total=None)
        reader = await _reader(paths, clock)
        while True:
            listed, scopes, synced = await anyio.to_thread.run_sync(_progress, reader)
            progress.update(task, completed=listed, total=scopes or None)
            if synced:
                break
            await clock.sleep(_POLL_S)
    with reader.snapshot() as connection:
        count = len(objects.select(connection))
    took = clock.monotonic() - began
    click.echo(
        f"Mirrored 3 simulated clusters, {count} objects in {scopes} lists, in {took:.1f} s.\n"
        "Every answer below comes from the local store; no cluster is asked."
    )
    return reader


async def _reader(paths: StorePaths, clock: Clock) -> Reader:
    while True:
        try:
            return await anyio.to_thread.run_sync(Reader, paths.store)
        except StoreMissingError:
            await clock.sleep(_POLL_S)


def _progress(reader: Reader) -> tuple[int, int, bool]:
    """Lists that are complete, lists in all, and whether every cluster is synced."""
    with reader.snapshot() as connection:
        scopes = cluster_rows.scopes(connection)
        clusters = cluster_rows.clusters(connection)
    listed = sum(scope.listed_at is not None for scope in scopes)
    synced = bool(clusters) and all(row.state == ClusterState.SYNCED for row in clusters)
    return listed, len(scopes), synced


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
    _show(reader, clock, "why", lambda view: render_root_cause(find_root_cause(view), now=view.now))


def _show(reader: Reader, clock: Clock, command: str, ask: Callable[[View], Page]) -> None:
    began = clock.monotonic()
    with open_view(reader, clock=clock, alive=True) as view:
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
