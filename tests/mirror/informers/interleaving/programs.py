"""Programs: what happens to a cluster, its server and its mirror, one step after the other, at random."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from tests.mirror.informers.interleaving import objects
from tests.mirror.informers.interleaving.mishaps import BODIES, JUNK

__all__ = ["Step", "programs"]


class Step(NamedTuple):
    """One call: the name of a method of Changes, Mishaps or Run, and its arguments."""

    name: str
    arguments: tuple[object, ...] = ()

    def __repr__(self) -> str:
        return f"Step({self.name!r}, {self.arguments!r})"


_KIND = st.sampled_from(objects.KINDS)
_PLACE = st.sampled_from(objects.NAMESPACES)
_NAME = st.sampled_from(objects.NAMES)
_VARIANT = st.integers(0, 9)
_HOT = st.sampled_from(
    [
        ("Kustomization", "apps", "a"),
        ("HelmRelease", "infra", "b"),
        ("ConfigMap", "apps", "a"),
        ("Pod", "apps", "c"),
    ]
)
_OBJECT = st.one_of(_HOT, _HOT, st.tuples(_KIND, _PLACE, _NAME))
"""Mostly one of a few, so that much happens to the same object."""
_CUSTOM = st.sampled_from(sorted(objects.CRDS))
_VERSIONS = st.sampled_from([("v1",), ("v1", "v1beta1"), ("v1beta1",), ("v2", "v1")])
_GROUP = st.sampled_from([group for group, _ in objects.CRDS.values()])
_TIMES = st.sampled_from([1, 1, 2, 12])
_REQUESTS = st.sampled_from(
    [
        *("", "list", "watch", "pods", "customresourcedefinitions", "list configmaps", "list pods"),
        *("list helmreleases", "watch configmaps", "watch kustomizations"),
        *("/api", "/apis", "/api/v1/namespaces/kube-system"),
    ]
)
_ANSWERED = st.sampled_from(
    ["list", "list configmaps", "list kustomizations", "/apis", "/api/v1/namespaces/kube"]
)
_STREAMS = st.sampled_from(["", "", "configmaps", "kustomizations", "pods", "secrets", "namespaces"])
_STATUS = st.sampled_from([400, 401, 403, 404, 406, 410, 422, 429, 500, 502, 503, 504])
_RETRY_AFTER = st.sampled_from([None, "0", "1", "30", "9999", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"])
_IN_STREAM = st.sampled_from(
    [(410, "Expired"), (410, "Gone"), (429, ""), (500, ""), (500, "StoreReadError"), (403, ""), (504, "")]
)
_DENIED = (
    st.sampled_from(["list", "watch", "*"]),
    st.sampled_from(["configmaps", "pods", "kustomizations", "secrets", "*"]),
    st.sampled_from([None, "", "apps"]),
)
_SECONDS = st.sampled_from([0.1, 1.0, 5.0, 30.0, 61.0, 200.0, 700.0])


def _step(name: str, *arguments: st.SearchStrategy[object]) -> st.SearchStrategy[Step]:
    return st.tuples(*arguments).map(lambda drawn: Step(name, drawn))


def _to(name: str, *arguments: st.SearchStrategy[object]) -> st.SearchStrategy[Step]:
    """A step about an object: kind, namespace and name come first."""
    return st.tuples(_OBJECT, *arguments).map(lambda drawn: Step(name, (*drawn[0], *drawn[1:])))


_CHANGES = st.one_of(
    _to("put", _VARIANT),
    _to("put", _VARIANT),
    _to("report", _VARIANT),
    _to("delete"),
    _to("recreate", _VARIANT),
    _step("happen", _PLACE, _NAME, _VARIANT),
    _step("expire_event", _PLACE, _NAME),
    _step("burst", _KIND, _PLACE, st.integers(3, 20)),
    _step("delete_namespace", _PLACE),
    _step("define", _CUSTOM, _VERSIONS),
    _step("undefine", _CUSTOM),
)
_TIME = st.one_of(
    _step("wait", _SECONDS),
    _step("rest"),
    _step("breathe", st.integers(1, 20)),
    _step("look"),
)
_REFUSALS = st.one_of(
    _step("answer", _STATUS, _TIMES, _REQUESTS),
    _step("gone", _TIMES, _REQUESTS),
    _step("too_large", _TIMES, _REQUESTS),
    _step("nonsense", st.sampled_from(sorted(BODIES)), _TIMES, _ANSWERED),
    _step("throttle", _RETRY_AFTER, _TIMES, _REQUESTS),
    _step("login_page", _TIMES, _REQUESTS),
    _step("truncate", _TIMES, _ANSWERED),
    _step("reset", _TIMES, _REQUESTS),
    _step("hold", _TIMES, _REQUESTS),
    _step("release"),
    _step("clear"),
)
_BROKEN_STREAMS = st.one_of(
    _step("end_watches", _STREAMS),
    _step("cut_watches", _STREAMS, st.booleans()),
    _step("freeze_watches", _STREAMS),
    st.tuples(_IN_STREAM, _STREAMS).map(lambda drawn: Step("send_error", (*drawn[0], drawn[1]))),
    _step("send_bookmarks", _STREAMS),
    _step("send_duplicates", _STREAMS),
    _step("send_junk", st.sampled_from(sorted(JUNK)), _STREAMS),
    _step("omit_bookmarks"),
    _step("split_chunks", st.sampled_from([0, 1, 7, 100])),
)
_HISTORY = st.one_of(
    _step("expire_continue_tokens"),
    _step("compact"),
    _step("rebuild", st.sampled_from([500, 1000, 5000])),
    _step("restore", st.integers(1, 12)),
    _step("hide_group", _GROUP),
    _step("serve_like", st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    _step("make_group_stale", _GROUP),
)
_REACH = st.one_of(
    _step("refuse_connections"),
    _step("accept_connections"),
    _step("abort_connections"),
    _step("deny", *_DENIED),
    _step("allow", *_DENIED),
    _step("lock_out"),
    _step("let_in"),
)
_MIRROR = st.one_of(
    _step("restart"), _step("stream_lists", st.booleans()), _step("keep_a_copy"), _step("put_the_copy_back")
)

_FAULTS = st.one_of(_REFUSALS, _BROKEN_STREAMS, _BROKEN_STREAMS, _HISTORY, _REACH)
_REST = st.just(Step("rest"))
_MOVES: st.SearchStrategy[list[Step]] = st.one_of(
    st.tuples(_CHANGES).map(list),
    st.tuples(_CHANGES, _REST).map(list),
    st.tuples(_CHANGES, _CHANGES, _REST).map(list),
    st.tuples(_FAULTS).map(list),
    st.tuples(_FAULTS, _REST).map(list),
    st.tuples(_FAULTS, _CHANGES, _REST).map(list),
    st.tuples(_TIME).map(list),
    st.tuples(_MIRROR).map(list),
)
"""What is followed by rest meets a mirror that has nothing else to do, what is not one that is busy."""
_BEGINNINGS: st.SearchStrategy[list[Step]] = st.one_of(
    st.just([]),
    st.tuples(_REST).map(list),
    st.lists(_CHANGES, min_size=4, max_size=8).map(lambda steps: [*steps, Step("rest")]),
)


def programs(longest: int) -> st.SearchStrategy[list[Step]]:
    """A beginning, and at most so many moves of one to three steps."""
    moves = st.lists(_MOVES, min_size=4, max_size=longest)
    return st.tuples(_BEGINNINGS, moves).map(
        lambda drawn: [*drawn[0], *(s for move in drawn[1] for s in move)]
    )
