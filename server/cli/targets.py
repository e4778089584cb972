"""What a command is about, in the forms that kubectl users type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import click

__all__ = ["Target", "parse_target"]


class Target(NamedTuple):
    """None: not said."""

    kind: str | None = None
    name: str | None = None
    namespace: str | None = None


def parse_target(words: Sequence[str], namespace: str | None = None) -> Target:
    """`kind`, `kind name`, `kind/name`, or `Kind/namespace/name` as the answers print it.

    namespace: from -n; must not contradict the words. Raises click.UsageError.
    """
    match [word.split("/") for word in words]:
        case []:
            return Target(namespace=namespace)
        case [[kind]] if kind:
            return Target(kind, None, namespace)
        case [[kind, name]] if kind and name:
            return Target(kind, name, namespace)
        case [[kind], [name]] if kind and name:
            return Target(kind, name, namespace)
        case [[kind, place, name]] if kind and place and name:
            if namespace not in (None, place):
                raise click.UsageError(f"{words[0]} is in namespace {place}, but -n says {namespace}")
            return Target(kind, name, place)
    raise click.UsageError(f"cannot read `{' '.join(words)}`: say KIND, KIND/NAME or KIND NAME")
