"""What the mirror keeps of an object: the value that a reflector hands to the store."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from mirror.keys import ObjectKey

__all__ = ["PROJECTION", "EventRecord", "Health", "Mention", "Record", "Reference", "Relation"]

PROJECTION = "3"
"""The revision of the code that makes Records of objects: redaction, health, references, what is kept.

Raise it with every change of what that code says about an object that has not changed itself: a mirror then
writes every row anew instead of going on from what a former version has stored (store/projection.py).
"""


class Health(StrEnum):
    """One word for the state of an object; how it is found: mirror/flux/health.py."""

    READY = "Ready"
    FAILED = "Failed"
    PROGRESSING = "Progressing"
    """Works towards its state, or waits for somebody else; not itself broken."""
    SUSPENDED = "Suspended"
    UNKNOWN = "Unknown"
    """Nothing can be said: no status yet, or a kind whose status means nothing to us."""


class Relation(StrEnum):
    """Why an edge exists. An edge leads from the object that carries the field to the object it names.

    Derived edges are those that no single object states; questions find them (query/derived).
    """

    SOURCE = "source"
    """Takes an artifact or chart from it."""
    DEPENDS = "depends"
    """dependsOn: waits until it is ready."""
    CONFIG = "config"
    """Reads a ConfigMap or Secret: values, variables, credentials, volumes, environment."""
    IDENTITY = "identity"
    """Acts as a ServiceAccount, or with the kubeconfig or decryption key in a Secret."""
    GENERATES = "generates"
    """Creates it and then depends on it (HelmRelease → HelmChart)."""
    MANAGES = "manages"
    """Lists it in its inventory: applied it and would delete it."""
    HEALTH = "health"
    """Waits for its health (wait, healthChecks): the child can break the parent."""
    OWNER = "owner"
    """ownerReference: the object was created by it; a broken Pod breaks its ReplicaSet."""
    VOLUME = "volume"
    """Mounts a PersistentVolumeClaim."""
    NOTIFY = "notify"
    """Only observes it; never a path to a cause."""
    TRIGGER = "trigger"
    """Only asks it to reconcile; never a path to a cause."""
    LIMIT = "limit"
    """A ResourceQuota or LimitRange of its namespace may refuse what it creates. Only derived."""
    DEFINITION = "definition"
    """Its kind is served because of that CustomResourceDefinition. Only derived."""
    ROUTES = "routes"
    """A Service sends its callers to that Pod. Only derived."""


class Reference(NamedTuple):
    """An edge before it has row ids: the target may or may not exist, always in the same cluster.

    field: dotted path of the field that names the target, with list positions: `spec.valuesFrom[0]`.
    optional: the referrer works without the target (`optional: true`).
    """

    relation: Relation
    field: str
    target: ObjectKey
    optional: bool = False


class Mention(NamedTuple):
    """Something named that is no object. field: `image` or `chart`."""

    field: str
    text: str


class Record(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One object, redacted and judged, ready to be stored.

    body: compact JSON of the object (apiVersion and kind included) after redaction, without
        managedFields and last-applied annotations; for metadata-only kinds without spec and data.
    since: when the present health and reason began, wall seconds; None when nothing says so.
    revision: what an applier last applied, or what a source holds as its artifact; "" for others.
    digest: of what the object says (mirror/flux/content.py): equal digests, equal content; None: not known.
    resource_version: as the server sent it; only comparable within one scope.
    """

    key: ObjectKey
    version: str
    uid: str
    resource_version: str
    generation: int = 0
    observed_generation: int | None = None
    created_at: float | None = None
    health: Health = Health.UNKNOWN
    reason: str = ""
    message: str = ""
    since: float | None = None
    revision: str = ""
    labels: dict[str, str] = {}
    references: tuple[Reference, ...] = ()
    mentions: tuple[Mention, ...] = ()
    digest: int | None = None
    body: bytes = b"{}"


class EventRecord(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One core/v1 Event, redacted. Times are wall seconds.

    last_at: series.lastObservedTime, else lastTimestamp, else eventTime, else creationTimestamp.
    """

    uid: str
    namespace: str
    name: str
    resource_version: str
    involved: ObjectKey
    involved_uid: str = ""
    type: str = "Normal"
    reason: str = ""
    message: str = ""
    component: str = ""
    count: int = 1
    first_at: float = 0.0
    last_at: float = 0.0
