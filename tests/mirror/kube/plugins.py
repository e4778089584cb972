"""Exec credential plugins for tests: small programs that print what they are told to."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import anyio

from mirror.kube.access import ExecConfig

V1 = "client.authentication.k8s.io/v1"


def credential(api_version: str = V1, **status: Any) -> dict[str, Any]:
    """An ExecCredential."""
    return {"kind": "ExecCredential", "apiVersion": api_version, "status": status}


async def plugin(folder: Path, program: str, **changes: Any) -> ExecConfig:
    """A plugin that is this Python program; each run adds a line to `folder`/runs first."""
    script = anyio.Path(folder / "plugin")
    await script.write_text(
        f"#!{sys.executable} -S\n"
        "import json, os, sys\n"
        f"open({str(folder / 'runs')!r}, 'a').write('run\\n')\n"
        f"{program}\n"
    )
    await script.chmod(0o755)
    return ExecConfig(**({"command": str(script), "api_version": V1} | changes))


async def printing(folder: Path, document: Any, **changes: Any) -> ExecConfig:
    """A plugin that prints a JSON document."""
    return await plugin(folder, f"print({json.dumps(document)!r})", **changes)


async def runs(folder: Path) -> int:
    """How often the plugin in this folder was run."""
    path = anyio.Path(folder / "runs")
    return len((await path.read_text()).splitlines()) if await path.exists() else 0
