"""What an API server serves: its types in the versions it prefers, and what could not be found out.

Aggregated discovery (KEP-3352, two requests) where the server has it, else one request per group version. A
group that cannot be read spoils only itself: it is named, and keeping what was known of it is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import anyio
import msgspec

from mirror.errors import (
    CredentialsError,
    MirrorError,
    NotFoundError,
    ProtocolError,
    UnauthorizedError,
)
from mirror.keys import METRICS_GROUP, GroupKind, Resource, parse_api_version
from mirror.kube.client import Client
from mirror.kube.discovery_documents import (
    AGGREGATED,
    Root,
    aggregated_resources,
    decode_document,
    group_versions,
    plain_resources,
)

__all__ = ["Discovery", "discover", "server_version"]

_ACCEPT = ",".join(
    [
        # The parameters must come in this order.
        f"application/json;g=apidiscovery.k8s.io;v=v2;as={AGGREGATED}",
        f"application/json;g=apidiscovery.k8s.io;v=v2beta1;as={AGGREGATED}",
        "application/json",
    ]
)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one server could list and watch when it was asked; of metrics, what it could list.

    resources: one per group and kind, in the version the server prefers among those that can be watched.
    versions: all versions that serve such a kind, the preferred first.
    errors: what could not be read, by `group/version`, with the reason.
    """

    resources: tuple[Resource, ...]
    versions: Mapping[GroupKind, tuple[str, ...]]
    errors: Mapping[str, str]

    @property
    def stale_groups(self) -> frozenset[str]:
        """Groups of which at least one version could not be read; a kind's absence there means nothing."""
        return frozenset(parse_api_version(name)[0] for name in self.errors)

    def keeping(self, before: Discovery) -> Discovery:
        """The same, with what was known of the groups that could not be read now."""
        stale = self.stale_groups
        kept = [r for r in before.resources if r.group in stale and r.group_kind not in self.versions]
        versions = {**self.versions, **{kind: before.versions[kind] for kind in (r.group_kind for r in kept)}}
        return replace(self, resources=(*self.resources, *kept), versions=MappingProxyType(versions))

    def find(self, group: str, kind: str) -> Resource | None:
        """The type of that group and kind; None when it is not served, or could not be read."""
        return next((found for found in self.resources if found.group_kind == (group, kind)), None)


async def discover(client: Client) -> Discovery:
    """Asks the server. Raises what Client.get raises when the server as a whole cannot be read."""
    errors: dict[str, str] = {}
    found: list[Resource] = []
    for path in ("/api", "/apis"):
        try:
            body = (await client.get(path, accept=_ACCEPT)).body
        except NotFoundError:
            if path == "/apis":
                raise
            continue  # servers without the core group exist (kcp, aggregated APIs on their own)
        root = decode_document(body, Root, where=_where(client, path))
        if root.kind == AGGREGATED:
            found += aggregated_resources(root, errors)
        elif root.kind in ("APIVersions", "APIGroupList"):
            found += await _one_by_one(client, list(group_versions(root)), errors)
        else:
            raise ProtocolError(f"discovery answered with kind {root.kind!r}", where=_where(client, path))
    return _assemble(found, errors)


async def server_version(client: Client) -> str:
    """The server's `gitVersion`, such as `v1.35.4`. Raises what Client.get raises, and ProtocolError."""
    where = _where(client, "/version")
    version = decode_document((await client.get("/version")).body, _Version, where=where).git_version
    if not version:
        raise ProtocolError("no gitVersion in the answer", where=where)
    return version


class _Version(msgspec.Struct, rename="camel"):
    git_version: str = ""


async def _one_by_one(client: Client, api_versions: list[str], errors: dict[str, str]) -> list[Resource]:
    found: dict[str, list[Resource]] = {}
    fatal: list[MirrorError] = []

    async def read(api_version: str) -> None:
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            body = (await client.get(path)).body
            found[api_version] = plain_resources(body, api_version, where=_where(client, path))
        except (CredentialsError, UnauthorizedError) as error:
            fatal.append(error)
        except MirrorError as error:
            errors[api_version] = str(error)

    async with anyio.create_task_group() as readers:
        for api_version in api_versions:
            readers.start_soon(read, api_version)
    if fatal:
        raise fatal[0]
    return [resource for api_version in api_versions for resource in found.get(api_version, ())]


def _assemble(found: Iterable[Resource], errors: dict[str, str]) -> Discovery:
    chosen: dict[GroupKind, Resource] = {}
    versions: dict[GroupKind, dict[str, None]] = {}
    for resource in found:
        followed = resource.watchable or resource.group == METRICS_GROUP
        if resource.kind and "list" in resource.verbs and followed:
            chosen.setdefault(resource.group_kind, resource)
            versions.setdefault(resource.group_kind, {})[resource.version] = None
    return Discovery(
        resources=tuple(chosen.values()),
        versions=MappingProxyType({kind: tuple(served) for kind, served in versions.items()}),
        errors=MappingProxyType(errors),
    )


def _where(client: Client, path: str) -> str:
    return f"context {client.access.context}, GET {path}"
