"""Alerts that reach nobody."""

from __future__ import annotations

import pytest

from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.verdicts import blamed

API = "notification.toolkit.fluxcd.io/v1beta3"

ALERT = fleet.obj(API, "Alert", "deploys", spec={"providerRef": {"name": "chat"}})
PROVIDER = fleet.obj(API, "Provider", "chat", spec={"type": "slack", "secretRef": {"name": "token"}})
TOKEN = fleet.plain("Secret", "token")


def undelivered(message: str, at: str = fleet.LATER) -> Document:
    return fleet.event(ALERT, "NotificationDispatchFailed", message, at=at)


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([ALERT], ("Missing", "Provider/apps/chat", "")),
        ([ALERT, PROVIDER], ("Missing", "Secret/apps/token", "")),
        (
            [ALERT, PROVIDER, TOKEN, undelivered("postMessage failed: 404 no such channel")],
            ("Invalid", "Provider/apps/chat", "spec.address"),
        ),
        (
            [ALERT, PROVIDER, TOKEN, undelivered("postMessage failed: 401 invalid token")],
            ("Denied", "Secret/apps/token", ""),
        ),
        (
            [ALERT, PROVIDER, TOKEN, undelivered("dial tcp: lookup chat.example.com: no such host")],
            ("External", "Provider/apps/chat", "spec.address"),
        ),
    ],
)
def test_why_an_alert_is_not_delivered(
    ask: Ask, objects: list[Document], expected: tuple[str, str, str]
) -> None:
    assert blamed(ask(objects, kind="Alert", name="deploys")) == expected


def test_an_old_failure_is_forgotten(ask: Ask) -> None:
    old = undelivered("postMessage failed", at="2026-11-20T08:00:00Z")
    assert ask([ALERT, PROVIDER, TOKEN, old], kind="Alert", name="deploys").healthy


def test_nobody_who_asks_what_is_broken_hears_of_alerts(ask: Ask) -> None:
    """A notification never explains why something is not deployed."""
    assert ask([ALERT, PROVIDER, TOKEN, undelivered("postMessage failed")]).healthy
