"""A stored object as the YAML that kubectl would print."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.representer import SafeRepresenter

__all__ = ["to_yaml", "yaml_lines"]


class _Manifest(SafeRepresenter):
    """Multi-line strings as blocks; no aliases, which readers of manifests do not expect."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


_Manifest.add_representer(str, _Manifest.represent_str)


class _Dumper(_Manifest, yaml.SafeDumper):
    pass


class _FastDumper(_Manifest, yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper):  # type: ignore[misc]
    """The same written in C: a fifth of the time."""


_ESCAPED = "\\U"


def to_yaml(content: Any) -> str:
    """Plain data as YAML in its own order, ending with a newline."""
    text = _dumped(content, _FastDumper)
    # The C library writes 😀 as an escape, which is right and cannot be read.
    return _dumped(content, _Dumper) if _ESCAPED in text else text


def _dumped(content: Any, dumper: type[yaml.SafeDumper]) -> str:
    return yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1_000)


def yaml_lines(content: Any) -> list[str]:
    """The lines of `to_yaml`."""
    return to_yaml(content).splitlines()
