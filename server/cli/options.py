"""Options that commands share. Each has an environment variable: `--kube-as` is FLUX_MIRROR_KUBE_AS."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from server.options import Options

__all__ = [
    "DURATION",
    "LIMIT",
    "SIZE",
    "expected_option",
    "mirror_options",
    "option",
    "output_option",
    "question_options",
    "target_argument",
]

P = ParamSpec("P")
R = TypeVar("R")


class _Duration(click.ParamType[float]):
    """`30`, `30s`, `5m`, `2h`: seconds as a float."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is not a duration such as 30s, 5m or 2h", param, ctx)
        return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]


DURATION = _Duration()


class _Size(click.ParamType[int]):
    """`500MB`, `2GB`: bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+) ?([KMG]?)i?B?", str(value).strip(), re.IGNORECASE)
        if found is None:
            self.fail(f"{value!r} is not a size such as 500MB or 2GB", param, ctx)
        return int(found[1]) << 10 * "_KMG".index(found[2].upper() or "_")


SIZE = _Size()

LIMIT = click.IntRange(1, 1_000_000)
"""How many things an answer lists at most; the bound is what a person can mean, and what SQLite takes."""


def option(*names: str, **attributes: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """click.option with the environment variable that its long name gives."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    variable = "FLUX_MIRROR_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=variable, **{"show_default": True, **attributes})


def mirror_options(command: Callable[..., R]) -> Callable[..., R]:
    """Which clusters, as whom, and where the copy is kept: arrives as the keyword `options`."""

    @option("--kubeconfig", type=click.Path(path_type=Path), help="Kubeconfig file [default: as kubectl]")
    @option("--kube-context", multiple=True, help="Context or glob to mirror; repeatable [default: all]")
    @option("--kube-as", metavar="USER", help="Impersonate this user")
    @option("--kube-as-group", multiple=True, metavar="GROUP", help="Impersonate this group; repeatable")
    @option("--kube-as-uid", metavar="UID", help="Impersonate this UID")
    @option("--store", type=click.Path(path_type=Path, dir_okay=False), help="Store file of the mirror")
    @option(
        "--timeout", type=DURATION, default=15.0, show_default="15s", help="Longest wait for the first sync"
    )
    @option("--once", is_flag=True, help="Leave no mirror running afterwards")
    @functools.wraps(command)
    def wrapped(
        *arguments: Any,
        kubeconfig: Path | None,
        kube_context: tuple[str, ...],
        kube_as: str | None,
        kube_as_group: tuple[str, ...],
        kube_as_uid: str | None,
        store: Path | None,
        timeout: float,
        once: bool,
        **others: Any,
    ) -> R:
        if (kube_as_group or kube_as_uid) and not kube_as:
            raise click.UsageError("--kube-as-group and --kube-as-uid need --kube-as")
        if store is not None and store.exists() and not store.is_file():
            # A device would be written to, and made readable for us alone.
            raise click.UsageError(f"--store {store} is not a regular file")
        options = Options(
            kubeconfig=kubeconfig,
            kube_context=kube_context,
            kube_as=kube_as,
            kube_as_groups=kube_as_group,
            kube_as_uid=kube_as_uid,
            store=store,
            timeout_s=timeout,
            once=once,
        )
        return command(*arguments, options=options, **others)

    return wrapped


def expected_option(command: Callable[P, R]) -> Callable[P, R]:
    """--expected-differences: arrives as the keyword `expected_differences`."""
    file = click.Path(path_type=Path, exists=True, dir_okay=False)
    return option(
        "--expected-differences", type=file, metavar="FILE", help="Differences that are right, as YAML rules"
    )(command)


def output_option(command: Callable[P, R]) -> Callable[P, R]:
    """-o: the form of the answer; arrives as the keyword `output`."""
    forms = click.Choice(["text", "json", "yaml"])
    return option("-o", "--output", type=forms, default="text", help="Form of the answer")(command)


def question_options(command: Callable[..., R]) -> Callable[..., R]:
    """What every question takes: clusters, the form of the answer, how old it may be."""
    command = option("--max-age", type=DURATION, help="Fail if the data is older")(command)
    names = {"multiple": True, "metavar": "NAME"}
    command = option("--clusters", **names, help="Only these clusters, globs too; repeatable")(command)
    return mirror_options(output_option(command))


def target_argument(command: Callable[P, R]) -> Callable[P, R]:
    """The object or kind a command is about: KIND, KIND/NAME or KIND NAME, with -n and --api-version."""
    for add in (
        option("--api-version", metavar="VERSION", help="Only needed where KIND is ambiguous"),
        option("-n", "--namespace", metavar="NAME", help="Only this namespace [default: all]"),
        click.argument("target", nargs=-1, metavar="[KIND[/NAME]]"),
    ):
        command = add(command)
    return command
