"""Logs of Pods, as an API server and its kubelets answer `pods/log`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from mirror.keys import ObjectKey
from mirror.testing.cluster import FakeCluster
from mirror.testing.failures import bad_request
from mirror.testing.requests import RequestInfo
from mirror.testing.wire import plain_response

__all__ = ["PodLogs"]


class PodLogs:
    """What the containers of one cluster have written; nothing at first.

    Not promised: `follow`, timestamps, times (`sinceSeconds` is not looked at).
    """

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster
        self._written: dict[tuple[str, str, str, bool], bytes] = {}

    def write(
        self, namespace: str, pod: str, container: str, text: str | bytes, *, previous: bool = False
    ) -> None:
        """Add to a container's log. previous: to that of the run before the present one."""
        key = (namespace, pod, container, previous)
        self._written[key] = self._written.get(key, b"") + (text.encode() if isinstance(text, str) else text)

    async def serve(self, info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
        """Raises StatusError: 404 for an unknown Pod, 400 for a container that it has not, or has not run."""
        pod = self._cluster.get(ObjectKey("", "Pod", info.namespace, info.name))
        containers = _containers(pod)
        container = info.query.get("container", "")
        if not container and len(containers) > 1:
            named = " ".join(containers)
            raise bad_request(
                f"a container name must be specified for pod {info.name}, choose one of: [{named}]"
            )
        container = container or next(iter(containers), "")
        if container not in containers:
            raise bad_request(f"container {container} is not valid for pod {info.name}")
        previous = info.query.get("previous", "").lower() in ("1", "true")
        text = self._written.get((info.namespace, info.name, container, previous))
        if text is None and previous:
            raise bad_request(f'previous terminated container "{container}" in pod "{info.name}" not found')
        if text is None and (reason := _waiting(pod, container)):
            raise bad_request(f'container "{container}" in pod "{info.name}" is waiting to start: {reason}')
        response = plain_response("")
        response.body = _part(text or b"", info.query)
        return response


def _containers(pod: Mapping[str, Any]) -> list[str]:
    spec = pod.get("spec", {})
    return [one["name"] for list_ in ("initContainers", "containers") for one in spec.get(list_) or ()]


def _waiting(pod: Mapping[str, Any], container: str) -> str:
    status = pod.get("status", {})
    for list_ in ("initContainerStatuses", "containerStatuses"):
        for one in status.get(list_) or ():
            if one.get("name") == container:
                return str(one.get("state", {}).get("waiting", {}).get("reason", ""))
    return ""


def _part(text: bytes, query: Mapping[str, str]) -> bytes:
    """The last lines; of those the first bytes: what a kubelet does when it is asked for both."""
    if "tailLines" in query:
        lines = text.splitlines(keepends=True)
        text = b"".join(lines[max(0, len(lines) - int(query["tailLines"])) :])
    return text[: int(query["limitBytes"])] if "limitBytes" in query else text
