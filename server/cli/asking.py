"""Ask the mirror one question and print the answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import click
import msgspec

from query.results.answer import Answer
from server.background import attached_mirror
from server.cli.style import styled
from server.options import Options
from server.ports import Store
from server.render.budget import Page
from server.render.document import to_yaml
from server.render.freshness import unreached

__all__ = ["UNHEALTHY", "UNREACHED", "attached", "finish", "print_structured", "show"]

UNHEALTHY = 1
"""Exit code: the answer is "unhealthy" or "different", and --exit-code asked to hear of it."""

UNREACHED = 3
"""Exit code: not one cluster has ever answered."""


def attached(options: Options) -> AbstractContextManager[Store]:
    """The store of these options; the context's `obj` may bring another way to attach (tests do).

    A mirror that has to be started takes its time: what a question needs is imported inside the block.
    """
    attach: Callable[[Options], AbstractContextManager[Store]] = (
        click.get_current_context().obj or attached_mirror
    )
    return attach(options)


def show(result: Answer, page: Page, output: str) -> None:
    """The answer on stdout, in one piece: text for people, or the structured result and nothing else."""
    if output == "text":
        click.echo(styled(page.text))
    else:
        print_structured(result, output)


def print_structured(result: msgspec.Struct, output: str) -> None:
    """The structured form as `json` or `yaml`."""
    encoded = msgspec.json.encode(result)
    if output == "json":
        click.echo(msgspec.json.format(encoded, indent=2))
    else:
        click.echo(to_yaml(msgspec.json.decode(encoded)), nl=False)


def finish(result: Answer, *, bad: bool, exit_code: bool) -> None:
    """End with 3 when nothing could be reached, with 1 for a bad answer when the person asked to know."""
    if unreached(result.freshness):
        click.get_current_context().exit(UNREACHED)
    if bad and exit_code:
        click.get_current_context().exit(UNHEALTHY)
