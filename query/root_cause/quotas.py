"""Whether a ResourceQuota leaves room for one more Pod, by its own numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from mirror.flux.fields import mapping, sequence
from query.syntax.quantities import quantity_value

__all__ = ["no_room"]

_COUNTS = frozenset({"pods", "count/pods"})
_REQUESTS = "requests."
_LIMITS = "limits."
_SHORT = frozenset({"cpu", "memory", "ephemeral-storage"})
"""Resources that stand for the requests when they are written without `requests.`."""


def no_room(quota: dict[str, Any], pod: dict[str, Any]) -> str:
    """Why no Pod of this spec fits, `pods: 3 of 3 used, 1 more is needed`; "" when one does.

    Not judged: a quota that counts only some Pods (scopes), and what a Pod does not say itself, which a
    LimitRange may add.
    """
    spec = mapping(quota.get("spec"))
    if sequence(spec.get("scopes")) or mapping(spec.get("scopeSelector")):
        return ""
    status = mapping(quota.get("status"))
    hard = mapping(status.get("hard")) or mapping(spec.get("hard"))
    used = mapping(status.get("used"))
    return "; ".join(_exceeded(hard, used, pod))


def _exceeded(hard: dict[str, Any], used: dict[str, Any], pod: dict[str, Any]) -> Iterator[str]:
    for resource, most in sorted(hard.items()):
        need = Fraction(1) if resource in _COUNTS else _needed(resource, pod)
        limit, taken = quantity_value(most), quantity_value(used.get(resource))
        if need and limit is not None and taken is not None and taken + need > limit:
            yield f"{resource}: {used[resource]} of {most} used"


def _needed(resource: str, pod: dict[str, Any]) -> Fraction:
    """What the containers of the Pod ask for together."""
    if resource.startswith(_LIMITS):
        field, name = "limits", resource.removeprefix(_LIMITS)
    elif resource.startswith(_REQUESTS) or resource in _SHORT:
        field, name = "requests", resource.removeprefix(_REQUESTS)
    else:
        return Fraction(0)
    asked = (
        quantity_value(mapping(mapping(mapping(container).get("resources")).get(field)).get(name))
        for container in sequence(pod.get("containers"))
    )
    return sum((value for value in asked if value is not None), Fraction(0))
