"""How one API server is reached, as values: the URL, what to trust, who asks. Their reprs mask secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from mirror.errors import KubeconfigError
from mirror.kube.excerpt import mask_url

__all__ = ["ClusterAccess", "ExecConfig", "Impersonation", "User", "is_header_text"]


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Whom to act as (`kubectl --as`).

    Raises KubeconfigError for groups, uid or extra without a user, and for text that no header can carry.
    """

    user: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        if not self.user:
            raise KubeconfigError(
                "impersonation of groups, a uid or extra without a user",
                hint="set `as`, or --kube-as, too",
            )
        values = [self.user, self.uid, *self.groups, *(value for _, many in self.extra for value in many)]
        if not all(map(is_header_text, values)):
            raise KubeconfigError("impersonation with control characters")


def is_header_text(text: str) -> bool:
    """Whether an HTTP header can carry the text: no control characters."""
    return not any(character < " " or character == "\x7f" for character in text)


@dataclass(frozen=True, slots=True)
class ExecConfig:
    """An exec credential plugin (`users[].user.exec`).

    command: a name to be found on PATH, or an absolute path.
    info: the JSON for KUBERNETES_EXEC_INFO.
    """

    command: str
    api_version: str
    args: tuple[str, ...] = field(default=(), repr=False)
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    install_hint: str = ""
    interactive_mode: str = "IfAvailable"
    info: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class User:
    """Credentials as configured, none of them tried.

    Precedence as in client-go: tokenFile over token; token, tokenFile and password over exec; inline data
    over files.
    """

    name: str = ""
    token: str = field(default="", repr=False)
    token_file: Path | None = None
    certificate: bytes = field(default=b"", repr=False)
    certificate_file: Path | None = None
    key: bytes = field(default=b"", repr=False)
    key_file: Path | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    exec: ExecConfig | None = None
    impersonation: Impersonation | None = None

    @property
    def has_certificate(self) -> bool:
        """A client certificate is configured, whether or not it can be read."""
        return bool(self.certificate or self.certificate_file)

    @property
    def is_anonymous(self) -> bool:
        """Nothing at all is configured to prove who asks."""
        return not (self.token or self.token_file or self.username or self.exec or self.has_certificate)


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """Everything needed to talk to the API server of one context.

    server: URL without a trailing slash; may have a path (Rancher and other gateways).
    ca_data: PEM certificates to trust instead of the system's; None trusts the system's.
    tls_server_name: name to verify instead of the URL's host; "" for the host.
    proxy_url: from the kubeconfig, else from the environment; "" for a direct connection.
    """

    context: str
    server: str = field(repr=False)
    ca_data: bytes | None = field(default=None, repr=False)
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = field(default="", repr=False)
    namespace: str = "default"
    user: User = User()

    def __repr__(self) -> str:
        return f"ClusterAccess({self.context!r}, {mask_url(self.server)!r}, {self.user!r})"

    @property
    def host(self) -> str:
        """`host:port` of the API server, for messages."""
        parts = urlsplit(self.server)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        name = parts.hostname or ""
        return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
