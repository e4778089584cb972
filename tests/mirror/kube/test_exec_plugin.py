"""One run of an exec plugin: what it is given, what it may print, and every way it can go wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import anyio
import pytest

from mirror.errors import CredentialsError
from mirror.kube.access import ExecConfig
from mirror.kube.exec_plugin import ExecCredential, run_exec_plugin
from mirror.kube.tls import ClientCertificate
from tests.mirror.kube.plugins import V1, credential, plugin, printing

pytestmark = pytest.mark.anyio

V1BETA1 = "client.authentication.k8s.io/v1beta1"


async def run(config: ExecConfig, timeout_s: float = 5, **environ: str) -> ExecCredential:
    return await run_exec_plugin(
        config, {"PATH": os.defpath} | environ, timeout_s=timeout_s, where="context test"
    )


async def test_a_token_with_its_expiry(tmp_path: Path) -> None:
    got = await run(
        await printing(tmp_path, credential(token="tok\n", expirationTimestamp="2026-11-22T09:00:00Z"))
    )
    assert got == ExecCredential("tok", None, 1795338000.0)
    assert "tok" not in repr(got)


async def test_a_client_certificate(tmp_path: Path) -> None:
    document = credential(V1BETA1, clientCertificateData="CERT", clientKeyData="KEY")
    got = await run(await printing(tmp_path, document, api_version=V1BETA1))
    assert got == ExecCredential("", ClientCertificate(b"CERT", b"KEY"), None)


async def test_it_gets_arguments_environment_and_nothing_to_read(tmp_path: Path) -> None:
    program = (
        "names = ('ONE', 'TWO', 'KUBERNETES_EXEC_INFO')\n"
        "parts = [sys.argv[1], *map(os.environ.get, names), repr(sys.stdin.read())]\n"
        "token = '/'.join(parts)\n"
        f"print(json.dumps({credential()!r} | {{'status': {{'token': token}}}}))"
    )
    config = await plugin(tmp_path, program, args=("arg",), env=(("TWO", "2"),), info="{}")
    assert (await run(config, ONE="1", TWO="overridden")).token == "arg/1/2/{}/''"


async def test_it_is_found_on_the_path_of_the_environment(tmp_path: Path) -> None:
    await printing(tmp_path, credential(token="t"))
    assert (await run(ExecConfig("plugin", V1), PATH=str(tmp_path))).token == "t"


async def test_a_missing_plugin_tells_how_to_install_it() -> None:
    config = ExecConfig("no-such-plugin", V1, install_hint="run `brew install it`")
    with pytest.raises(CredentialsError, match=r"`no-such-plugin` not found \(run `brew install it`\)"):
        await run(config)
    with pytest.raises(CredentialsError, match="install it"):
        await run(ExecConfig("no-such-plugin", V1))


async def test_a_plugin_that_may_not_be_run(tmp_path: Path) -> None:
    path = anyio.Path(tmp_path / "plugin")
    await path.touch(mode=0o600)
    with pytest.raises(CredentialsError, match="cannot be started"):
        await run(ExecConfig(str(path), V1))


async def test_a_plugin_that_wants_a_terminal_is_not_run(tmp_path: Path) -> None:
    config = await printing(tmp_path, credential(token="t"), interactive_mode="Always")
    with pytest.raises(CredentialsError, match="wants a terminal"):
        await run(config)
    assert not await anyio.Path(tmp_path / "runs").exists()


async def test_a_failing_plugin_is_quoted_bounded_and_masked(tmp_path: Path) -> None:
    program = (
        "sys.stderr.write('noise ' * 20000 + 'token=planted-canary expired, please log in')\n"
        "print('planted-canary')\nsys.exit(7)"
    )
    with pytest.raises(CredentialsError, match="ended with code 7") as caught:
        await run(await plugin(tmp_path, program))
    assert "expired, please log in" in str(caught.value)
    assert "planted-canary" not in str(caught.value)
    assert len(str(caught.value)) < 600
    assert caught.value.where == "context test"


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        ("", "no ExecCredential"),
        ("planted-canary", "no ExecCredential"),
        ("[1]", "no ExecCredential"),
        (json.dumps(credential(token=5)), "no ExecCredential"),
        (json.dumps({"kind": "Pod", "apiVersion": V1}), "another kind"),
        (json.dumps(credential(V1BETA1, token="planted-canary")), "another apiVersion"),
        (json.dumps({"kind": "ExecCredential", "apiVersion": V1}), "without status"),
        (json.dumps(credential()), "without token and client certificate"),
        (json.dumps(credential(clientCertificateData="planted-canary")), "without its key"),
        (json.dumps(credential(clientKeyData="planted-canary")), "or a key alone"),
        (json.dumps(credential(token="planted\ncanary")), "control characters"),
        (json.dumps(credential(token="planted-canary", expirationTimestamp="soon")), "no RFC 3339 time"),
    ],
)
async def test_what_is_no_usable_credential(tmp_path: Path, printed: str, message: str) -> None:
    with pytest.raises(CredentialsError, match=message) as caught:
        await run(await plugin(tmp_path, f"print({printed!r})"))
    assert "planted" not in str(caught.value)


async def test_endless_output_is_read_but_not_kept(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="no ExecCredential"):
        await run(await plugin(tmp_path, "sys.stdout.write('x' * 5_000_000)"))


HANGS = """
alive = open({alive!r}, "w")  # inherited by the child: its other end sees the end when both are gone
if os.fork() == 0:
    import time
    time.sleep(30)
    os._exit(0)
