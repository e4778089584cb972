"""What to do about a cluster that is not in sync, in one sentence. Pure.

An error says what went wrong and often how to mend it (its hint). Here stands what the hint cannot know:
whether it concerns one cluster or the machine, and the command that shows more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mirror.store.changes import ClusterState, ScopeState
from mirror.store.rows import ClusterRow, ScopeRow

__all__ = ["advice_for"]

_BY_ERROR: tuple[tuple[str, str], ...] = (
    (
        "too many open files",
        "this machine's limit of open files is reached: raise it, then `flux-mirror mirror --stop`",
    ),
    ("exec plugin .* (not found|terminal)", "{hint}; the mirror tries again by itself"),
    ("exec plugin", "log in again; `kubectl --context {name} version` must work without a question"),
    (
        "certificate of .* was not accepted",
        "{hint}; was the cluster rebuilt? then fetch its kubeconfig anew, else something stands in between",
    ),
    ("client certificate", "renew the client certificate of this context"),
    ("no address found", "is the VPN up? if so, is the server's name in the kubeconfig still right?"),
    ("the proxy|to proxy", "check `proxy-url` of the context and HTTPS_PROXY: is the proxy running?"),
    (
        "instead of a JSON|does not speak HTTP|TLS .* failed",
        "something else answers in place of the API server: log in to the VPN or proxy, check the address",
    ),
    (
        "unauthorized|no usable credentials|credentials|401|provide credentials",
        "log in again: `kubectl --context {name} auth whoami` shows as whom",
    ),
    ("forbidden", "ask for the rights to get, list and watch; `kubectl --context {name} auth can-i --list`"),
    ("too many requests", "nothing: the server asks for patience and the mirror obeys"),
    (
        "cannot connect|did not answer|did not begin|broke off|no sign of life|unreachable|slept",
        "the mirror tries again by itself; is the VPN up, does `kubectl --context {name} version` answer?",
    ),
    ("internal error", "this is a defect of flux-mirror: please report it with the mirror's log"),
)
"""The first whose pattern the error has, without case. `{hint}`: where the error's own hint says more."""

_BY_STATE: Mapping[str, str] = {
    ClusterState.STALE: "the mirror tries again by itself; does `kubectl --context {name} version` answer?",
    ClusterState.UNREACHABLE: "check with `kubectl --context {name} version`: address, VPN, proxy",
    ClusterState.FORBIDDEN: "check with `kubectl --context {name} auth whoami`: log in, or ask for rights",
}


def advice_for(row: ClusterRow, scopes: Sequence[ScopeRow]) -> str:
    """One sentence; "" for a cluster in sync.

    scopes: those of this cluster.
    """
    if row.state == ClusterState.SYNCED:
        return ""
    if row.state == ClusterState.SYNCING and not row.error:
        return _syncing(scopes)
    for pattern, advice in _BY_ERROR:
        if re.search(pattern, row.error, re.IGNORECASE):
            return advice.format(name=row.name, hint=row.hint).removeprefix("; ")
    return row.hint or _BY_STATE.get(row.state, "").format(name=row.name)


def _syncing(scopes: Sequence[ScopeRow]) -> str:
    done = sum(1 for scope in scopes if scope.state not in (ScopeState.LISTING, ScopeState.RECONNECTING))
    progress = f": {done} of {len(scopes)} kinds are done" if scopes else ""
    return f"wait{progress}; the first read of a large cluster takes a minute"
