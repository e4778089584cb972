"""SelfSubjectRulesReview and SelfSubjectAccessReview: who asks hears what the rules of Access say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp import web

from mirror.testing.access import Access
from mirror.testing.failures import bad_request, not_served
from mirror.testing.kinds import Kind
from mirror.testing.objects import JSON
from mirror.testing.rendering import dumps
from mirror.testing.requests import RequestInfo
from mirror.testing.wire import json_response

__all__ = ["GROUP", "answer_review"]

GROUP = "authorization.k8s.io"


async def answer_review(
    access: Access, kinds: Iterable[Kind], info: RequestInfo, request: web.BaseRequest, *, incomplete: bool
) -> web.Response:
    """incomplete: as where an authorizer cannot list its rules: none is told, and that some may be missing.

    Raises StatusError 400 and 404.
    """
    try:
        review = msgspec.json.decode(await request.read(), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise bad_request(f"the object provided is not valid JSON: {error}") from None
    user = info.impersonated or info.user
    spec = review.get("spec") or {}
    if info.plural == "selfsubjectrulesreviews":
        rules = [] if incomplete else _rules(access, kinds, user, spec.get("namespace", ""))
        status: JSON = {"resourceRules": rules, "nonResourceRules": [], "incomplete": incomplete}
    elif info.plural == "selfsubjectaccessreviews":
        status = {"allowed": _allowed(access, user, spec.get("resourceAttributes") or {})}
    else:
        raise not_served()
    return json_response(dumps(review | {"status": status}) + b"\n", status=201)


def _rules(access: Access, kinds: Iterable[Kind], user: str, namespace: str) -> list[JSON]:
    rules = []
    for kind in kinds:
        verbs = sorted(
            verb
            for verb in kind.verbs
            if access.allows(user, verb, kind.group, kind.plural, namespace if kind.namespaced else "")
        )
        if verbs:
            rules.append({"verbs": verbs, "apiGroups": [kind.group], "resources": [kind.plural]})
    return rules


def _allowed(access: Access, user: str, asked: JSON) -> bool:
    fields = (asked.get(name, "") for name in ("verb", "group", "resource", "namespace"))
    return access.allows(user, *fields)
