"""Who may do what: tokens, client certificates, impersonation, rules in the place of RBAC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mirror.testing.failures import StatusError, forbidden, unauthorized
from mirror.testing.requests import RequestInfo

__all__ = ["ADMIN", "Access", "User"]


class User(NamedTuple):
    """An authenticated caller."""

    name: str
    groups: tuple[str, ...] = ("system:authenticated",)


ADMIN = User("kubernetes-admin", ("system:masters", "system:authenticated"))
_ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
_PUBLIC = ("/version", "/livez", "/readyz", "/healthz")


class _Rule(NamedTuple):
    allowed: bool
    verb: str
    group: str
    plural: str
    namespace: str | None
    user: str | None

    def fits(self, info: RequestInfo, user: str) -> bool:
        resource = f"{info.plural}/{info.subresource}" if info.subresource else info.plural
        return (
            self.verb in ("*", info.verb)
            and self.group in ("*", info.group)
            and self.plural in ("*", resource)
            and self.namespace in (None, info.namespace)
            and self.user in (None, user)
        )


class Access:
    """Authentication and authorization of one server.

    tokens: bearer token → user, or just the name; may be changed at any time. None: authentication is off,
        every request is an administrator's.
    anonymous: requests without credentials are `system:anonymous`, who may read only version and health (403
        for the rest); False: they get 401.
    """

    def __init__(self, tokens: Mapping[str, User | str] | None = None, *, anonymous: bool = False) -> None:
        self.tokens: dict[str, User | str] | None = None if tokens is None else dict(tokens)
        self.anonymous = anonymous
        self._rules: list[_Rule] = []

    def deny(
        self, verb: str, group: str, plural: str, *, namespace: str | None = None, user: str | None = None
    ) -> None:
        """Answer 403 from now on. "*" fits everything; `pods/log` names a subresource.

        namespace: None fits requests for any namespace and for all of them; "" only cluster-wide requests.
        user: the effective one, after impersonation; None is everybody. The last rule that fits decides.
        """
        self._rules.append(_Rule(False, verb, group, plural, namespace, user))

    def allow(
        self, verb: str, group: str, plural: str, *, namespace: str | None = None, user: str | None = None
    ) -> None:
        """An exception from earlier `deny` rules; what no rule fits is allowed."""
        self._rules.append(_Rule(True, verb, group, plural, namespace, user))

    def allow_everything(self) -> None:
        """Forget all rules."""
        self._rules.clear()

    def allows(self, user: str, verb: str, group: str, plural: str, namespace: str) -> bool:
        """Whether such a request of the user would be let through. namespace "": cluster-wide."""
        return self._allowed(
            RequestInfo("", "", {}, verb=verb, group=group, plural=plural, namespace=namespace), user
        )

    def check(self, info: RequestInfo, certificate: Mapping[str, object] | None) -> None:
        """Fill in who asks; raise StatusError 401, 403, or 500 for groups impersonated without a user."""
        user = self._authenticate(info, certificate)
        info.user = user.name
        if user == _ANONYMOUS and not info.path.startswith(_PUBLIC):
            raise _forbidden(info, user.name)
        self._impersonate(info)
        effective = info.impersonated or user.name
        if info.plural and not self._allowed(info, effective):
            raise _forbidden(info, effective)

    def _authenticate(self, info: RequestInfo, certificate: Mapping[str, object] | None) -> User:
        if certificate:
            return _certificate_user(certificate)
        if self.tokens is None:
            return ADMIN
        scheme, _, token = info.headers.get("Authorization", "").partition(" ")
        if not scheme and self.anonymous:
            return _ANONYMOUS
        user = self.tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            raise unauthorized()
        return User(user) if isinstance(user, str) else user

    def _impersonate(self, info: RequestInfo) -> None:
        wanted = info.headers.get("Impersonate-User", "")
        if not wanted:
            if info.impersonated_groups or info.impersonated_uid:
                message = f"requested {list(info.impersonated_groups)} without impersonating a user"
                raise StatusError(500, "InternalError", f"Internal error occurred: {message}")
            return
        for plural, name in (("users", wanted), *(("groups", group) for group in info.impersonated_groups)):
            asked = RequestInfo("GET", "", {}, verb="impersonate", plural=plural, name=name)
            if not self._allowed(asked, info.user):
                raise _forbidden(asked, info.user)
        info.impersonated = wanted

    def _allowed(self, info: RequestInfo, user: str) -> bool:
        for rule in reversed(self._rules):
            if rule.fits(info, user):
                return rule.allowed
        return True


def _forbidden(info: RequestInfo, user: str) -> StatusError:
    if not info.plural:
        verb = info.method.lower()
        return StatusError(
            403, "Forbidden", f'forbidden: User "{user}" cannot {verb} path "{info.path}"', details={}
        )
    return forbidden(
        user,
        info.verb,
        info.group,
        info.plural,
        namespace=info.namespace,
        name=info.name,
        subresource=info.subresource,
    )


def _certificate_user(certificate: Mapping[str, object]) -> User:
    """Common name and organizations of a verified client certificate (the form of `getpeercert`)."""
    subject = certificate.get("subject", ())
    pairs = [pair for rdn in subject for pair in rdn] if isinstance(subject, tuple) else []
    names = [value for field, value in pairs if field == "commonName"]
    groups = tuple(value for field, value in pairs if field == "organizationName")
    if not names:
        raise unauthorized()
    return User(names[0], (*groups, "system:authenticated"))
