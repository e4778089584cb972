"""The arguments that tools share: their types, their one-line descriptions, and a little forgiveness."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

__all__ = [
    "ApiVersion",
    "Clusters",
    "CursorText",
    "Fields",
    "Kind",
    "Limit",
    "MaxAge",
    "MaxTokens",
    "Name",
    "Namespace",
    "Selector",
    "Since",
    "Text",
]


def _as_list(content: Any) -> Any:
    """Models often send one name where a list is asked for."""
    if isinstance(content, str):
        content = [part.strip() for part in content.split(",") if part.strip()]
    return None if content == [] else content


def _blank_is_none(content: Any) -> Any:
    """Models often send "" for what they do not want to say."""
    return None if isinstance(content, str) and not content.strip() else content


_Names = Annotated[list[str] | None, BeforeValidator(_as_list)]
Text = Annotated[str | None, BeforeValidator(_blank_is_none)]
"""Text that may be left out, or be blank."""

Clusters = Annotated[_Names, Field(description="names or globs, prod-*")]
ApiVersion = Annotated[
    Text,
    Field(
        description="if kind is ambiguous",
        validation_alias=AliasChoices("apiVersion", "api_version"),
    ),
]
Kind = Annotated[Text, Field(description="kind, plural or short name")]
Name = Annotated[Text, Field()]
Namespace = Annotated[Text, Field()]
Selector = Annotated[Text, Field(description="of labels, as in kubectl")]
Fields = Annotated[_Names, Field(description="paths instead of whole objects: spec.suspend; history")]
Limit = Annotated[int, Field(ge=0, le=100_000)]
"""Items of one answer; 0 means all, as other servers understand it, within the budget."""
Since = Annotated[Text, Field(description="2h, 3d or a time")]
CursorText = Annotated[Text, Field()]
"""`omitted.cursor` of the page before; what it is, the server's instructions say once for all tools."""
MaxTokens = Annotated[int, Field(ge=200, le=100_000)]
"""Size of the answer's text."""
MaxAge = Annotated[float | None, Field(gt=0, description="seconds")]
