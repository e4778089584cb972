"""The arguments that tools share: their types, their one-line descriptions, and a little forgiveness."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

__all__ = [
    "ApiVersion",
    "Clusters",
    "Fields",
    "Kind",
    "Limit",
    "MaxAge",
    "Name",
    "Namespace",
    "Selector",
]


def _as_list(content: Any) -> Any:
    """Models often send one name where a list is asked for."""
    if isinstance(content, str):
        content = [part.strip() for part in content.split(",") if part.strip()]
    return content or None


def _blank_is_none(content: Any) -> Any:
    """Models often send "" for what they do not want to say."""
    return None if isinstance(content, str) and not content.strip() else content


_Names = Annotated[list[str] | None, BeforeValidator(_as_list)]
_Text = Annotated[str | None, BeforeValidator(_blank_is_none)]

Clusters = Annotated[_Names, Field(description="contexts or globs (prod-*); default: all")]
ApiVersion = Annotated[
    _Text,
    Field(
        description="only if kind is ambiguous",
        validation_alias=AliasChoices("apiVersion", "api_version"),
    ),
]
Kind = Annotated[_Text, Field(description="kind, plural or short name")]
Name = Annotated[_Text, Field()]
Namespace = Annotated[_Text, Field(description="default: all")]
Selector = Annotated[_Text, Field(description="label selector, as in kubectl")]
Fields = Annotated[
    _Names, Field(description="paths to show instead of whole objects: spec.suspend, {.status.conditions}")
]
Limit = Annotated[int, Field(ge=1, le=500)]
MaxAge = Annotated[float | None, Field(gt=0, description="fail if data is older, seconds")]
