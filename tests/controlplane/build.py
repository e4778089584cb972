"""Build etcd, kube-apiserver and the Flux CRDs once, and keep them in the user's cache folder.

`python -m tests.controlplane.build` does it ahead of time; tests find the result by its key. The key of
a folder is its versions, the platform and a digest of the module files: another version is another
folder, and a folder that exists is complete.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_dir

__all__ = ["BuildError", "ServerBinaries", "flux_crds", "main", "server_binaries"]

_HERE = Path(__file__).parent
_ETCD = "go.etcd.io/etcd/server/v3"
_API_SERVER = "k8s.io/kubernetes"
_FLUX_APIS = (
    "github.com/fluxcd/helm-controller/api/v2",
    "github.com/fluxcd/kustomize-controller/api/v1",
    "github.com/fluxcd/notification-controller/api/v1",
    "github.com/fluxcd/notification-controller/api/v1beta3",
    "github.com/fluxcd/source-controller/api/v1",
)
_HEARTBEAT_S = 30.0
"""Seconds between two signs of life while the compiler is silent."""

_LIMIT_S = 3600.0
"""Seconds after which a build counts as hung. Two slow cores need about ten minutes."""

Say = Callable[[str], None]


class BuildError(Exception):
    """The servers or CRDs cannot be had on this machine; the text is the reason and what to do."""


@dataclass(frozen=True)
class ServerBinaries:
    """The two programs that make a control plane."""

    etcd: Path
    api_server: Path


def server_binaries(say: Say | None = None) -> ServerBinaries:
    """etcd and kube-apiserver from KUBEBUILDER_ASSETS, from the cache, or built now (8-10 minutes).

    Blocks while it builds or while another process does. Raises BuildError.
    """
    given = os.environ.get("KUBEBUILDER_ASSETS")
    if given:
        return _existing(Path(given), "KUBEBUILDER_ASSETS")
    module = _HERE / "go"
    etcd, kubernetes = (_required_version(module, path) for path in (_ETCD, _API_SERVER))
    system, machine = _go_platform()
    key = f"servers-kubernetes-{kubernetes}-etcd-{etcd}-{system}-{machine}-{_digest(module)}"

    def build(target: Path, say: Say) -> None:
        go = _toolchain()
        say(
            f"building kube-apiserver {kubernetes} and etcd {etcd} with the Go toolchain: "
            "about 8-10 minutes on two cores, this first time only"
        )
        flags = f"-s -w -X k8s.io/component-base/version.gitVersion={kubernetes}"
        packages = (_ETCD, f"{_API_SERVER}/cmd/kube-apiserver")
        # Without cgo the build needs no C compiler, and the platform is that of this interpreter.
        environment = {"CGO_ENABLED": "0", "GOOS": system, "GOARCH": machine}
        command = ["build", "-buildvcs=false", "-ldflags", flags, "-o", f"{target}{os.sep}", *packages]
        _run([go, *command], module, say, environment)
        suffix = ".exe" if system == "windows" else ""
        (target / f"server{suffix}").rename(target / f"etcd{suffix}")

    return _existing(_cached(key, build, say or _to_stderr), "the cache folder")


def flux_crds(say: Say | None = None) -> Path:
    """The folder with one CRD a file (YAML), generated from the published Flux API packages.

    Files are named `<group>_<plural>.yaml`. Blocks while it builds. Raises BuildError.
    """
    module = _HERE / "crds"
    key = f"crds-{_digest(module, *_FLUX_APIS)}"

    def build(target: Path, say: Say) -> None:
        go = _toolchain()
        say("generating the Flux CRDs with controller-gen: about a minute, this first time only")
        paths = [f"paths={package}" for package in _FLUX_APIS]
        _run([go, "tool", "controller-gen", "crd", *paths, f"output:crd:dir={target}"], module, say)
        if not list(target.glob("*.yaml")):
            raise BuildError("controller-gen wrote no CRD")

    return _cached(key, build, say or _to_stderr)


def main() -> int:
    """Build whatever is missing; the exit code is 1 when that is impossible here."""
    try:
        binaries = server_binaries()
        crds = flux_crds()
    except BuildError as error:
        _to_stderr(str(error))
        return 1
    _to_stderr(f"ready: {binaries.api_server}")
    _to_stderr(f"ready: {binaries.etcd}")
    _to_stderr(f"ready: {crds} ({len(list(crds.glob('*.yaml')))} CRDs)")
    return 0


def _cached(key: str, build: Callable[[Path, Say], None], say: Say) -> Path:
    """The folder of this key; built beside it and moved into place, so that it is whole or absent."""
    root = Path(user_cache_dir("flux-mirror")) / "controlplane"
    folder = root / key
    if folder.is_dir():
        return folder
    root.mkdir(parents=True, exist_ok=True)
    with _sole_builder(root / f"{key}.lock", say):
        if folder.is_dir():
            return folder
        for unfinished in root.glob(f"{key}.partial-*"):  # of a builder that was killed
            shutil.rmtree(unfinished, ignore_errors=True)
        started = time.monotonic()
        target = Path(tempfile.mkdtemp(prefix=f"{key}.partial-", dir=root))
        try:
            build(target, say)
            target.rename(folder)
        finally:
            shutil.rmtree(target, ignore_errors=True)
        say(f"built in {_minutes(time.monotonic() - started)}, kept in {folder}")
    return folder


@contextmanager
def _sole_builder(path: Path, say: Say) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=1)
    except Timeout:
        say(f"waiting for another process that is building (lock {path})")
        try:
            lock.acquire(timeout=_LIMIT_S)
        except Timeout as error:
            raise BuildError(f"another process has been building for an hour (lock {path})") from error
    try:
        yield
    finally:
        lock.release()


def _toolchain() -> str:
    """Where the go command is."""
    go = shutil.which("go")
    if go is None:
        raise BuildError(
            "no Go toolchain: `go` is not on PATH (install Go 1.25 or newer from https://go.dev/dl, or set "
            "KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver; the Flux CRDs need Go all the same)"
        )
    return go


def _run(
    command: Sequence[str], module: Path, say: Say, environment: Mapping[str, str] | None = None
) -> None:
    """Run the go command in the module; BuildError with its last lines when it fails."""
    started = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=module,
        env={**os.environ, "GOWORK": "off", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            output = _wait(process, started, say)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise BuildError(f"`go {command[1]}` failed in {module}: {_last_lines(output)}")


def _wait(process: subprocess.Popen[str], started: float, say: Say) -> str:
    while True:
        try:
            return process.communicate(timeout=_HEARTBEAT_S)[0]
        except subprocess.TimeoutExpired:
            elapsed = time.monotonic() - started
            if elapsed > _LIMIT_S:
                raise BuildError(f"the Go toolchain did not finish within {_minutes(_LIMIT_S)}") from None
            say(f"still working, {_minutes(elapsed)} so far")


def _last_lines(output: str, most: int = 8) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith("go: downloading")]
    return " | ".join((telling or lines)[-most:]) or "no output"


def _existing(folder: Path, origin: str) -> ServerBinaries:
    suffix = ".exe" if sys.platform == "win32" else ""
    found = ServerBinaries(folder / f"etcd{suffix}", folder / f"kube-apiserver{suffix}")
    for path in (found.etcd, found.api_server):
        if not path.is_file():
            raise BuildError(f"{origin} ({folder}) has no {path.name}")
    return found


def _required_version(module: Path, path: str) -> str:
    """The version of a module as go.mod requires it."""
    found = re.search(rf"^\s*{re.escape(path)} (v\S+)", (module / "go.mod").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise BuildError(f"{module / 'go.mod'} does not require {path}")
    return found[1]


def _digest(module: Path, *more: str) -> str:
    content = b"".join((module / name).read_bytes() for name in ("go.mod", "go.sum"))
    return hashlib.sha256(content + "\n".join(more).encode()).hexdigest()[:10]


def _go_platform() -> tuple[str, str]:
    """GOOS and GOARCH of this interpreter, known without asking the go command."""
    machine = platform.machine().lower()
    system = {"win32": "windows"}.get(sys.platform, sys.platform)
    return system, {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def _to_stderr(text: str) -> None:
    print(f"control plane: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
