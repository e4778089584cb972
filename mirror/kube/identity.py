"""Who a context acts as, said without a secret: the same before and after its token was rotated."""

from __future__ import annotations

import json
from dataclasses import astuple

from mirror.kube.access import User

__all__ = ["identity_of"]


def identity_of(user: User) -> str:
    """Text that differs when somebody else asks: the user entry, its kind of credentials, whom it acts as.

    Not promised: that equal texts are the same person. A user entry that keeps its name and kind but holds
    somebody else's token or certificate is not noticed: that it differs could also be a rotation.
    """
    kinds = {
        "token": user.token,
        "tokenFile": str(user.token_file or ""),
        "certificate": user.certificate,
        "certificateFile": str(user.certificate_file or ""),
        "password": user.password,
    }
    plugin = user.exec
    who = {
        "user": user.name,
        "credentials": sorted(kind for kind, value in kinds.items() if value),
        "username": user.username,
        "exec": [plugin.command, plugin.args, plugin.env] if plugin else None,
        "as": astuple(user.impersonation) if user.impersonation else None,
    }
    return json.dumps(who, sort_keys=True)
