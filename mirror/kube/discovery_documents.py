"""The documents of discovery, as servers write them, and the Resources in them. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from mirror.errors import ProtocolError
from mirror.keys import Resource, parse_api_version

__all__ = [
    "AGGREGATED",
    "Root",
    "aggregated_resources",
    "decode_document",
    "group_versions",
    "plain_resources",
]

AGGREGATED = "APIGroupDiscoveryList"


class _Kind(msgspec.Struct):
    kind: str = ""


class _AggregatedResource(msgspec.Struct, rename="camel"):
    resource: str
    response_kind: _Kind | None = None
    scope: str = ""
    singular_resource: str = ""
    verbs: list[str] = []
    short_names: list[str] | None = None


class _AggregatedVersion(msgspec.Struct):
    version: str
    resources: list[_AggregatedResource] | None = None
    freshness: str = "Current"


class _Name(msgspec.Struct):
    name: str = ""


class _AggregatedGroup(msgspec.Struct):
    metadata: _Name = msgspec.field(default_factory=_Name)
    versions: list[_AggregatedVersion] | None = None


class _GroupVersion(msgspec.Struct, rename="camel"):
    group_version: str


class _Group(msgspec.Struct, rename="camel"):
    versions: list[_GroupVersion] | None = None
    preferred_version: _GroupVersion | None = None


class Root(msgspec.Struct):
    """/api and /apis in all three shapes: APIGroupDiscoveryList, APIVersions, APIGroupList."""

    kind: str = ""
    items: list[_AggregatedGroup] | None = None
    versions: list[str] | None = None
    groups: list[_Group] | None = None


class _PlainResource(msgspec.Struct, rename="camel"):
    name: str
    kind: str = ""
    namespaced: bool = False
    singular_name: str = ""
    verbs: list[str] | None = None
    short_names: list[str] | None = None


class _ResourceList(msgspec.Struct):
    kind: str = ""
    resources: list[_PlainResource] | None = None


_T = TypeVar("_T")


def decode_document(body: bytes, shape: type[_T], *, where: str) -> _T:
    """The body as that shape; ProtocolError when it is something else."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError(f"not what was asked for: {error}", where=where) from error


def aggregated_resources(root: Root, errors: dict[str, str]) -> Iterator[Resource]:
    """All resources of an APIGroupDiscoveryList; group versions that are stale go into `errors` instead."""
    for group in root.items or ():
        name = group.metadata.name
        for version in group.versions or ():
            if version.freshness != "Current":
                api_version = f"{name}/{version.version}" if name else version.version
                errors[api_version] = f"the server's own knowledge is {version.freshness.lower()}"
                continue
            for entry in version.resources or ():
                yield Resource(
                    group=name,
                    version=version.version,
                    kind=entry.response_kind.kind if entry.response_kind else "",
                    plural=entry.resource,
                    namespaced=entry.scope == "Namespaced",
                    singular=entry.singular_resource,
                    short_names=tuple(entry.short_names or ()),
                    verbs=frozenset(entry.verbs),
                )


def group_versions(root: Root) -> Iterator[str]:
    """All apiVersions of APIVersions or an APIGroupList, each group's preferred one first."""
    yield from root.versions or ()
    for group in root.groups or ():
        preferred = [group.preferred_version.group_version] if group.preferred_version else []
        yield from dict.fromkeys(preferred + [served.group_version for served in group.versions or ()])


def plain_resources(body: bytes, api_version: str, *, where: str) -> list[Resource]:
    """The resources of an APIResourceList, subresources left out. Raises ProtocolError."""
    document = decode_document(body, _ResourceList, where=where)
    if document.kind != "APIResourceList":
        raise ProtocolError(f"discovery answered with kind {document.kind!r}", where=where)
    group, version = parse_api_version(api_version)
    return [
        Resource(
            group=group,
            version=version,
            kind=entry.kind,
            plural=entry.name,
            namespaced=entry.namespaced,
            singular=entry.singular_name,
            short_names=tuple(entry.short_names or ()),
            verbs=frozenset(entry.verbs or ()),
        )
        for entry in document.resources or ()
        if "/" not in entry.name  # `pods/status`
    ]
