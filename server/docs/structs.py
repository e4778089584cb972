"""Structured content in words: the fields of an answer and of everything that it contains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from server.docs.markdown import prose, table

__all__ = ["describe", "reachable"]


def reachable(structs: Sequence[type[msgspec.Struct]]) -> Iterator[type[msgspec.Struct]]:
    """These structs and all that their fields mention, each once, in the order of mention."""
    seen: dict[type[msgspec.Struct], None] = {}
    waiting = list(structs)
    while waiting:
        struct = waiting.pop(0)
        if struct not in seen:
            seen[struct] = None
            waiting += [
                mentioned
                for field in msgspec.structs.fields(struct)
                for mentioned in _mentioned(msgspec.inspect.type_info(field.type))
            ]
    return iter(seen)


def describe(struct: type[msgspec.Struct]) -> str:
    """A heading, the docstring, a table of the fields."""
    rows = [
        (f"`{field.encode_name}`", _type(msgspec.inspect.type_info(field.type)))
        for field in msgspec.structs.fields(struct)
    ]
    text = prose(struct.__doc__)
    about = [f"{text}\n"] if text else []
    return "\n".join([f"## {struct.__name__}\n", *about, *table(("field", "type"), rows), ""])


def _mentioned(found: msgspec.inspect.Type) -> Iterator[type[msgspec.Struct]]:
    match found:
        case msgspec.inspect.StructType(cls=struct):
            yield struct
        case msgspec.inspect.VarTupleType(item_type=item):
            yield from _mentioned(item)
        case msgspec.inspect.UnionType(types=types):
            for each in types:
                yield from _mentioned(each)


def _type(found: msgspec.inspect.Type) -> str:
    match found:
        case msgspec.inspect.StructType(cls=struct):
            return f"[{struct.__name__}](#{struct.__name__.lower()})"
        case msgspec.inspect.VarTupleType(item_type=item):
            return f"list of {_type(item)}"
        case msgspec.inspect.UnionType(types=types):
            return " or ".join(_type(each) for each in types)
        case msgspec.inspect.DictType():
            return "object"
    names = {"StrType": "string", "IntType": "integer", "FloatType": "number", "BoolType": "boolean"}
    name = type(found).__name__
    return names.get(name, name.removesuffix("Type").lower())
