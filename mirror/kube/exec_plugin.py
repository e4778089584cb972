"""Exec credential plugins: one run of `users[].user.exec`, and what it printed as a value.

The contract is client.authentication.k8s.io/v1 and /v1beta1 (client-go, plugin/pkg/client/auth/exec). Unlike
client-go a run has a time limit, and standard input is always closed: nobody sits at a background process.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio
import msgspec
from anyio.abc import ByteReceiveStream, Process

from mirror.clock import parse_time
from mirror.errors import CredentialsError
from mirror.kube.access import ExecConfig, is_header_text
from mirror.kube.excerpt import excerpt_tail
from mirror.kube.tls import ClientCertificate

__all__ = ["ExecCredential", "run_exec_plugin"]

_STDOUT_LIMIT = 1024 * 1024
_STDERR_TAIL = 8 * 1024


@dataclass(frozen=True, slots=True)
class ExecCredential:
    """What a plugin returned. expires_at: wall seconds, None when the plugin did not say."""

    token: str = field(default="", repr=False)
    certificate: ClientCertificate | None = None
    expires_at: float | None = None


class _Status(msgspec.Struct, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None
    expiration_timestamp: str | None = None


class _ExecCredential(msgspec.Struct, rename="camel"):
    kind: str = ""
    api_version: str = ""
    status: _Status | None = None


async def run_exec_plugin(
    config: ExecConfig, environ: Mapping[str, str], *, timeout_s: float, where: str = ""
) -> ExecCredential:
    """Runs the plugin once. Cancellation and the time limit kill its whole process group.

    Raises CredentialsError: not installed, wants a terminal, too slow, failed, or printed something else.
    """
    if config.interactive_mode == "Always":
        raise CredentialsError(
            f"exec plugin `{config.command}` wants a terminal (interactiveMode: Always)",
            where=where,
            hint="log in with it in a shell, and set interactiveMode: IfAvailable",
        )
    process = await _start(config, environ, where)
    output, errors = bytearray(), bytearray()
    finished = False
    try:
        with anyio.move_on_after(timeout_s):
            async with anyio.create_task_group() as readers:
                readers.start_soon(_read_head, process.stdout, output)
                readers.start_soon(_read_tail, process.stderr, errors)
                await process.wait()
            finished = True
    finally:
        if not finished:
            _kill_group(process)
        with anyio.CancelScope(shield=True):
            await process.aclose()
    said = excerpt_tail(bytes(errors))
    if not finished:
        what = f"exec plugin `{config.command}` took longer than {timeout_s:g} s and was killed"
        raise CredentialsError(
            _with(what, said), where=where, hint="run it in a shell to see what it waits for"
        )
    if process.returncode:
        what = f"exec plugin `{config.command}` ended with code {process.returncode}"
        raise CredentialsError(_with(what, said), where=where, hint="log in again, or run it in a shell")
    try:
        return _parse(bytes(output), config.api_version)
    except ValueError as error:
        raise CredentialsError(f"exec plugin `{config.command}` {error}", where=where) from None


async def _start(config: ExecConfig, environ: Mapping[str, str], where: str) -> Process:
    variables = {**environ, **dict(config.env), "KUBERNETES_EXEC_INFO": config.info}
    try:
        return await anyio.open_process(
            [config.command, *config.args],
            stdin=subprocess.DEVNULL,
            env=variables,
            start_new_session=True,
        )
    except FileNotFoundError:
        hint = excerpt_tail(config.install_hint) or "install it, or give its full path in the kubeconfig"
        raise CredentialsError(f"exec plugin `{config.command}` not found", where=where, hint=hint) from None
    except (OSError, ValueError) as error:
        raise CredentialsError(
            f"exec plugin `{config.command}` cannot be started: {error}", where=where
        ) from error


async def _read_head(stream: ByteReceiveStream | None, into: bytearray) -> None:
    if stream is not None:
        async for chunk in stream:
            into += chunk[: _STDOUT_LIMIT - len(into)]


async def _read_tail(stream: ByteReceiveStream | None, into: bytearray) -> None:
    if stream is not None:
        async for chunk in stream:
            into += chunk
            del into[:-_STDERR_TAIL]


def _kill_group(process: Process) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)  # start_new_session made it the leader of its group
        else:
            process.kill()
    except ProcessLookupError:
        pass  # it ended by itself meanwhile


def _parse(output: bytes, api_version: str) -> ExecCredential:
    """Raises ValueError with the end of a sentence, which never quotes the output: it holds the secret."""
    try:
        credential = msgspec.json.decode(output, type=_ExecCredential)
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("printed something that is no ExecCredential") from None
    status = credential.status
    if credential.kind != "ExecCredential":
        raise ValueError("printed JSON of another kind than ExecCredential")
    if credential.api_version != api_version:
        raise ValueError(f"printed another apiVersion than the configured {api_version}")
    if status is None:
        raise ValueError("printed an ExecCredential without status")
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise ValueError("printed a client certificate without its key, or a key alone")
    certificate = None
    if status.client_certificate_data and status.client_key_data:
        certificate = ClientCertificate(
            status.client_certificate_data.encode(), status.client_key_data.encode()
        )
    token = (status.token or "").strip()
    if not token and certificate is None:
        raise ValueError("printed an ExecCredential without token and client certificate")
    if not is_header_text(token):
        raise ValueError("printed a token with control characters")
    expires_at = parse_time(status.expiration_timestamp)
    if status.expiration_timestamp and expires_at is None:
        raise ValueError("printed an expirationTimestamp that is no RFC 3339 time")
    return ExecCredential(token, certificate, expires_at)


def _with(what: str, said: str) -> str:
    return f"{what}: {said}" if said else what
