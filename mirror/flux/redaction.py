"""Redaction: nothing secret gets past here. Runs on every object before anything else sees it.

What is hidden: bodies of Secrets wherever they are embedded; values under secret-looking names
(inline Helm values, substitutions, environment, ConfigMap keys, annotations, custom resources);
secrets with a recognisable shape in any string (URLs with user and password, private keys, tokens,
`--password=...`); and the few fields of Flux that are secret without looking like it. In their
place stands a keyed fingerprint, so that "equal or different" can still be answered.

What cannot be found: a secret without a recognisable shape under a name that does not say so. Names
of objects, labels and selectors are left alone: every reader of the cluster sees them, and selectors
must go on matching.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from mirror.flux.fields import group_kind, mapping, metadata, text
from mirror.flux.kinds import NOTIFICATION_GROUP
from mirror.flux.masking import Masker
from mirror.flux.secret_text import redact_prose
from mirror.flux.secret_tree import redact_tree
from mirror.keys import GroupKind

__all__ = ["Redactor"]

_COPIES_OF_SPEC: Final = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "kapp.k14s.io/original",
        "objectset.rio.cattle.io/applied",
    }
)
_KEPT_OF_SECRETS: Final = ("apiVersion", "kind", "type", "immutable")
_SECRET: Final = GroupKind("", "Secret")
_CONFIG_MAP: Final = GroupKind("", "ConfigMap")
_ALERT: Final = GroupKind(NOTIFICATION_GROUP, "Alert")
_PROVIDER: Final = GroupKind(NOTIFICATION_GROUP, "Provider")
_RECEIVER: Final = GroupKind(NOTIFICATION_GROUP, "Receiver")
_WITHOUT_SECRETS: Final = frozenset(
    {
        GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"),
        GroupKind("rbac.authorization.k8s.io", "Role"),
        GroupKind("rbac.authorization.k8s.io", "ClusterRole"),
        GroupKind("rbac.authorization.k8s.io", "RoleBinding"),
        GroupKind("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        GroupKind("", "ResourceQuota"),
        GroupKind("", "LimitRange"),
    }
)
"""Schemas, rules and quotas: their keys and strings name fields and resources (`secrets: "10"`)."""

_HARMLESS_METADATA: Final = frozenset(
    {"app", "cluster", "env", "environment", "region", "stage", "summary", "team", "tenant", "zone"}
)
"""Keys of an Alert's eventMetadata that stay readable; any other may be a key to the paging service."""

_ADDRESS: Final = re.compile(r"([A-Za-z][\w+.-]*://[^/?#\s]*[/?#]?)(.*)", re.DOTALL)


class Redactor:
    """Masks secrets with fingerprints under one key (see masking.py).

    Safe to share between threads. Redacting what is redacted already changes nothing.
    """

    def __init__(self, key: bytes) -> None:
        """key: random bytes that stay with the store. Raises ValueError for an empty key."""
        self._masker = Masker(key)

    def fingerprint(self, value: str) -> str:
        """What stands for the value: equal for equal values, and nothing can be read from it."""
        return self._masker.mask(value)

    def redact_text(self, message: str) -> str:
        """A message of a controller or an event, without the secrets it may quote."""
        return redact_prose(message, self._masker.mask)

    def redact(self, obj: dict[str, Any]) -> dict[str, Any]:
        """The object without secrets, managedFields and copies of its spec in annotations.

        The argument is not changed; parts without secrets are shared with the result. Of a Secret only
        type and metadata are left, and so of an object that does not say its kind.
        """
        kind = group_kind(obj)
        meta = self._redact_metadata(metadata(obj))
        if kind == _SECRET or not kind.kind:
            return {**{key: obj[key] for key in _KEPT_OF_SECRETS if key in obj}, "metadata": meta}
        if kind in _WITHOUT_SECRETS:
            return {**obj, "metadata": meta}
        body = {key: value for key, value in obj.items() if key != "metadata"}
        body = redact_tree(self._redact_kind(body, kind), self._masker, read_all=kind == _CONFIG_MAP)
        return {**body, "metadata": meta}

    def _redact_metadata(self, meta: dict[str, Any]) -> dict[str, Any]:
        clean = {key: value for key, value in meta.items() if key != "managedFields"}
        annotations = mapping(meta.get("annotations"))
        if annotations:
            kept = {key: value for key, value in annotations.items() if key not in _COPIES_OF_SPEC}
            clean["annotations"] = redact_tree(kept, self._masker)
        return clean

    def _redact_kind(self, body: dict[str, Any], kind: GroupKind) -> dict[str, Any]:
        """The fields that are secret without looking like it."""
        if kind == _PROVIDER:
            return _change(body, "spec", "address", self._mask_address)
        if kind == _RECEIVER:
            return _change(body, "status", "webhookPath", self._masker.mask_all)
        if kind == _ALERT:
            return _change(body, "spec", "eventMetadata", self._mask_event_metadata)
        if kind == _CONFIG_MAP and "binaryData" in body:
            return {**body, "binaryData": self._masker.mask_all(body["binaryData"])}
        return body

    def _mask_address(self, address: object) -> Any:
        """Scheme and host stay; the path of a chat service is its password."""
        match = _ADDRESS.fullmatch(text(address))
        return f"{match[1]}{self._masker.mask(match[2])}" if match else self._masker.mask_all(address)

    def _mask_event_metadata(self, extra: object) -> Any:
        return {
            key: value if key in _HARMLESS_METADATA else self._masker.mask_all(value)
            for key, value in mapping(extra).items()
        }


def _change(body: dict[str, Any], part: str, field: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    """The object with one field of its spec or status changed, if it has that field."""
    fields = mapping(body.get(part))
    return {**body, part: {**fields, field: change(fields[field])}} if field in fields else body
