"""Every error that flux-mirror raises on purpose, split by who must act.

    MirrorError
    ├── KubeconfigError            the person: no file, not YAML, empty, a broken reference
    │   └── UnknownContextError    the person: no context of that name (nearest ones are named)
    ├── CredentialsError           the person: expired, refused, failing exec plugin
    ├── TransportError             the network: nothing there, reset, timed out
    │   └── CertificateError       the person: the server's certificate is not the expected one
    ├── ProtocolError              a proxy or a broken server: the answer is not what was asked for
    ├── ApiError                   the API server said no (carries the HTTP status)
    │   ├── UnauthorizedError      401
    │   ├── ForbiddenError         403
    │   ├── NotFoundError          404
    │   ├── ExpiredError           410, and a 504 "too large resource version" (see `ahead`)
    │   └── ThrottledError         429 (carries Retry-After)
    └── StoreError                 the store file
        ├── ForeignStoreError      not written by flux-mirror; left untouched
        ├── NewerStoreError        written by a newer flux-mirror; left untouched
        ├── OlderStoreError        written by an older flux-mirror; a mirror upgrades it
        ├── DamagedStoreError      SQLite cannot read it; left untouched
        ├── StoreBusyError         another mirror process is its writer
        ├── StoreUnavailableError  the disk: full, read-only, out of reach; or locked by another program
        └── StoreMissingError      nothing has been mirrored there yet

`what` went wrong, `where`, what the person can do next (`hint`), and whether the same call may succeed
later without anybody doing anything (`retryable`). `exit_code` is what a command ends with: 2 the
request must change, 3 nothing could be reached.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "ApiError",
    "CertificateError",
    "CredentialsError",
    "DamagedStoreError",
    "ExpiredError",
    "ForbiddenError",
    "ForeignStoreError",
    "KubeconfigError",
    "MirrorError",
    "NewerStoreError",
    "NotFoundError",
    "OlderStoreError",
    "ProtocolError",
    "StoreBusyError",
    "StoreError",
    "StoreMissingError",
    "StoreUnavailableError",
    "ThrottledError",
    "TransportError",
    "UnauthorizedError",
    "UnknownContextError",
]


class MirrorError(Exception):
    """The root: `str()` is one readable line with what, where and hint."""

    retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 3

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.what}{hint}"


class KubeconfigError(MirrorError):
    """The kubeconfig cannot be used as it stands."""

    exit_code = 2


class UnknownContextError(KubeconfigError):
    """No context of that name or glob; the hint names the nearest ones."""


class CredentialsError(MirrorError):
    """There are no usable credentials; no request was sent without them."""


class TransportError(MirrorError):
    """No HTTP answer arrived, or it broke off."""

    retryable = True


class CertificateError(TransportError):
    """TLS verification failed; retrying helps only once somebody has changed a certificate."""

    retryable = False


class ProtocolError(MirrorError):
    """An answer arrived that no API server would give: HTML, truncated JSON, another kind."""

    retryable = True


class ApiError(MirrorError):
    """The API server answered with a failure.

    status: the HTTP status, or the `code` of a Status object that arrived inside a watch stream.
    reason: the machine-readable `Status.reason`, empty when the body was no Status.
    """

    retryable = True

    def __init__(self, what: str, *, status: int, reason: str = "", where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.status = status
        self.reason = reason


class UnauthorizedError(ApiError):
    """401, or a 403 that names `system:anonymous`: the server does not know who asks."""

    retryable = False


class ForbiddenError(ApiError):
    """403: known, but not allowed. Stored rows are kept; they are only no longer refreshed."""


class NotFoundError(ApiError):
    """404: the object, or the whole resource, is not served."""


class ExpiredError(ApiError):
    """The resourceVersion or continue token can no longer be served: list again.

    ahead: True when the server says our resourceVersion is *newer* than its own ("too large"): a
    lagging replica, or a cluster that was rebuilt or restored.
    """

    def __init__(
        self, what: str, *, status: int, reason: str = "", where: str = "", ahead: bool = False
    ) -> None:
        super().__init__(what, status=status, reason=reason, where=where)
        self.ahead = ahead


class ThrottledError(ApiError):
    """429. retry_after_s: what the server asked for, in seconds; None when it did not say."""

    def __init__(
        self, what: str, *, status: int = 429, where: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(what, status=status, reason="TooManyRequests", where=where)
        self.retry_after_s = retry_after_s


class StoreError(MirrorError):
    """The store file cannot be used. It is never changed or removed on the way to this error."""


class ForeignStoreError(StoreError):
    """The file is not a flux-mirror store."""

    exit_code = 2


class NewerStoreError(StoreError):
    """The file was written by a newer flux-mirror than this one."""

    exit_code = 2


class OlderStoreError(StoreError):
    """The file was written by an older flux-mirror; the mirror upgrades it when it starts."""

    retryable = True


class DamagedStoreError(StoreError):
    """SQLite reports that the file is malformed."""


class StoreBusyError(StoreError):
    """Another mirror process holds the writer's lock of this store."""

    retryable = True


class StoreUnavailableError(StoreError):
    """The store cannot be read or written now: the disk is full, read-only or failing, or a program that is
    no mirror has locked the file.

    Nothing is lost: what could not be written is written once the disk allows it again.
    """

    retryable = True


class StoreMissingError(StoreError):
    """There is no store file yet."""

    retryable = True
