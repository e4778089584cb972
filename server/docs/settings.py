"""docs/settings.md: what a person can set from outside, and the numbers of mirror/settings.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import click

from mirror import settings
from server.docs.cli import commands
from server.docs.markdown import page, prose, table
from server.docs.source import Attribute, class_attributes

__all__ = ["settings_page"]

_ABOUT = """\
There is no configuration file. What a person chooses are the options of the [command line](cli.md), most of
which have an environment variable. Everything else is a default in `mirror/settings.py`, listed below with
its reason.
"""

_ABOUT_VARIABLES = """\
An option on the command line wins over its variable. A repeatable option takes several words, separated by
spaces; a switch takes `1` or `0`; a duration is `30`, `30s`, `5m` or `2h`. "All" are the commands that ask a
mirror or run one.
"""

_ABOUT_OTHERS = """\
Read besides: `KUBECONFIG`, and `HOME` for `~/.kube/config`; `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, where
the kubeconfig names no proxy; `XDG_STATE_HOME` (on Linux) for the place of the store; `NO_COLOR`. Exec
credential plugins inherit the whole environment.
"""

_ABOUT_FIELDS = """\
A name that ends in `_s` is in seconds, one in `_bytes` in bytes; the others are counts or factors. The values
are shown as the source writes them.
"""

_UNITS = {"s": "seconds", "bytes": "bytes"}


def settings_page(group: click.Group) -> str:
    """group: the commands whose options have environment variables."""
    return page(
        [
            "# Settings\n",
            _ABOUT,
            "## Environment variables\n",
            _ABOUT_VARIABLES,
            *table(("variable", "option", "default", "meaning", "commands"), list(_variables(group))),
            "",
            _ABOUT_OTHERS,
            "## Defaults in the code\n",
            _ABOUT_FIELDS,
            *(_fields(name) for name in settings.__all__),
        ]
    )


def _variables(group: click.Group) -> Iterator[tuple[str, ...]]:
    """One row per variable and meaning: `--limit` is another one in each command."""
    takers: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for context in commands(group):
        for option in context.command.params:
            if isinstance(option, click.Option) and isinstance(option.envvar, str):
                takers[_variable(option, option.envvar, context)].append(context.info_name or "")
    every = max(map(len, takers.values()))
    shared_first = sorted(takers, key=lambda row: (len(takers[row]) < every, row[0].strip("`"), row[1:]))
    for row in shared_first:
        names = ", ".join(f"`{name}`" for name in takers[row])
        yield (*row, names if len(takers[row]) < every else "all")


def _variable(option: click.Option, variable: str, context: click.Context) -> tuple[str, ...]:
    name = next(name for name in option.opts if name.startswith("--"))
    default = option.get_help_extra(context).get("default", "").strip("()")
    return f"`{variable}`", f"`{name}`", f"`{default}`" if default else "", option.help or ""


def _fields(name: str) -> str:
    """One dataclass of mirror/settings.py."""
    rows = [_field(attribute) for attribute in class_attributes(settings, name).values()]
    text = prose(getattr(settings, name).__doc__)
    return "\n".join([f"### {name}\n", f"{text}\n", *table(("name", "default", "unit", "meaning"), rows), ""])


def _field(attribute: Attribute) -> tuple[str, ...]:
    part = attribute.value.removeprefix("field(default_factory=").removesuffix(")")
    if part in settings.__all__:
        return f"`{attribute.name}`", f"[{part}](#{part.lower()})", "", prose(attribute.doc)
    unit = _UNITS.get(attribute.name.rpartition("_")[2], "")
    return f"`{attribute.name}`", f"`{attribute.value}`", unit, prose(attribute.doc)
