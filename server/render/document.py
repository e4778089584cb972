"""A stored object as the YAML that kubectl would print."""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ["to_yaml", "yaml_lines"]


class _Dumper(yaml.SafeDumper):
    """Multi-line strings as blocks; no aliases, which readers of manifests do not expect."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def to_yaml(content: Any) -> str:
    """Plain data as YAML in its own order, ending with a newline."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)


def yaml_lines(content: Any) -> list[str]:
    """The lines of `to_yaml`."""
    return to_yaml(content).splitlines()
