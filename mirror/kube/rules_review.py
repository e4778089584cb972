"""What we may read in one namespace, as the server tells us itself (SelfSubjectRulesReview)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from mirror.errors import ForbiddenError, NotFoundError, ProtocolError
from mirror.keys import Resource
from mirror.kube.client import Client
from mirror.kube.discovery_documents import decode_document

__all__ = ["Rights", "review_rights"]

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


class _Rule(msgspec.Struct, rename="camel"):
    verbs: list[str] = []
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None

    def allows(self, verb: str, resource: Resource) -> bool:
        """A rule for some names only allows no list of all."""
        return (
            not self.resource_names
            and _fits(verb, self.verbs)
            and _fits(resource.group, self.api_groups or ())
            and _fits(resource.plural, self.resources or ())
        )


@dataclass(frozen=True, slots=True)
class Rights:
    """The rules that hold for us in a namespace.

    complete: what no rule allows is forbidden. Otherwise nobody knows: authorizers other than RBAC (webhooks,
    those of clouds) cannot say what they would allow.
    """

    rules: tuple[_Rule, ...]
    complete: bool

    def may_list(self, resource: Resource) -> bool | None:
        """Whether the type can be listed there; None when only a try can tell. Where it may not be watched
        too, it can still be polled."""
        if any(rule.allows("list", resource) for rule in self.rules):
            return True
        return False if self.complete else None


class _Status(msgspec.Struct, rename="camel"):
    resource_rules: list[_Rule] | None = None
    incomplete: bool = False


class _Review(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


async def review_rights(client: Client, namespace: str) -> Rights:
    """Ask the server. A server that does not answer such questions leaves everything open.

    Raises what Client.ask raises otherwise.
    """
    question = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    try:
        body = await client.ask(_PATH, question)
        where = f"context {client.access.context}, POST {_PATH}"
        status = decode_document(body, _Review, where=where).status
    except (ForbiddenError, NotFoundError, ProtocolError):
        return Rights((), complete=False)
    return Rights(tuple(status.resource_rules or ()), complete=not status.incomplete)


def _fits(wanted: str, allowed: list[str] | tuple[str, ...]) -> bool:
    return wanted in allowed or "*" in allowed
