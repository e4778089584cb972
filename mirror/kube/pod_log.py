"""The log of one container, as much of it as is wanted; never stored."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from mirror.kube.client import Client, Tail

__all__ = ["PodLog", "read_pod_log"]


class PodLog(NamedTuple):
    """Which log. previous: of the run before the present one. lines: the last ones."""

    namespace: str
    pod: str
    container: str
    previous: bool = False
    lines: int = 100


async def read_pod_log(client: Client, wanted: PodLog, *, keep: int, most: int) -> Tail:
    """The end of the log: `keep` bytes of it, after `most` bytes nothing more is read.

    limitBytes is not asked for: with it a kubelet sends the beginning of the last lines, not their end.
    Raises what Client raises; BadRequest (an ApiError) for a container that has not run.
    """
    query = {"container": wanted.container, "tailLines": str(wanted.lines)}
    if wanted.previous:
        query["previous"] = "true"
    namespace, pod = quote(wanted.namespace, safe=""), quote(wanted.pod, safe="")
    return await client.tail(f"/api/v1/namespaces/{namespace}/pods/{pod}/log", query, keep=keep, most=most)
