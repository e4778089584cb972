"""The failures of an API server: metav1.Status answers with the sentences real servers use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mirror.errors import ApiError

__all__ = [
    "StatusError",
    "already_exists",
    "bad_request",
    "conflict",
    "expired",
    "forbidden",
    "invalid",
    "invalid_options",
    "method_not_allowed",
    "not_acceptable",
    "not_found",
    "not_served",
    "too_large",
    "unauthorized",
    "unavailable",
    "unsupported_media_type",
]


class StatusError(ApiError):
    """A failure that is answered as a metav1.Status.

    details: `Status.details`; its retryAfterSeconds also becomes the Retry-After header.
    continue_token: `Status.metadata.continue`, set only for an expired continue token.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        continue_token: str = "",
    ) -> None:
        super().__init__(message, status=status, reason=reason)
        self.details = dict(details or {})
        self.continue_token = continue_token

    def body(self) -> dict[str, Any]:
        """The Status object, as JSON data."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.continue_token} if self.continue_token else {},
            "status": "Failure",
            "message": self.what,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details:
            body["details"] = self.details
        return body | {"code": self.status}


def _resource(group: str, plural: str) -> str:
    return f"{plural}.{group}" if group else plural


def _details(group: str, plural: str, name: str) -> dict[str, Any]:
    details = {"name": name, "group": group, "kind": plural}
    return {key: value for key, value in details.items() if value}


def bad_request(message: str) -> StatusError:
    return StatusError(400, "BadRequest", message)


def unauthorized() -> StatusError:
    return StatusError(401, "Unauthorized", "Unauthorized")


def forbidden(
    user: str,
    verb: str,
    group: str,
    plural: str,
    *,
    namespace: str = "",
    name: str = "",
    subresource: str = "",
) -> StatusError:
    """403 in the words of the RBAC authorizer."""
    place = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    target = f"{plural}/{subresource}" if subresource else plural
    named = f' "{name}"' if name else ""
    sentence = f'User "{user}" cannot {verb} resource "{target}" in API group "{group}" {place}'
    message = f"{_resource(group, plural)}{named} is forbidden: {sentence}"
    return StatusError(403, "Forbidden", message, details=_details(group, plural, name))


def not_found(group: str, plural: str, name: str) -> StatusError:
    """404: no object of that name."""
    message = f'{_resource(group, plural)} "{name}" not found'
    return StatusError(404, "NotFound", message, details=_details(group, plural, name))


def not_served() -> StatusError:
    """404: a built-in group version without such a resource. Custom groups answer with plain text instead."""
    return StatusError(404, "NotFound", "the server could not find the requested resource")


def method_not_allowed() -> StatusError:
    return StatusError(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
    )


def not_acceptable(message: str = "") -> StatusError:
    return StatusError(
        406,
        "NotAcceptable",
        message or "only the following media types are accepted: application/json",
    )


def unsupported_media_type(*accepted: str) -> StatusError:
    unknown = "the body of the request was in an unknown format"
    message = f"{unknown} - accepted media types include: {', '.join(accepted)}"
    return StatusError(415, "UnsupportedMediaType", message)


def already_exists(group: str, plural: str, name: str) -> StatusError:
    message = f'{_resource(group, plural)} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, details=_details(group, plural, name))


def conflict(group: str, plural: str, name: str, why: str = "") -> StatusError:
    """409: somebody else has written the object since it was read (or `why`)."""
    cause = why or (
        "the object has been modified; please apply your changes to the latest version and try again"
    )
    message = f'Operation cannot be fulfilled on {_resource(group, plural)} "{name}": {cause}'
    return StatusError(409, "Conflict", message, details=_details(group, plural, name))


def invalid(kind: str, group: str, name: str, causes: Sequence[tuple[str, str, str]]) -> StatusError:
    """422. causes: (field, reason, message), as in `("spec.x", "FieldValueInvalid", "Invalid value: 1")`."""
    lines = [f"{field}: {text}" for field, _, text in causes]
    what = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    message = f'{_resource(group, kind)} "{name}" is invalid: {what}'
    listed = [{"reason": reason, "message": text, "field": field} for field, reason, text in causes]
    return StatusError(422, "Invalid", message, details=_details(group, kind, name) | {"causes": listed})


def invalid_options(causes: Sequence[tuple[str, str, str]]) -> StatusError:
    """422 for a combination of list or watch parameters that servers refuse."""
    return invalid("ListOptions", "meta.k8s.io", "", causes)


def expired(message: str, *, continue_token: str = "") -> StatusError:
    """410: the resourceVersion or continue token has been compacted away."""
    return StatusError(410, "Expired", message, continue_token=continue_token)


def too_large(wanted: int, current: int) -> StatusError:
    """504: the resourceVersion lies ahead of this server's."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return StatusError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {wanted}, current: {current}",
        details={"causes": [cause], "retryAfterSeconds": 1},
    )


def unavailable(message: str = "the server is currently unable to handle the request") -> StatusError:
    return StatusError(503, "ServiceUnavailable", message)
