"""Who may reach a test cluster and how: users, their RBAC, and the kubeconfig that names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.controlplane.api import Object

__all__ = ["ADMIN", "MIRROR", "STRANGER", "Access", "User", "reader_rbac", "token_file", "write_kubeconfig"]


@dataclass(frozen=True)
class User:
    """Somebody the API server knows by a bearer token.

    The token is one of the planted values: it must appear in no store, log or answer.
    """

    name: str
    groups: tuple[str, ...] = ()

    @property
    def token(self) -> str:
        return f"planted-canary-token-{self.name}"


ADMIN = User("admin", ("system:masters",))
"""Plays people and controllers. May do everything."""

MIRROR = User("mirror", ("flux-mirror-readers",))
"""What flux-mirror runs as: may read everything (see `reader_rbac`)."""

STRANGER = User("stranger")
"""Known to the server, allowed nothing but discovery."""


@dataclass(frozen=True)
class Access:
    """One context of a kubeconfig. cluster and user: its entries, as kubeconfig spells their fields."""

    context: str
    cluster: dict[str, Any]
    user: dict[str, Any]


def write_kubeconfig(path: Path, accesses: Iterable[Access], current: str = "") -> Path:
    """Write one kubeconfig with a context for each access; returns the path. Blocks (a file)."""
    contexts = list(accesses)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current or contexts[0].context,
        "clusters": [{"name": a.context, "cluster": a.cluster} for a in contexts],
        "users": [{"name": f"{a.context}-user", "user": a.user} for a in contexts],
        "contexts": [
            {"name": a.context, "context": {"cluster": a.context, "user": f"{a.context}-user"}}
            for a in contexts
        ],
    }
    path.write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    path.chmod(0o600)
    return path


def token_file(users: Iterable[User]) -> str:
    """The lines of kube-apiserver's --token-auth-file: token, user, uid, groups."""
    return "".join(f'{user.token},{user.name},uid-{user.name},"{",".join(user.groups)}"\n' for user in users)


def reader_rbac(group: str = MIRROR.groups[0]) -> list[Object]:
    """A ClusterRole that may read everything, Secrets included, and its binding to a group."""
    role = "flux-mirror-reader"
    api = "rbac.authorization.k8s.io"
    return [
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": role},
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}],
        },
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": role},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": api, "kind": "Group", "name": group}],
        },
    ]
