"""What is secret in a cluster is in no answer about the fleet, and nowhere in the store that answers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from mirror.flux.redaction import Redactor
from mirror.informers.transform import to_event
from query.fleet.question import fleet_status
from query.results.answer import Answer
from query.search.question import search_fleet
from tests.query.manifests import config_map, deployment, failed, helm_release, kustomization, manifest
from tests.query.stores import Content, view_of

CANARY = "k4n4ri3nv0gel"

REDACTOR = Redactor(b"a key of these tests")


def planted() -> list[dict[str, Any]]:
    """Secrets in every place that search looks at, and beside it."""
    web = deployment("web", annotations={"example.com/api-token": CANARY})
    container = web["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "DB_PASSWORD", "value": CANARY}]
    container["args"] = [f"--password={CANARY}"]
    says = f"cannot fetch https://bot:{CANARY}@git.example.com/fleet.git: authentication required"
    return [
        web,
        helm_release(
            "web",
            status=failed("InstallFailed", f"failed: password={CANARY}"),
            values={"auth": {"password": CANARY}},
        ),
        kustomization("apps", status=failed("BuildFailed", says)),
        kustomization("held", suspend=True, status=failed("BuildFailed", says)),
        config_map("settings", {"password": CANARY, "url": f"https://bot:{CANARY}@db.example.com"}),
        manifest("v1", "Secret", "login", data={"password": CANARY}, stringData={"token": CANARY}),
    ]


def happened() -> dict[str, Any]:
    involved = {"apiVersion": "v1", "kind": "Pod", "namespace": "apps", "name": "web-1"}
    return manifest(
        "v1",
        "Event",
        "web-1.1",
        involvedObject=involved,
        type="Warning",
        reason="Failed",
        message=f"pull https://bot:{CANARY}@registry.example.com/web: token={CANARY} was refused",
        lastTimestamp="2026-11-18T11:00:00Z",
    )


def test_no_planted_secret_is_in_any_answer_or_in_the_store(tmp_path: Path) -> None:
    content = Content(
        objects=[REDACTOR.redact(item) for item in planted()], events=[to_event(happened(), REDACTOR)]
    )
    with view_of(tmp_path, {"a": content, "b": content}) as view:
        answers: list[Answer] = [
            fleet_status(view, ownership=True, limit=0),
            *(
                search_fleet(view, word, limit=0)
                for word in ("web", "password", "refused", "fetch", "settings")
            ),
            search_fleet(view, "", health="Failed", limit=0),
        ]
        assert search_fleet(view, CANARY).matches == ()
        assert [match.object.name for match in search_fleet(view, "refused").matches] == ["web-1", "web-1"]
    assert all(CANARY.encode() not in msgspec.json.encode(answer) for answer in answers)
    assert not any(CANARY.encode() in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
