"""`flux-mirror mirror`: the process that keeps the local copy; usually started by the other commands."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import replace

import click

from mirror.settings import MirrorSettings, WriterSettings
from mirror.store.lease import live_readers, mirror_pid
from mirror.store.paths import StorePaths
from server.cli.options import DURATION, SIZE, mirror_options, option
from server.options import Options, store_paths

__all__ = ["mirror"]

_STOP_PATIENCE_S, _STOP_PAUSE_S = 10.0, 0.02


@click.command()
@click.option(
    "--foreground", "mode", flag_value="foreground", default=True, help="Mirror until Ctrl-C [default]"
)
@click.option("--background", "mode", flag_value="background", help="Leave when nobody has read for a while")
@click.option("--stop", "mode", flag_value="stop", help="End the mirror of this store")
@click.option("--status", "mode", flag_value="status", help="Say whether a mirror runs (exit code 3 if not)")
@option(
    "--linger", type=DURATION, default=MirrorSettings().linger_s, help="With --background: how long unread"
)
@option(
    "--store-quota", type=SIZE, default=WriterSettings().quota_bytes, show_default="2GB", help="Largest store"
)
@click.option("--lease", type=int, hidden=True, help="The locked lock file, as a descriptor of this process")
@mirror_options
@click.pass_context
def mirror(
    ctx: click.Context, mode: str, linger: float, store_quota: int, lease: int | None, options: Options
) -> None:
    """Keep the local copy up to date.

    The other commands start a mirror in the background when none runs, and it leaves by itself when
    nobody has read for a while. Run it in the foreground to see what it does.
    """
    paths = store_paths(options, os.environ)
    if mode == "stop":
        _stop(paths)
    elif mode == "status":
        ctx.exit(0 if _status(paths) else 3)
    else:
        # Imported here: a look at --status needs neither the HTTP stack nor the database.
        from server.daemon import run_mirror  # noqa: PLC0415 (deferred: heavy)

        writer = WriterSettings(quota_bytes=store_quota)
        settings = replace(MirrorSettings(), linger_s=linger, writer=writer)
        run_mirror(
            options,
            paths,
            settings=settings,
            background=mode == "background",
            lease=lease,
            last_resort=lambda: os._exit(0),
        )


def _status(paths: StorePaths) -> bool:
    pid = mirror_pid(paths)
    state = f"running (process {pid}, {live_readers(paths)} readers)" if pid else "not running"
    click.echo(f"mirror: {state}\nstore:  {paths.store}\nlog:    {paths.log}")
    return pid is not None


def _stop(paths: StorePaths) -> None:
    pid = mirror_pid(paths)
    if pid is None:
        click.echo("no mirror runs on this store")
        return
    with suppress(ProcessLookupError):  # it has left by itself meanwhile
        os.kill(pid, signal.SIGTERM)
    # Not for the process, which stays a zombie while the reader that has started it does not look.
    for _ in range(int(_STOP_PATIENCE_S / _STOP_PAUSE_S)):
        if mirror_pid(paths) != pid:
            break
        time.sleep(_STOP_PAUSE_S)
    else:
        raise click.ClickException(f"process {pid} has not ended within {_STOP_PATIENCE_S:g} s")
    click.echo(f"stopped the mirror (process {pid})")
