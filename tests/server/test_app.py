"""The wire: whatever is printed or logged, stdout carries JSON-RPC only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

SERVER = """
import logging
from mirror.errors import KubeconfigError
from server.app import create_server, run_stdio

def attach():
    raise KubeconfigError("no kubeconfig found", hint="set KUBECONFIG")

def contexts():
    print("noise on stdout")
    logging.getLogger("flux_mirror").warning("noise in the log")
    raise ZeroDivisionError

run_stdio(create_server(attach, contexts))
"""

INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "0"},
}


def message(number: int | None, method: str, params: dict[str, Any]) -> str:
    identity = {} if number is None else {"id": number}
    return json.dumps({"jsonrpc": "2.0", **identity, "method": method, "params": params}) + "\n"


def test_only_the_protocol_is_on_stdout_and_eof_ends_it_cleanly() -> None:
    wire = (
        message(1, "initialize", INITIALIZE)
        + message(None, "notifications/initialized", {})
        + message(2, "tools/call", {"name": "get_kubeconfig_contexts", "arguments": {}})
        + message(3, "tools/call", {"name": "get_fleet_status", "arguments": {}})
    )
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(wire)
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.stdin.close()
        assert process.stdout.read() == ""
        log = process.stderr.read()
        assert process.wait(timeout=10) == 0
    by_id = {answer["id"]: answer["result"] for answer in answers}
    assert by_id[1]["serverInfo"]["name"] == "flux-mirror"
    assert by_id[2]["isError"] is True
    assert "next: set KUBECONFIG" in by_id[3]["content"][0]["text"]
    assert "noise on stdout" in log
    assert "noise in the log" in log