sys.stderr.write("waiting for the browser")
sys.stderr.flush()
open({started!r}, "w").close()
os.wait()
"""


async def read_pipe(path: Path) -> bytes:
    """Waits, bounded, until a writer has come and all writers have gone."""
    with anyio.fail_after(5):
        return await anyio.to_thread.run_sync(path.read_bytes, abandon_on_cancel=True)


@pytest.fixture
def pipes(tmp_path: Path) -> dict[str, str]:
    made = {name: str(tmp_path / name) for name in ("alive", "started")}
    for path in made.values():
        os.mkfifo(path)
    return made


async def test_a_hanging_plugin_is_killed_with_its_children(tmp_path: Path, pipes: dict[str, str]) -> None:
    config = await plugin(tmp_path, HANGS.format(**pipes))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read_pipe, Path(pipes["started"]))
        tasks.start_soon(read_pipe, Path(pipes["alive"]))
        with pytest.raises(
            CredentialsError, match=r"longer than 0.5 s and was killed: waiting for the browser"
        ):
            await run(config, timeout_s=0.5)


async def test_cancellation_kills_it_too(tmp_path: Path, pipes: dict[str, str]) -> None:
    config = await plugin(tmp_path, HANGS.format(**pipes))
    async with anyio.create_task_group() as watchers:
        watchers.start_soon(read_pipe, Path(pipes["alive"]))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run, config, 600.0)
            await read_pipe(Path(pipes["started"]))
            tasks.cancel_scope.cancel()


async def test_a_child_that_outlives_the_plugin_is_left_alone(tmp_path: Path, pipes: dict[str, str]) -> None:
    """Some plugins start an agent; only the time limit and cancellation may kill it."""
    program = (
        "if os.fork() == 0:\n"
        "    os.close(1); os.close(2)\n"
        f"    open({pipes['started']!r}).read()\n"
        f"    open({pipes['alive']!r}, 'w').write('still here')\n"
        "    os._exit(0)\n"
        f"print({json.dumps(credential(token='t'))!r})"
    )
    assert (await run(await plugin(tmp_path, program))).token == "t"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.Path(pipes["started"]).write_text, "go on")
        assert await read_pipe(Path(pipes["alive"])) == b"still here"


def test_repr_hides_arguments() -> None:
    shown: Any = repr(ExecConfig("x", V1, args=("--secret=planted",), env=(("A", "planted"),)))
    assert "planted" not in shown
