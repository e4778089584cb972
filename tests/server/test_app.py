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


GARBAGE = (
    b"no JSON\n"
    b"\xff\xfe\x00 no text\n"
    b"\n"
    b"[]\n"
    b'"a string"\n'
    b'{"jsonrpc": "2.0", "id": 80, "method": "tools/call", "params": 7}\n'
    b'{"jsonrpc": "2.0", "id": 81, "result": {}}\n' + b"x" * 200_000 + b"\n"
)
"""What no client sends; a person at a terminal may, or a host that has lost its place."""


def message(number: int | None, method: str, params: dict[str, Any]) -> str:
    identity = {} if number is None else {"id": number}
    return json.dumps({"jsonrpc": "2.0", **identity, "method": method, "params": params}) + "\n"


def started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", SERVER]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe)


def test_a_client_that_is_gone_before_it_is_answered_ends_it_without_a_traceback() -> None:
    with started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(message(1, "initialize", INITIALIZE).encode())
        process.stdin.close()
        log = process.stderr.read().decode()
        assert process.wait(timeout=10) == 0
    assert "nobody reads the answers any more: leaving" in log
    assert "Traceback" not in log
    assert "Exception" not in log


def test_only_the_protocol_is_on_stdout_whatever_is_on_stdin_and_eof_ends_it_cleanly() -> None:
    wire = (
        message(1, "initialize", INITIALIZE)
        + message(None, "notifications/initialized", {})
        + message(2, "tools/call", {"name": "get_kubeconfig_contexts", "arguments": {}})
    )
    last = message(3, "tools/call", {"name": "get_fleet_status", "arguments": {}})
    with started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(wire.encode() + GARBAGE + last.encode())
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.stdin.close()
        assert process.stdout.read() == b""
        log = process.stderr.read().decode()
        assert process.wait(timeout=10) == 0
    by_id = {answer["id"]: answer["result"] for answer in answers}
    assert by_id[1]["serverInfo"]["name"] == "flux-mirror"
    assert by_id[2]["isError"] is True
    assert "next: set KUBECONFIG" in by_id[3]["content"][0]["text"]
    assert "noise on stdout" in log
    assert "noise in the log" in log
