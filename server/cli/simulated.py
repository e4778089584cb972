"""Simulated clusters and a mirror of them, in this process and for the length of a block."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import anyio
import anyio.to_thread
import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from mirror.clock import Clock
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
from mirror.testing.cluster import FakeCluster
from mirror.testing.kubeconfig import write_kubeconfig
from server.daemon import mirror_clusters

__all__ = ["Simulation", "simulation"]

_POLL_S = 0.05
_SYNC_PATIENCE_S = 60.0


class Simulation(NamedTuple):
    """reader: of the store, complete. kubeconfig: names the clusters, for other programs."""

    reader: Reader
    kubeconfig: Path


@asynccontextmanager
async def simulation(
    clusters: Mapping[str, FakeCluster], folder: Path, clock: Clock
) -> AsyncIterator[Simulation]:
    """Serve the clusters on loopback and mirror them into a store in `folder`, until all are complete."""
    paths = StorePaths(folder / "store.db")
    async with (
        _served(clusters, folder / "kubeconfig") as kubeconfig,
        _mirrored(kubeconfig, paths, clock),
    ):
        reader = await _first_sync(paths, len(clusters), clock)
        yield Simulation(reader, kubeconfig)


@asynccontextmanager
async def _served(clusters: Mapping[str, FakeCluster], kubeconfig: Path) -> AsyncIterator[Path]:
    """The clusters on loopback, and a kubeconfig that names them."""
    async with AsyncExitStack() as stack:
        servers = {
            name: await stack.enter_async_context(FakeAPIServer(cluster, anonymous=True))
            for name, cluster in clusters.items()
        }
        await anyio.to_thread.run_sync(write_kubeconfig, kubeconfig, servers)
        yield kubeconfig


@asynccontextmanager
async def _mirrored(kubeconfig: Path, paths: StorePaths, clock: Clock) -> AsyncIterator[None]:
    """A mirror of all contexts in this process."""
    settings = MirrorSettings()
    select = partial(load_selection, [kubeconfig], os.environ)
    watch = KubeconfigWatch(select, await anyio.to_thread.run_sync(select), settings.kubeconfig, clock)
    with WriterLease(paths).acquire():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(mirror_clusters, watch, paths, settings, clock)
            yield
            tasks.cancel_scope.cancel()


async def _first_sync(paths: StorePaths, clusters: int, clock: Clock) -> Reader:
    """Show how far the mirror has come until every cluster is complete."""
    began = clock.monotonic()
    what = "1 simulated cluster" if clusters == 1 else f"{clusters} simulated clusters"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("lists"))
    with Progress(*columns, transient=True) as progress, anyio.fail_after(_SYNC_PATIENCE_S):
        task = progress.add_task(f"mirroring {what}", total=None)
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
        f"Mirrored {what}, {count} objects in {scopes} lists, in {took:.1f} s.\n"
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
