"""The headers of one context: where they come from, how long they serve, and that none are ever left out."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from mirror.errors import CredentialsError
from mirror.kube.access import ClusterAccess, ExecConfig, Impersonation, User
from mirror.kube.credentials import Credentials
from mirror.kube.exec_sources import ExecSources
from mirror.kube.tls import ClientCertificate
from tests.mirror.kube.plugins import credential, plugin, printing, runs
from tests.mirror.kube.wire import SETTINGS, FakeClock

pytestmark = pytest.mark.anyio


def credentials(
    user: User, clock: FakeClock | None = None, plugins: ExecSources | None = None, context: str = "test"
) -> Credentials:
    clock = clock or FakeClock()
    access = ClusterAccess(context, "https://api", user=user)
    return Credentials(access, SETTINGS, clock, plugins or ExecSources(SETTINGS, clock, {}))


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {token}"),)


@pytest.mark.parametrize(
    ("user", "headers"),
    [
        (User(), ()),
        (User(token="t"), bearer("t")),
        (User(username="me", password="pä"), (("Authorization", "Basic bWU6cMOk"),)),
        (
            User(impersonation=Impersonation("a", ("g", "h"), "7", (("Scope/A b", ("x", "y")),))),
            (
                ("Impersonate-User", "a"),
                ("Impersonate-Group", "g"),
                ("Impersonate-Group", "h"),
                ("Impersonate-Uid", "7"),
                ("Impersonate-Extra-Scope%2FA%20b", "x"),
                ("Impersonate-Extra-Scope%2FA%20b", "y"),
            ),
        ),
    ],
)
async def test_static_headers(user: User, headers: tuple[tuple[str, str], ...]) -> None:
    made = credentials(user)
    assert await made.headers() == headers
    assert await made.certificate() is None
    assert not made.invalidate(headers)


async def test_a_token_file_is_stripped_and_read_again_after_a_while(tmp_path: Path) -> None:
    path = anyio.Path(tmp_path / "token")
    await path.write_text("first\n")
    clock = FakeClock()
    made = credentials(User(token_file=Path(path), token="fallback"), clock)
    assert await made.headers() == bearer("first")
    await path.write_text("second")
    clock.advance(SETTINGS.token_file_reread_s - 1)
    assert await made.headers() == bearer("first")
    clock.advance(1)
    assert await made.headers() == bearer("second")
    await path.write_text("third")
    assert made.invalidate(bearer("second"))
    assert await made.headers() == bearer("third")


async def test_an_unreadable_token_file_keeps_its_last_token_until_that_is_refused(tmp_path: Path) -> None:
    path = anyio.Path(tmp_path / "token")
    await path.write_text("first")
    clock = FakeClock()
    made = credentials(User(token_file=Path(path)), clock)
    await made.headers()
    await path.unlink()
    clock.advance(SETTINGS.token_file_reread_s)
    assert await made.headers() == bearer("first")
    made.invalidate(bearer("first"))
    with pytest.raises(CredentialsError, match="cannot be read"):
        await made.headers()


async def test_a_missing_token_file_falls_back_to_the_token(tmp_path: Path) -> None:
    assert await credentials(User(token_file=tmp_path / "no", token="t")).headers() == bearer("t")


@pytest.mark.parametrize("content", [b"", b" \n", b"a\nb", b"a\x00b"])
async def test_a_token_file_without_a_token(tmp_path: Path, content: bytes) -> None:
    path = anyio.Path(tmp_path / "token")
    await path.write_bytes(content)
    with pytest.raises(CredentialsError, match="holds no token"):
        await credentials(User(token_file=Path(path))).headers()


async def test_certificate_files_are_read_again(tmp_path: Path) -> None:
    certificate, key = anyio.Path(tmp_path / "crt"), anyio.Path(tmp_path / "key")
    await certificate.write_bytes(b"c1")
    await key.write_bytes(b"k1")
    clock = FakeClock()
    made = credentials(User(certificate_file=Path(certificate), key_file=Path(key)), clock)
    assert await made.certificate() == ClientCertificate(b"c1", b"k1")
    await certificate.write_bytes(b"c2")
    assert await made.certificate() == ClientCertificate(b"c1", b"k1")
    clock.advance(SETTINGS.token_file_reread_s)
    assert await made.certificate() == ClientCertificate(b"c2", b"k1")
    assert await made.headers() == ()
    await certificate.unlink()
    assert made.invalidate(())
    with pytest.raises(CredentialsError, match="client-certificate"):
        await made.certificate()


async def test_a_plugin_runs_once_for_all_who_wait(tmp_path: Path) -> None:
    made = credentials(User(exec=await printing(tmp_path, credential(token="t"))))
    got: list[Any] = []

    async def ask() -> None:
        got.append(await made.headers())

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(ask)
    assert got == [bearer("t")] * 10
    assert await made.certificate() is None
    assert await runs(tmp_path) == 1


async def test_a_failing_plugin_fails_all_who_wait_and_is_not_hammered(tmp_path: Path) -> None:
    clock = FakeClock()
    made = credentials(User(exec=await plugin(tmp_path, "sys.exit(1)")), clock)
    failed: list[CredentialsError] = []

    async def ask() -> None:
        try:
            await made.headers()
        except CredentialsError as error:
            failed.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(ask)
    assert len(failed) == 10
    assert await runs(tmp_path) == 1
    clock.advance(10)
    await ask()
    assert await runs(tmp_path) == 2


async def test_plugin_credentials_serve_until_shortly_before_they_expire(tmp_path: Path) -> None:
    clock = FakeClock()
    document = credential(
        token="t", expirationTimestamp="2023-11-14T22:23:20Z"
    )  # 600 s after the clock's start
    made = credentials(User(exec=await printing(tmp_path, document)), clock)
    await made.headers()
    clock.advance(600 - SETTINGS.expiry_leeway_s - 1)
    await made.headers()
    assert await runs(tmp_path) == 1
    clock.advance(1)
    await made.headers()
    assert await runs(tmp_path) == 2


async def test_credentials_that_are_born_expired_do_not_set_the_plugin_spinning(tmp_path: Path) -> None:
    clock = FakeClock()
    document = credential(token="t", expirationTimestamp="2001-01-01T00:00:00Z")
    made = credentials(User(exec=await printing(tmp_path, document)), clock)
    for _ in range(20):
        await made.headers()
        clock.advance(1)
    assert await runs(tmp_path) == 2


async def test_refused_plugin_credentials_are_fetched_anew_but_not_at_once(tmp_path: Path) -> None:
    clock = FakeClock()
    made = credentials(User(exec=await printing(tmp_path, credential(token="t"))), clock)
    await made.headers()
    assert not made.invalidate(bearer("t"))  # the plugin has only just made it
    clock.advance(10)
    assert made.invalidate(bearer("t"))
    assert made.invalidate(bearer("t"))  # a second request that was refused with the same token
    await made.headers()
    assert await runs(tmp_path) == 2
    assert made.invalidate(bearer("older"))  # replaced meanwhile: worth a try, nothing forgotten
    await made.headers()
    assert await runs(tmp_path) == 2


async def test_a_plugins_certificate_can_be_refused_too(tmp_path: Path) -> None:
    clock = FakeClock()
    document = credential(clientCertificateData="C", clientKeyData="K")
    made = credentials(User(exec=await printing(tmp_path, document)), clock)
    assert await made.headers() == ()
    assert await made.certificate() == ClientCertificate(b"C", b"K")
    clock.advance(10)
    assert made.invalidate(())
    await made.certificate()
    assert await runs(tmp_path) == 2


async def test_a_configured_token_keeps_the_plugin_from_being_asked(tmp_path: Path) -> None:
    made = credentials(User(token="own", exec=await printing(tmp_path, credential(token="t"))))
    assert await made.headers() == bearer("own")
    assert await made.certificate() is None
    assert await runs(tmp_path) == 0


async def test_plugins_of_several_contexts_can_be_bounded(tmp_path: Path) -> None:
    """Each plugin fails when it sees another one at work."""
    busy = tmp_path / "busy"
    program = (
        f"handle = os.open({str(busy)!r}, os.O_CREAT | os.O_EXCL)\n"
        "import time; time.sleep(0.05)\n"
        f"os.unlink({str(busy)!r})\n"
        f"print({json.dumps(credential(token='t'))!r})"
    )
    plugins = ExecSources(SETTINGS, FakeClock(), {}, most=1)
    made = []
    for name in ("a", "b", "c"):
        await anyio.Path(tmp_path / name).mkdir()
        made.append(credentials(User(exec=await plugin(tmp_path / name, program)), plugins=plugins))
    async with anyio.create_task_group() as tasks:
        for one in made:
            tasks.start_soon(one.headers)


async def test_one_run_serves_all_contexts_with_the_same_plugin(tmp_path: Path) -> None:
    clock = FakeClock()
    plugins = ExecSources(SETTINGS, clock, {})
    config = await printing(tmp_path, credential(token="t"))
    made = [credentials(User(name, exec=config), clock, plugins, name) for name in ("a", "b", "c")]
    async with anyio.create_task_group() as tasks:
        for one in made:
            tasks.start_soon(one.headers)
    assert await runs(tmp_path) == 1
    clock.advance(10)
    assert all(one.invalidate(bearer("t")) for one in made), "each server may refuse it"
    async with anyio.create_task_group() as tasks:
        for one in made:
            tasks.start_soon(one.headers)
    assert await runs(tmp_path) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"args": ("--profile=other",)},
        {"env": (("PROFILE", "other"),)},
        {"info": '{"spec": {"cluster": {"server": "https://other"}}}'},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_plugins_that_may_answer_differently_are_run_each(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    clock = FakeClock()
    plugins = ExecSources(SETTINGS, clock, {})
    config = await printing(tmp_path, credential(token="t"))
    await credentials(User(exec=config), clock, plugins).headers()
    await credentials(User(exec=replace(config, **change)), clock, plugins).headers()
    assert await runs(tmp_path) == 2


async def test_a_shared_failure_names_the_context_that_asked(tmp_path: Path) -> None:
    clock = FakeClock()
    plugins = ExecSources(SETTINGS, clock, {})
    config = await plugin(tmp_path, "sys.exit(1)")
    for name in ("a", "b"):
        with pytest.raises(CredentialsError, match=f"^context {name}: .*ended with code 1"):
            await credentials(User(exec=config), clock, plugins, name).headers()
    assert await runs(tmp_path) == 1


async def test_who_waits_for_a_run_that_is_cancelled_runs_the_plugin_itself(tmp_path: Path) -> None:
    clock = FakeClock()
    document = credential(token="old", expirationTimestamp="2023-11-14T22:13:30Z")  # 10 s after the start
    made = credentials(User(exec=await printing(tmp_path, document)), clock)
    await made.headers()
    clock.advance(11)
    started = tmp_path / "started"
    os.mkfifo(started)
    await plugin(tmp_path, f"open({str(started)!r}, 'w').close()\nimport time; time.sleep(30)")
    got: list[Any] = []

    async def ask() -> None:
        got.append(await made.headers())

    async with anyio.create_task_group() as waiting, anyio.create_task_group() as first:
        first.start_soon(ask)
        await anyio.to_thread.run_sync(started.read_bytes)
        waiting.start_soon(ask)
        await printing(tmp_path, credential(token="new"))
        first.cancel_scope.cancel()
    assert got == [bearer("new")]


async def test_a_failing_renewal_leaves_what_has_not_expired_in_use(tmp_path: Path) -> None:
    clock = FakeClock()
    document = credential(token="t", expirationTimestamp="2023-11-14T22:14:20Z")  # 60 s after the start
    made = credentials(User(exec=await printing(tmp_path, document)), clock)
    await made.headers()
    await plugin(tmp_path, "sys.exit(1)")
    clock.advance(40)
    assert await made.headers() == bearer("t")
    assert await made.headers() == bearer("t")
    assert await runs(tmp_path) == 2
    clock.advance(20)
    with pytest.raises(CredentialsError, match="ended with code 1"):
        await made.headers()


async def test_plugins_that_no_context_has_any_more_are_forgotten(tmp_path: Path) -> None:
    plugins = ExecSources(SETTINGS, FakeClock(), {})
    config = await printing(tmp_path, credential(token="t"))
    source = plugins.source(config)
    plugins.retain({config})
    assert plugins.source(config) is source
    plugins.retain(())
    assert plugins.source(config) is not source


async def test_reprs_mask() -> None:
    user = User(name="me", token="planted", exec=ExecConfig("x", "v", args=("planted",)))
    made = credentials(replace(user, impersonation=Impersonation("other")))
    assert "planted" not in repr(made)
    assert "other" in repr(made)
    assert "planted" not in repr(ClientCertificate(b"planted", b"planted"))
