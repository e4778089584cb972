"""The table of what to do about which failure."""

from __future__ import annotations

import pytest

from mirror.errors import (
    ApiError,
    CertificateError,
    CredentialsError,
    ExpiredError,
    ForbiddenError,
    KubeconfigError,
    MirrorError,
    NotFoundError,
    ProtocolError,
    StoreError,
    ThrottledError,
    TransportError,
    UnauthorizedError,
)
from mirror.kube.outcome import Action, Outcome, classify


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (UnauthorizedError("", status=401), Action.AUTH),
        (UnauthorizedError("", status=403), Action.AUTH),
        (CredentialsError(""), Action.AUTH),
        (KubeconfigError(""), Action.AUTH),
        (ForbiddenError("", status=403), Action.PARK_FORBIDDEN),
        (NotFoundError("", status=404), Action.PARK_ABSENT),
        (ExpiredError("", status=410), Action.RELIST_NOW),
        (ExpiredError("", status=504, ahead=True), Action.RELIST_NOW),
        (TransportError(""), Action.BACKOFF_WATCH),
        (CertificateError(""), Action.BACKOFF_WATCH),
        (ApiError("", status=502), Action.BACKOFF_WATCH),
        (ApiError("", status=503), Action.BACKOFF_WATCH),
        (ApiError("", status=504), Action.BACKOFF_WATCH),
        (ApiError("", status=500), Action.BACKOFF_RELIST),
        (ApiError("", status=500, reason="StoreReadError"), Action.BACKOFF_RELIST),
        (ApiError("", status=400), Action.BACKOFF_RELIST),
        (ApiError("", status=422), Action.BACKOFF_RELIST),
        (ProtocolError(""), Action.BACKOFF_RELIST),
        (StoreError(""), Action.BACKOFF_RELIST),
    ],
)
def test_table(error: MirrorError, action: Action) -> None:
    assert classify(error) == Outcome(action)


@pytest.mark.parametrize("wait", [None, 0.0, 7.5])
def test_throttling_carries_the_servers_wish(wait: float | None) -> None:
    assert classify(ThrottledError("", retry_after_s=wait)) == Outcome(Action.BACKOFF_WATCH, wait)
