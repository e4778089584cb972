"""The looks of a drawing: colours for light and dark, a shape per state, a line per kind of tie."""

from __future__ import annotations

from typing import NamedTuple

from server.render.boxes import Family

__all__ = ["DASHES", "SIGNS", "STYLE", "state_of"]


class _Shade(NamedTuple):
    light: str
    dark: str


_STATES = {
    "ready": _Shade("#1a7f37", "#3fb950"),
    "failed": _Shade("#cf222e", "#ff7b72"),
    "missing": _Shade("#a40e26", "#ffa198"),
    "progressing": _Shade("#0969da", "#58a6ff"),
    "suspended": _Shade("#8250df", "#bc8cff"),
    "unknown": _Shade("#6e7781", "#8b949e"),
    "absent": _Shade("#8c959f", "#6e7681"),
}
_FAMILIES = {
    Family.CONTENT: _Shade("#0969da", "#58a6ff"),
    Family.OWNERSHIP: _Shade("#57606a", "#9ea7b3"),
    Family.ORDER: _Shade("#9a6700", "#d29922"),
    Family.CONFIGURATION: _Shade("#1b7c83", "#39c5cf"),
    Family.OTHER: _Shade("#8c959f", "#6e7681"),
}
DASHES = {
    Family.CONTENT: "",
    Family.OWNERSHIP: "",
    Family.ORDER: "7 4",
    Family.CONFIGURATION: "2 3",
    Family.OTHER: "1 5",
}
"""stroke-dasharray of each family: they can be told apart without colour."""

SIGNS = {
    "ready": "M-3.2 .2 L-1 2.6 L3.4 -2.6",
    "failed": "M-2.7 -2.7 L2.7 2.7 M2.7 -2.7 L-2.7 2.7",
    "missing": "M-2.7 -2.7 L2.7 2.7 M2.7 -2.7 L-2.7 2.7",
    "progressing": "M-3.2 -.2 H3 M.6 -2.8 L3.2 -.2 L.6 2.4",
    "suspended": "M-1.6 -3 V3 M1.6 -3 V3",
    "absent": "M-3 0 H3",
    "unknown": "M-1.9 -1.6 C-1.6 -4 2 -3.8 1.9 -1.4 C1.8 .2 0 0 0 1.6 M0 3.1 V3.7",
}
"""The sign of each state inside its disc, drawn as a path: fonts differ in what they have."""


def state_of(health: str) -> str:
    """The class of a health word; a word that nobody knows looks like Unknown."""
    return health.lower() if health.lower() in _STATES else "unknown"


def _shades(dark: bool) -> str:
    page, panel, line, ink, quiet, frame = (
        ("#0d1117", "#161b22", "#30363d", "#e6edf3", "#9198a1", "#11161d")
        if dark
        else ("#ffffff", "#ffffff", "#d0d7de", "#1f2328", "#59636e", "#f6f8fa")
    )
    rules = [
        f".fm-page{{fill:{page}}}",
        f".fm-strip{{fill:{frame};stroke:{line}}}",
        f".fm-box{{fill:{panel};stroke:{line}}}",
        f".fm-ink{{fill:{ink}}}",
        f".fm-quiet{{fill:{quiet}}}",
        f".fm-word{{stroke:{page}}}",
        f".fm-sign{{stroke:{page}}}",
    ]
    for name, shade in _STATES.items():
        colour = shade.dark if dark else shade.light
        rules.append(f".fm-{name}{{fill:{colour}}}.fm-rim-{name}{{stroke:{colour}}}")
    for family, shade in _FAMILIES.items():
        colour = shade.dark if dark else shade.light
        rules.append(f".fm-line-{family}{{stroke:{colour}}}.fm-tip-{family}{{fill:{colour}}}")
    return "".join(rules)


STYLE = (
    'text{font-family:ui-sans-serif,system-ui,"Segoe UI",Helvetica,Arial,sans-serif}'
    ".fm-line{fill:none;stroke-width:1.4}.fm-loud{stroke-width:2.4}.fm-faint{stroke-opacity:.4}"
    ".fm-word{stroke-width:3;stroke-linejoin:round;paint-order:stroke}"
    ".fm-sign{fill:none;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}"
    f"{_shades(dark=False)}@media (prefers-color-scheme:dark){{{_shades(dark=True)}}}"
)
"""One style sheet; its classes begin with `fm-`, so that a page may hold the drawing inline."""
