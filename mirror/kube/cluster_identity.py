"""Which cluster answers: what tells it from others, and from a rebuilt one behind the same address."""

from __future__ import annotations

import hashlib

import msgspec

from mirror.errors import ForbiddenError, NotFoundError
from mirror.kube.client import Client
from mirror.kube.discovery_documents import decode_document

__all__ = ["cluster_identity"]


async def cluster_identity(client: Client) -> str:
    """The uid of the Namespace kube-system; where that may not be read, of the Namespace default, as
    `default:UID`; else `address:DIGEST` of the certificate authority and the URL; "" without an authority.

    Compare with keys.is_another_cluster(). Raises what Client.get raises, but for 403 and 404.
    """
    if uid := await _namespace_uid(client, "kube-system"):
        return uid
    if uid := await _namespace_uid(client, "default"):
        return f"default:{uid}"
    access = client.access
    if not access.ca_data:
        return ""
    digest = hashlib.sha256(access.server.encode() + b"\0" + access.ca_data).hexdigest()
    return f"address:{digest[:32]}"


class _Uid(msgspec.Struct):
    uid: str = ""


class _Namespace(msgspec.Struct):
    metadata: _Uid = msgspec.field(default_factory=_Uid)


async def _namespace_uid(client: Client, name: str) -> str:
    path = f"/api/v1/namespaces/{name}"
    try:
        body = (await client.get(path)).body
    except (ForbiddenError, NotFoundError):
        return ""
    where = f"context {client.access.context}, GET {path}"
    return decode_document(body, _Namespace, where=where).metadata.uid
