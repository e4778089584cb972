"""The person's kubeconfig: which files, how they merge, which contexts they offer. No network.

where the files come from            as kubectl does it
explicit paths (--kubeconfig)        each must exist
KUBECONFIG                           a list (`:`, on Windows `;`); missing and empty files are skipped
otherwise                            ~/.kube/config

two files say different things       the first file that names a cluster, user or context wins with its whole
                                     entry, and so does the first `current-context`
a context names a missing cluster    kubectl fails when it is used; here `Context.error` says so, others work
"""

from __future__ import annotations

import difflib
import fnmatch
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mirror.errors import KubeconfigError, UnknownContextError
from mirror.kube.access import ClusterAccess, Impersonation
from mirror.kube.kubeconfig_file import (
    ClusterEntry,
    ContextEntry,
    KubeconfigFile,
    UserEntry,
    read_kubeconfig_file,
)
from mirror.kube.resolution import resolve_access

__all__ = ["Context", "Kubeconfig", "Selection", "load_kubeconfig", "load_selection"]


@dataclass(frozen=True, slots=True)
class Context:
    """One context; `error` is why it cannot be used, None for a sound one."""

    name: str
    cluster: str = ""
    user: str = ""
    namespace: str = "default"
    error: KubeconfigError | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """All files merged.

    contexts: in the order of the files. files: those that were read.
    current: name of the current context; "" when none is set. It may name a context that does not exist.
    watched: files that may change what it says: those that were read, those that are missing or empty so far,
        and the certificate authorities that it names.
    """

    contexts: tuple[Context, ...]
    current: str
    files: tuple[Path, ...]
    watched: tuple[Path, ...]
    _clusters: Mapping[str, ClusterEntry | KubeconfigError] = field(repr=False)
    _users: Mapping[str, UserEntry | KubeconfigError] = field(repr=False)
    _environ: Mapping[str, str] = field(repr=False)

    def context(self, name: str) -> Context:
        """The context of exactly that name. Raises UnknownContextError."""
        for context in self.contexts:
            if context.name == name:
                return context
        raise self._unknown(name)

    def select(self, patterns: Sequence[str], *, strict: bool = True) -> tuple[Context, ...]:
        """The contexts with these exact names or globs (`prod-*`), each once, in the order of the patterns.

        No patterns select every context. A pattern that matches nothing raises UnknownContextError; if not
        strict, only when no other matches either: a context that was chosen may have gone since.
        """
        chosen: dict[str, Context] = {}
        missing: list[str] = []
        for pattern in patterns or ("*",):
            exact = [context for context in self.contexts if context.name == pattern]
            found = exact or [c for c in self.contexts if fnmatch.fnmatchcase(c.name, pattern)]
            if not found:
                missing.append(pattern)
            chosen |= {context.name: context for context in found}
        if missing and (strict or not chosen):
            raise self._unknown(missing[0])
        return tuple(chosen.values())

    def resolve(self, context: Context | str, impersonation: Impersonation | None = None) -> ClusterAccess:
        """How to reach the context's API server; `impersonation` replaces what the kubeconfig says.

        Reads the certificate authority file where one is named, nothing else.
        Raises UnknownContextError, and KubeconfigError for a broken context.
        """
        chosen = self.context(context if isinstance(context, str) else context.name)
        if chosen.error is not None:
            raise chosen.error
        user = self._users[chosen.user] if chosen.user else UserEntry()
        cluster = self._clusters[chosen.cluster]
        if isinstance(cluster, KubeconfigError) or isinstance(user, KubeconfigError):
            raise KubeconfigError("refers to an unusable entry", where=_where(chosen.name))
        return resolve_access(
            chosen.name,
            cluster,
            user,
            user_name=chosen.user,
            namespace=chosen.namespace,
            impersonation=impersonation,
            environ=self._environ,
        )

    def _unknown(self, pattern: str) -> UnknownContextError:
        names = [context.name for context in self.contexts]
        near = difflib.get_close_matches(pattern.strip("*?"), names, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {_some(names)}"
        return UnknownContextError(f"no context `{pattern}`", where=_list(self.files), hint=hint)


@dataclass(frozen=True, slots=True)
class Selection:
    """Contexts chosen from a kubeconfig as it was at one moment."""

    kubeconfig: Kubeconfig
    contexts: tuple[Context, ...]


def load_kubeconfig(paths: Sequence[Path] | None, environ: Mapping[str, str]) -> Kubeconfig:
    """Finds, reads and merges the kubeconfig files; reads from disk, so not to be called on an event loop.

    paths: from --kubeconfig; None or empty means the environment decides.
    Raises KubeconfigError: no file, an unreadable or empty one, not YAML, not a kubeconfig, no contexts.
    """
    candidates = _candidates(paths, environ)
    files = _read_all(candidates, must_exist=bool(paths))
    clusters = _merge(file.clusters for file in files)
    users = _merge(file.users for file in files)
    contexts = tuple(
        _context(name, entry, clusters, users)
        for name, entry in _merge(file.contexts for file in files).items()
    )
    if not contexts:
        raise KubeconfigError(
            "no contexts in the kubeconfig",
            where=_list(file.path for file in files),
            hint="add one with `kubectl config set-context`",
        )
    return Kubeconfig(
        contexts=contexts,
        current=next((file.current_context for file in files if file.current_context), ""),
        files=tuple(file.path for file in files),
        watched=(*candidates, *_authorities(clusters.values())),
        _clusters=clusters,
        _users=users,
        _environ=environ,
    )


def load_selection(
    paths: Sequence[Path] | None,
    environ: Mapping[str, str],
    patterns: Sequence[str] = (),
    *,
    strict: bool = True,
) -> Selection:
    """As load_kubeconfig(), with the contexts that Kubeconfig.select() gives for the patterns."""
    kubeconfig = load_kubeconfig(paths, environ)
    return Selection(kubeconfig, kubeconfig.select(patterns, strict=strict))


def _candidates(paths: Sequence[Path] | None, environ: Mapping[str, str]) -> list[Path]:
    listed = [Path(part) for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return list(dict.fromkeys(paths or listed or [_home(environ) / ".kube" / "config"]))


def _authorities(clusters: Iterable[ClusterEntry | KubeconfigError]) -> list[Path]:
    named = (entry for entry in clusters if isinstance(entry, ClusterEntry))
    files = (e.certificate_authority for e in named if not e.certificate_authority_data)
    return list(dict.fromkeys(Path(file) for file in files if file))


def _read_all(candidates: Sequence[Path], *, must_exist: bool) -> list[KubeconfigFile]:
    files: list[KubeconfigFile] = []
    empty: list[Path] = []
    for path in candidates:
        try:
            file = read_kubeconfig_file(path)
        except FileNotFoundError:
            if must_exist:
                raise KubeconfigError("no such kubeconfig", where=str(path)) from None
            continue
        if file is None:
            empty.append(path)
        else:
            files.append(file)
    if not files and empty:
        raise KubeconfigError(
            "the kubeconfig is empty",
            where=_list(empty),
            hint="name another one with --kubeconfig or KUBECONFIG, or log in to a cluster to have it filled",
        )
    if not files:
        raise KubeconfigError(
            "no kubeconfig found", where=_list(candidates), hint="set KUBECONFIG or give --kubeconfig"
        )
    return files


def _home(environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(home) if home else Path.home()


_E = TypeVar("_E")


def _merge(tables: Iterable[Mapping[str, _E]]) -> dict[str, _E]:
    merged: dict[str, _E] = {}
    for table in tables:
        for name, entry in table.items():
            merged.setdefault(name, entry)
    return merged


def _context(
    name: str,
    entry: ContextEntry | KubeconfigError,
    clusters: Mapping[str, ClusterEntry | KubeconfigError],
    users: Mapping[str, UserEntry | KubeconfigError],
) -> Context:
    if isinstance(entry, KubeconfigError):
        return Context(name, error=entry)
    cluster, user = entry.cluster or "", entry.user or ""
    error: KubeconfigError | None = None
    if not cluster:
        error = KubeconfigError("names no cluster", where=_where(name))
    elif cluster not in clusters:
        error = KubeconfigError(f"names a cluster {cluster!r} that is not there", where=_where(name))
    elif user and user not in users:
        error = KubeconfigError(f"names a user {user!r} that is not there", where=_where(name))
    else:
        broken = (clusters[cluster], users.get(user))
        error = next((part for part in broken if isinstance(part, KubeconfigError)), None)
    return Context(name, cluster, user, entry.namespace or "default", error)


def _where(name: str) -> str:
    return f"context {name}"


def _list(paths: Iterable[Path]) -> str:
    return ", ".join(map(str, paths))


def _some(names: Sequence[str], most: int = 10) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
