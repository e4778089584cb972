"""What a person chose on the command line or in the environment, and where its store is kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from mirror.store.paths import StorePaths

__all__ = ["Options", "mirror_arguments", "store_paths"]


@dataclass(frozen=True, slots=True)
class Options:
    """The options that every command shares.

    kubeconfig: None means KUBECONFIG, else ~/.kube/config.
    kube_context: names and globs of the contexts to mirror; empty means all of them.
    store: the store file; None picks one for this combination of kubeconfig, contexts and identity.
    once: leave no mirror running when the command ends.
    """

    kubeconfig: Path | None = None
    kube_context: tuple[str, ...] = ()
    kube_as: str | None = None
    kube_as_groups: tuple[str, ...] = ()
    kube_as_uid: str | None = None
    store: Path | None = None
    read_only: bool = True
    once: bool = False
    timeout_s: float = 15.0
    """Seconds a command waits for the first sync before it answers with what there is."""


def store_paths(options: Options, environ: Mapping[str, str]) -> StorePaths:
    """The files of the store that belongs to these options.

    Two sets of rights never share a store: what is stored is what that identity may see. So the name is a
    digest of the kubeconfig files, the chosen contexts and the impersonated identity.
    """
    if options.store is not None:
        # One file, one lock: a symbolic link is another name of the same store, as it is for SQLite.
        return StorePaths(Path(os.path.realpath(options.store.expanduser())))
    files = str(options.kubeconfig.expanduser().absolute()) if options.kubeconfig else ""
    parts = [
        files or environ.get("KUBECONFIG", ""),
        environ.get("HOME", environ.get("USERPROFILE", "")),
        *sorted(options.kube_context),
        f"as={options.kube_as or ''}",
        f"uid={options.kube_as_uid or ''}",
        *(f"group={group}" for group in sorted(options.kube_as_groups)),
    ]
    name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
    folder = Path(platformdirs.user_state_dir("flux-mirror", appauthor=False))
    return StorePaths(folder / name / "store.db")


def mirror_arguments(options: Options, paths: StorePaths) -> list[str]:
    """The command line of a background mirror with the same options."""
    arguments = ["mirror", "--background", "--store", str(paths.store)]
    if options.kubeconfig is not None:
        arguments += ["--kubeconfig", str(options.kubeconfig.expanduser().absolute())]
    for pattern in options.kube_context:
        arguments += ["--kube-context", pattern]
    if options.kube_as is not None:
        arguments += ["--kube-as", options.kube_as]
    for group in options.kube_as_groups:
        arguments += ["--kube-as-group", group]
    if options.kube_as_uid is not None:
        arguments += ["--kube-as-uid", options.kube_as_uid]
    if options.once:
        arguments += ["--linger", "0"]
    return arguments
