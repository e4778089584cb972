"""A small fleet in a store file: staging differs from production, and one of its releases is broken."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from mirror.store.reader import Reader
from query.view import View, open_view
from tests.query.manifests import (
    config_map,
    failed,
    git_repository,
    helm_chart,
    helm_release,
    helm_repository,
    kustomization,
)
from tests.query.stores import Content, FixedClock

__all__ = ["CANARY", "FLEET", "FileStore"]

CANARY = "a value that only production has"

_VALUES = [{"kind": "ConfigMap", "name": "web-values"}]
_MISSING = (
    "could not resolve ConfigMap values reference 'apps/web-values': configmaps \"web-values\" not found"
)


def _production(replicas: int) -> list[dict[str, object]]:
    return [
        git_repository("main@sha1:" + "a" * 40),
        kustomization("apps"),
        helm_repository(),
        helm_chart(),
        config_map("web-values", {"values.yaml": f"replicas: {replicas}\n"}),
        config_map("notes", {"text": CANARY}),
        helm_release(valuesFrom=_VALUES),
    ]


def _staging() -> list[dict[str, object]]:
    return [
        git_repository("main@sha1:" + "b" * 40),
        kustomization("apps", revision="main@sha1:" + "b" * 40),
        helm_repository(),
        helm_chart(version="1.1.0"),
        helm_release(version="1.1.0", valuesFrom=_VALUES, status=failed("ValuesError", _MISSING)),
    ]


FLEET = {
    "production-eu": Content(objects=_production(3)),
    "production-us": Content(objects=_production(2)),
    "staging": Content(objects=_staging()),
}


class FileStore:
    """A store file as the fronts see it, without a mirror behind it. alive: pretend that one runs."""

    def __init__(self, reader: Reader, *, alive: bool = True) -> None:
        self.reader = reader
        self.alive = alive
        self.awaited: list[str | None] = []

    def open_view(
        self, clusters: Sequence[str] | None = None, max_age: float | None = None
    ) -> AbstractContextManager[View]:
        return open_view(
            self.reader, clock=FixedClock(), alive=self.alive, clusters=clusters, max_age=max_age
        )

    def await_kind(
        self, kind: str | None, api_version: str | None = None, clusters: Sequence[str] | None = None
    ) -> None:
        self.awaited.append(kind)
