"""Which flux-mirror this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["product_version"]


def product_version() -> str:
    """The version of the installed distribution; `0+source` in a checkout that is not installed."""
    try:
        return version("flux-mirror")
    except PackageNotFoundError:
        return "0+source"
