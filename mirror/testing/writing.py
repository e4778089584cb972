"""POST, PUT, PATCH and DELETE with the checks a request meets before it reaches storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mirror.testing.cluster import FakeCluster
from mirror.testing.etcd import Collection
from mirror.testing.failures import (
    bad_request,
    conflict,
    invalid,
    method_not_allowed,
    not_found,
    unsupported_media_type,
)
from mirror.testing.kinds import Kind
from mirror.testing.objects import JSON, Stored, decode, merge, updated
from mirror.testing.requests import RequestInfo

__all__ = ["write"]

_MERGE = "application/merge-patch+json"


def write(cluster: FakeCluster, collection: Collection, info: RequestInfo, body: bytes) -> tuple[int, JSON]:
    """Carry out one write request; (HTTP status, answer as JSON data in the requested version).

    Patches are JSON merge patches only; server-side apply, strategic merge and JSON patch get 415.
    Raises StatusError 400, 404, 405, 409, 415, 422.
    """
    dry_run = _dry_run(info)
    _check_content_type(info)
    if info.verb == "create":
        return 201, _create(cluster, collection, info, _object(body), dry_run)
    stored = _stored(collection, info)
    if info.verb == "delete":
        return 200, _delete(cluster, collection, info, stored, body, dry_run)
    if info.subresource not in ("", "status") or (info.subresource and not collection.kind.status):
        raise not_found(collection.kind.group, collection.kind.plural, info.name)
    old = decode(collection.kind, stored, info.version)
    wanted = _object(body) if info.verb == "update" else merge(old, _object(body))
    _check_identity(collection.kind, info, wanted)
    _check_version(collection.kind, info, stored, wanted)
    new = _only_status(old, wanted) if info.subresource else _without_status(collection.kind, old, wanted)
    if dry_run:
        return 200, updated(collection.kind, old, new)
    written = cluster.registry.write(collection, stored, new)
    return 200, written | {"apiVersion": collection.kind.api_version(info.version)}


def _check_content_type(info: RequestInfo) -> None:
    if info.verb == "delete":
        return
    accepted = (_MERGE,) if info.verb == "patch" else ("application/json", "")
    if info.headers.get("Content-Type", "").partition(";")[0].strip() not in accepted:
        raise unsupported_media_type(accepted[0])


def _dry_run(info: RequestInfo) -> bool:
    asked = info.query.get("dryRun")
    if asked not in (None, "", "All"):
        text = f'Unsupported value: "{asked}": supported values: "All"'
        raise invalid("PatchOptions", "meta.k8s.io", "", [("dryRun", "FieldValueNotSupported", text)])
    return asked == "All"


def _object(body: bytes) -> JSON:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise bad_request(f"the object provided is not valid JSON: {error}") from None


def _stored(collection: Collection, info: RequestInfo) -> Stored:
    if not info.name:
        raise method_not_allowed()
    stored = collection.objects.get(collection.kind.key(info.namespace, info.name))
    if stored is None:
        raise not_found(collection.kind.group, collection.kind.plural, info.name)
    return stored


def _create(
    cluster: FakeCluster, collection: Collection, info: RequestInfo, obj: JSON, dry_run: bool
) -> JSON:
    kind = collection.kind
    if info.name or (kind.namespaced and not info.namespace):
        raise method_not_allowed()
    metadata = dict(obj.get("metadata") or {})
    if metadata.get("resourceVersion"):
        raise bad_request("resourceVersion should not be set on objects to be created")
    for field in ("uid", "creationTimestamp", "generation", "deletionTimestamp"):
        metadata.pop(field, None)
    if kind.namespaced:
        metadata.setdefault("namespace", info.namespace)
    if not metadata.get("name"):
        metadata["name"] = _generated(cluster, kind, metadata)
    obj = {**obj, "metadata": metadata}
    if kind.status:
        obj.pop("status", None)
    _check_identity(kind, info, obj)
    if kind.namespaced and info.namespace not in cluster.registry.collection("", "Namespace").objects:
        raise not_found("", "namespaces", info.namespace)
    if dry_run:
        return cluster.registry.prepare(collection, obj)
    created = cluster.registry.create(collection, obj)
    return created | {"apiVersion": kind.api_version(info.version)}


def _generated(cluster: FakeCluster, kind: Kind, metadata: Mapping[str, Any]) -> str:
    prefix = metadata.get("generateName")
    if not prefix:
        cause = ("metadata.name", "FieldValueRequired", "Required value: name or generateName is required")
        raise invalid(kind.kind, kind.group, "", [cause])
    return f"{prefix}{cluster.rv:05x}"


def _delete(
    cluster: FakeCluster,
    collection: Collection,
    info: RequestInfo,
    stored: Stored,
    body: bytes,
    dry_run: bool,
) -> JSON:
    kind = collection.kind
    if info.subresource:
        raise method_not_allowed()
    wanted = (_object(body) if body else {}).get("preconditions") or {}
    for field, present in (("uid", stored.uid), ("resourceVersion", str(stored.rv))):
        if wanted.get(field) not in (None, present):
            text = f"{field} in precondition: {wanted[field]}, {field} in object meta: {present}"
            raise conflict(kind.group, kind.plural, stored.name, f"Precondition failed: {text}")
    obj = decode(kind, stored, info.version)
    if obj["metadata"].get("finalizers"):
        return obj if dry_run else _mark_deleted(cluster, collection, stored, obj)
    if not dry_run:
        cluster.registry.remove(collection, stored)
    details = {"name": stored.name, "group": kind.group, "kind": kind.plural, "uid": stored.uid}
    shown = {key: value for key, value in details.items() if value}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": shown}


def _mark_deleted(cluster: FakeCluster, collection: Collection, stored: Stored, obj: JSON) -> JSON:
    """Finalizers hold the object: it is only marked, and goes when the last one is removed."""
    metadata = obj["metadata"]
    if "deletionTimestamp" in metadata:
        return obj
    marked = metadata | {"deletionTimestamp": cluster.registry.now(), "deletionGracePeriodSeconds": 0}
    if "generation" in metadata:
        marked["generation"] = metadata["generation"] + 1
    written = cluster.etcd.replace(collection, stored, {**obj, "metadata": marked})
    return decode(collection.kind, written)


def _check_identity(kind: Kind, info: RequestInfo, obj: JSON) -> None:
    """The object must be what the URL names."""
    api_version = kind.api_version(info.version)
    if obj.get("apiVersion") != api_version:
        found = obj.get("apiVersion", "")
        raise bad_request(
            f"the API version in the data ({found}) does not match the expected API version ({api_version})"
        )
    if obj.get("kind") != kind.kind:
        raise bad_request(f'{obj.get("kind")} in version "{info.version}" cannot be handled as a {kind.kind}')
    metadata = obj.get("metadata") or {}
    if info.name and metadata.get("name") != info.name:
        found = metadata.get("name", "")
        raise bad_request(
            f"the name of the object ({found}) does not match the name on the URL ({info.name})"
        )
    if kind.namespaced and metadata.get("namespace", info.namespace) != info.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def _check_version(kind: Kind, info: RequestInfo, stored: Stored, wanted: JSON) -> None:
    metadata = wanted["metadata"]
    if kind.namespaced:
        metadata.setdefault("namespace", info.namespace)
    if metadata.get("uid") not in (None, "", stored.uid):
        text = f"UID in precondition: {metadata['uid']}, UID in object meta: {stored.uid}"
        raise conflict(kind.group, kind.plural, stored.name, f"Precondition failed: {text}")
    seen = metadata.get("resourceVersion")
    if not seen and kind.custom and info.verb == "update":
        cause = (
            "metadata.resourceVersion",
            "FieldValueInvalid",
            "Invalid value: 0: must be specified for an update",
        )
        raise invalid(kind.plural, kind.group, stored.name, [cause])
    if seen and seen != str(stored.rv):
        raise conflict(kind.group, kind.plural, stored.name)


def _only_status(old: JSON, wanted: JSON) -> JSON:
    """A write of the status subresource changes nothing else."""
    kept = {key: value for key, value in old.items() if key != "status"}
    return kept | ({"status": wanted["status"]} if "status" in wanted else {})


def _without_status(kind: Kind, old: JSON, wanted: JSON) -> JSON:
    """A write of the object leaves the status alone when the status is a subresource."""
    if not kind.status:
        return wanted
    kept = {key: value for key, value in wanted.items() if key != "status"}
    return kept | ({"status": old["status"]} if "status" in old else {})
