"""The file of expected differences: read once, by the command whose user names it. No tool reads a file."""

from __future__ import annotations

from pathlib import Path

import msgspec
import yaml

from query.comparison.expected import Expected
from query.errors import SelectorError

__all__ = ["load_expected"]

MOST_BYTES = 256 * 1024
"""Of a rule file; rules that somebody keeps by hand have a few hundred."""

_HINT = "its parts are `fields`, `objects` and `variables`: docs/expected-differences.md"


def load_expected(path: Path) -> Expected:
    """The rules in a YAML (or JSON) file. Raises SelectorError, which names what is wrong and where."""
    where = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SelectorError(
            f"the expected differences cannot be read: {error.strerror}", where=where
        ) from error
    if len(content) > MOST_BYTES:
        raise SelectorError(f"more than {MOST_BYTES:,} bytes of expected differences", where=where)
    try:
        return msgspec.convert(yaml.safe_load(content) or {}, Expected)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise SelectorError(f"the expected differences are not YAML: {said}", where=where) from error
    except msgspec.ValidationError as error:
        raise SelectorError(
            f"the expected differences do not fit: {error}", where=where, hint=_HINT
        ) from error
