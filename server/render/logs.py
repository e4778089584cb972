"""Logs in the text of a cause: the call that reads them, or what they say."""

from __future__ import annotations

import msgspec

from query.results.answer import Cause, ToolCall

__all__ = ["call_text", "log_lines"]


def log_lines(cause: Cause) -> list[str]:
    """What was read of its logs, else how to read them; nothing where there is nothing to read."""
    read = [each for each in cause.evidence if each.kind == "log"]
    if not read:
        return [f"logs: {call_text(cause.logs)}, or ask again with include_logs"] if cause.logs else []
    lines: list[str] = []
    for each in read:
        first, *rest = each.text.split("\n")
        lines += [f"logs of {each.object}, {first}", *(f"  | {line}" for line in rest)]
    return lines


def call_text(call: ToolCall) -> str:
    """`get_kubernetes_logs(cluster="staging", kind="Pod", …)`."""
    arguments = ", ".join(
        f"{name}={msgspec.json.encode(value).decode()}" for name, value in call.arguments.items()
    )
    return f"{call.tool}({arguments})"
