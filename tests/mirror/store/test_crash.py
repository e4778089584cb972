"""kill -9 at any moment: the store opens, and rows and resourceVersion are those of one commit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mirror.store import clusters, documents, edges, objects
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader

WRITER = """
import sys
from pathlib import Path
import anyio
from mirror.clock import SystemClock
from mirror.settings import WriterSettings
from mirror.store.paths import StorePaths
from mirror.store.writer import Writer
from tests.mirror.store.scene import RELEASES, batch, cluster_update, pages, record, scope_update

async def main(path, start):
    settings = WriterSettings(gather_s=0.0, dictionary_samples=60)
    async with Writer(StorePaths(Path(path)), settings, SystemClock()) as writer:
        await writer.apply(cluster_update(), scope_update(RELEASES))
        for n in range(start, start + 100_000):
            records = [record(f"r{i}", n, needs=[f"c{(i + n) % 7}"]) for i in range(40)]
            if n % 5:
                await writer.apply(batch(*records, version=str(n)))
            else:
                await writer.replace(RELEASES, pages(records), resource_version=str(n), at=1.0)
            print(n, flush=True)

anyio.run(main, sys.argv[1], int(sys.argv[2]))
"""


def write_and_die(path: Path, start: int, commits: int) -> int:
    """Write so many commits, die while the next are under way; the last one that was acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(start)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    acknowledged = start - 1
    for _ in range(commits):
        acknowledged = int(process.stdout.readline())
    process.kill()
    rest, _ = process.communicate()
    return max([acknowledged, *(int(line) for line in rest.splitlines())])


@pytest.mark.parametrize("commits", [1, 17])
def test_a_killed_writer_leaves_a_whole_store(paths: StorePaths, commits: int) -> None:
    start = 100
    for _ in range(2):
        acknowledged = write_and_die(paths.store, start, commits)
        with Reader(paths.store) as reader, reader.snapshot() as connection:
            (scope,) = clusters.scopes(connection)
            rows = objects.select(connection)
            links = edges.outgoing(connection, [row.id for row in rows])
            bodies = documents.load(connection, [row.id for row in rows])
            problems = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        version = int(scope.resource_version)
        assert problems == ["ok"]
        assert version >= acknowledged
        assert {row.resource_version for row in rows} == {str(version)}
        assert len(rows) == len(bodies) == len(links) == 40
        assert {body["metadata"]["resourceVersion"] for body in bodies.values()} == {str(version)}
        assert {link.field for link in links} == {f"spec.valuesFrom[c{n}]" for n in range(7)}
        start = version + 1
