"""Who asks: the credentials of one context, kept fresh, turned into request headers and a client certificate.

Nothing is ever sent without credentials that were configured but could not be had: `headers` raises instead.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from mirror.clock import Clock
from mirror.errors import CredentialsError
from mirror.kube.access import ClusterAccess, Impersonation, is_header_text
from mirror.kube.exec_source import ExecSource
from mirror.kube.exec_sources import ExecSources
from mirror.kube.reread_file import RereadFile
from mirror.kube.tls import ClientCertificate
from mirror.settings import ClientSettings

__all__ = ["Credentials", "Headers"]

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header names and values in order; a name may occur more than once (Impersonate-Group)."""

_HEADER_NAME_SAFE = "!#$&'*+-.^_`|~"
"""What client-go leaves unescaped in an Impersonate-Extra- key beside letters and digits (RFC 7230, no %)."""


class Credentials:
    """The credentials of one context. Safe to share between tasks of one event loop.

    plugins: the exec plugins of all contexts; those with the same plugin share its runs.
    """

    def __init__(
        self,
        access: ClusterAccess,
        settings: ClientSettings,
        clock: Clock,
        plugins: ExecSources,
    ) -> None:
        def reread(path: Path | None) -> RereadFile | None:
            return RereadFile(path, settings.token_file_reread_s, clock) if path else None

        user = self._user = access.user
        self._where = f"context {access.context}"
        self._impersonation = _impersonation_headers(user.impersonation)
        self._token_file = reread(user.token_file)
        self._certificate_file = reread(user.certificate_file)
        self._key_file = reread(user.key_file)
        self._plugin: ExecSource | None = None
        # As in client-go, an Authorization that is configured keeps the plugin from being asked.
        if user.exec is not None and not (user.token or user.token_file or user.username):
            self._plugin = plugins.source(user.exec)

    def __repr__(self) -> str:
        return f"Credentials({self._user!r})"

    async def headers(self) -> Headers:
        """Authorization, where there is one, and the impersonation headers.

        May read the token file or run the plugin. Raises CredentialsError when that gives nothing usable.
        """
        authorization = await self._authorization()
        own: Headers = (("Authorization", authorization),) if authorization else ()
        return own + self._impersonation

    async def certificate(self) -> ClientCertificate | None:
        """The client certificate as it is now; None when there is none. Raises CredentialsError."""
        user = self._user
        if user.has_certificate:
            certificate = user.certificate or await self._read(self._certificate_file, "client-certificate")
            key = user.key or await self._read(self._key_file, "client-key")
            return ClientCertificate(certificate, key)
        return (await self._plugin.get(self._where)).certificate if self._plugin else None

    def invalidate(self, refused: Headers, certificate: ClientCertificate | None = None) -> bool:
        """Forgets credentials that the server refused; says whether the same request is worth a second try.

        refused, certificate: what `headers` and `certificate` gave for that request. Credentials that never
        change are worth none.
        """
        files = [file for file in (self._token_file, self._certificate_file, self._key_file) if file]
        for file in files:
            file.forget()
        if self._plugin is None:
            return bool(files)
        token = next(
            (value.removeprefix("Bearer ") for name, value in refused if name == "Authorization"), None
        )
        of_plugin = None if self._user.has_certificate else certificate
        return self._plugin.refuse(token, of_plugin) or bool(files)

    async def _authorization(self) -> str:
        user = self._user
        if self._token_file is not None:
            return f"Bearer {await self._token_from_file(self._token_file)}"
        if user.token:
            return f"Bearer {user.token}"
        if user.username:
            return f"Basic {base64.b64encode(f'{user.username}:{user.password}'.encode()).decode()}"
        if self._plugin is not None:
            token = (await self._plugin.get(self._where)).token
            return f"Bearer {token}" if token else ""
        return ""

    async def _token_from_file(self, file: RereadFile) -> str:
        try:
            token = (await self._read(file, "tokenFile")).decode("utf-8", "replace").strip()
        except CredentialsError:
            if not self._user.token:
                raise
            return self._user.token
        if not token or not is_header_text(token):
            raise CredentialsError(f"tokenFile {file.path} holds no token", where=self._where)
        return token

    async def _read(self, file: RereadFile | None, field: str) -> bytes:
        if file is None:
            raise CredentialsError(f"no {field} is configured", where=self._where)
        try:
            return await file.read()
        except OSError as error:
            raise CredentialsError(
                f"{field} {file.path} cannot be read: {error.strerror}", where=self._where
            ) from error


def _impersonation_headers(who: Impersonation | None) -> Headers:
    if who is None:
        return ()
    headers = [("Impersonate-User", who.user)]
    headers += [("Impersonate-Group", group) for group in who.groups]
    if who.uid:
        headers.append(("Impersonate-Uid", who.uid))
    for key, values in who.extra:
        name = f"Impersonate-Extra-{quote(key, safe=_HEADER_NAME_SAFE)}"
        headers += [(name, value) for value in values]
    return tuple(headers)
