"""TLS material: certificate authorities and client certificates on their way into an `ssl` context."""

from __future__ import annotations

import os
import re
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mirror.errors import CredentialsError, KubeconfigError

__all__ = ["ClientCertificate", "authority_text", "load_client_certificate"]

_CERTIFICATE = re.compile(
    rb"-----BEGIN (?:TRUSTED )?CERTIFICATE-----.+?-----END (?:TRUSTED )?CERTIFICATE-----", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A client certificate (chain) and its private key, both PEM."""

    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)


def authority_text(ca_data: bytes, *, where: str = "") -> str:
    """The PEM certificates in `ca_data`, without the comments that `ssl` would choke on.

    Raises KubeconfigError when there is none.
    """
    found = _CERTIFICATE.findall(ca_data)
    if not found:
        raise KubeconfigError("the certificate authority holds no PEM certificate", where=where)
    return b"\n".join(found).decode("ascii", "replace")


def load_client_certificate(
    context: ssl.SSLContext, certificate: ClientCertificate, *, where: str = ""
) -> None:
    """Puts the certificate into the context; blocks. Raises CredentialsError when OpenSSL refuses it.

    `ssl` reads certificates from files only. Where the platform has anonymous memory files the key never
    reaches a disk; elsewhere it lies in a file of mode 0600 until this function returns.
    """
    try:
        with _readable(certificate.certificate) as chain, _readable(certificate.key) as key:
            # Without a password OpenSSL would ask the terminal for one.
            context.load_cert_chain(chain, key, password="")
    except ssl.SSLError as error:
        raise CredentialsError(
            f"the client certificate or its key cannot be used: {error.reason or 'not PEM, or encrypted'}",
            where=where,
            hint="both must be unencrypted PEM and belong together",
        ) from error


def _readable(data: bytes) -> AbstractContextManager[str]:
    """A path under which OpenSSL can read `data` once, gone when the context is left."""
    if sys.platform == "linux" and Path("/proc/self/fd").is_dir():
        return _in_memory(data)
    return _on_disk(data)


@contextmanager
def _in_memory(data: bytes) -> Iterator[str]:
    handle = os.memfd_create("flux-mirror", os.MFD_CLOEXEC)
    with os.fdopen(handle, "wb") as memory:
        memory.write(data)
        memory.flush()
        yield f"/proc/self/fd/{handle}"


@contextmanager
def _on_disk(data: bytes) -> Iterator[str]:
    handle, path = tempfile.mkstemp(prefix="flux-mirror-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        yield path
    finally:
        Path(path).unlink()
