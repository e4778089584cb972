"""Kubeconfig files: found, merged, selected from; every way of being broken is told apart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirror.errors import KubeconfigError, UnknownContextError
from mirror.kube.access import Impersonation
from mirror.kube.kubeconfig import Kubeconfig, load_kubeconfig


def config(name: str, **changes: Any) -> dict[str, Any]:
    """A kubeconfig of one cluster, user and context, all called `name`."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}:6443"}}],
        "users": [{"name": name, "user": {"token": f"token-of-{name}"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "team"}}],
        "current-context": name,
    } | changes


def write(path: Path, document: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document))
    return path


def contexts(*names: str) -> dict[str, Any]:
    return {"contexts": [{"name": name, "context": {"cluster": "one", "user": "one"}} for name in names]}


def names(kubeconfig: Kubeconfig) -> list[str]:
    return [context.name for context in kubeconfig.contexts]


def test_an_explicit_path_wins_over_the_environment(tmp_path: Path) -> None:
    given = write(tmp_path / "given", config("given"))
    other = write(tmp_path / "other", config("other"))
    loaded = load_kubeconfig([given], {"KUBECONFIG": str(other)})
    assert names(loaded) == ["given"]
    assert loaded.current == "given"
    assert loaded.files == (given,)
    assert loaded.contexts[0].namespace == "team"


def test_the_home_folder_is_the_last_resort(tmp_path: Path) -> None:
    write(tmp_path / ".kube" / "config", config("home"))
    assert names(load_kubeconfig(None, {"HOME": str(tmp_path)})) == ["home"]
    assert names(load_kubeconfig([], {"HOME": str(tmp_path), "KUBECONFIG": ""})) == ["home"]


def test_a_list_is_merged_and_the_first_file_wins_with_its_whole_entry(tmp_path: Path) -> None:
    first = write(
        tmp_path / "first",
        config("one", **{"current-context": "", "users": [{"name": "one", "user": {"token": "first"}}]}),
    )
    second = write(
        tmp_path / "second",
        config("one", users=[{"name": "one", "user": {"token": "second", "as": "admin"}}])
        | contexts("one", "two"),
    )
    (tmp_path / "empty").touch()
    listed = os.pathsep.join(
        [str(first), str(tmp_path / "missing"), "", str(tmp_path / "empty"), str(second)]
    )
    loaded = load_kubeconfig(None, {"KUBECONFIG": listed})
    assert names(loaded) == ["one", "two"]
    assert loaded.current == "one"  # the first file sets none
    assert loaded.files == (first, second)
    user = loaded.resolve("two").user
    assert (user.token, user.impersonation) == ("first", None)


def test_paths_are_relative_to_the_file_they_stand_in(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "ca.crt").write_bytes(b"the ca")
    user = {
        "tokenFile": "token",
        "exec": {"command": "bin/login", "apiVersion": "client.authentication.k8s.io/v1"},
    }
    cluster = {"server": "https://x", "certificate-authority": "ca.crt"}
    path = write(
        tmp_path / "a" / "config",
        config("x", users=[{"name": "x", "user": user}], clusters=[{"name": "x", "cluster": cluster}]),
    )
    access = load_kubeconfig([path], {}).resolve("x")
    assert access.ca_data == b"the ca"
    assert access.user.token_file == tmp_path / "a" / "token"
    assert access.user.exec is not None
    assert access.user.exec.command == str(tmp_path / "a" / "bin" / "login")


def test_a_command_without_a_slash_is_left_to_path(tmp_path: Path) -> None:
    user = {"exec": {"command": "aws", "apiVersion": "client.authentication.k8s.io/v1beta1"}}
    path = write(tmp_path / "config", config("x", users=[{"name": "x", "user": user}]))
    plugin = load_kubeconfig([path], {}).resolve("x").user.exec
    assert plugin is not None
    assert plugin.command == "aws"


def test_select_takes_names_and_globs_each_context_once(tmp_path: Path) -> None:
    path = write(tmp_path / "config", config("one") | contexts("prod-eu", "prod-us", "dev", "odd[1]"))
    loaded = load_kubeconfig([path], {})

    def chosen(*patterns: str) -> list[str]:
        return [context.name for context in loaded.select(patterns)]

    assert chosen("dev", "prod-*", "prod-eu") == ["dev", "prod-eu", "prod-us"]
    assert chosen("odd[1]") == ["odd[1]"]
    assert chosen() == ["prod-eu", "prod-us", "dev", "odd[1]"]


@pytest.mark.parametrize(
    ("pattern", "near"), [("prod-ue", "prod-eu"), ("produ-*", "prod-"), ("zzz", "there are: prod-eu")]
)
def test_an_unknown_context_names_the_nearest(tmp_path: Path, pattern: str, near: str) -> None:
    loaded = load_kubeconfig([write(tmp_path / "config", config("one") | contexts("prod-eu", "prod-us"))], {})
    with pytest.raises(UnknownContextError, match=near) as caught:
        loaded.select([pattern])
    assert pattern in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_broken_context_spoils_only_itself(tmp_path: Path) -> None:
    document = config("good")
    document["contexts"] += [
        {"name": "no-cluster", "context": {"cluster": "gone", "user": "good"}},
        {"name": "no-user", "context": {"cluster": "good", "user": "gone"}},
        {"name": "nothing", "context": {}},
        {"name": "odd-user", "context": {"cluster": "good", "user": "odd"}},
        {"name": "odd-self", "context": {"cluster": 5}},
        {"name": "anonymous", "context": {"cluster": "good"}},
    ]
    document["users"].append({"name": "odd", "user": {"token": 12345}})
    loaded = load_kubeconfig([write(tmp_path / "config", document)], {})
    errors = {context.name: str(context.error) for context in loaded.contexts if context.error}
    assert list(errors) == ["no-cluster", "no-user", "nothing", "odd-user", "odd-self"]
    assert "'gone'" in errors["no-cluster"]
    assert "$.token" in errors["odd-user"]
    assert "12345" not in errors["odd-user"]
    assert loaded.resolve("good").server == "https://good:6443"
    assert loaded.resolve("anonymous").user.is_anonymous
    with pytest.raises(KubeconfigError, match="gone"):
        loaded.resolve("no-user")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"# only a comment\n", "is empty"),
        (b"a: [unclosed", "not YAML"),
        (b"\x00\x01\x02", "not YAML"),
        (b"\xff\xfe\xfa", "not YAML"),
        (b"just text", "not a kubeconfig"),
        (b"- a\n- b\n", "not a kubeconfig"),
        (b"kind: Deployment\n", "its kind is not Config"),
        (b"contexts: {a: b}\n", r"\$.contexts"),
        (b"contexts: [{context: {}}]\n", r"contexts\[0\]"),
        (b"kind: Config\n", "no contexts"),
        (b"contexts: [{name: a, context: {}}, {name: a, context: {}}]\n", "two contexts are called 'a'"),
    ],
)
def test_files_that_are_no_kubeconfig(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "config"
    path.write_bytes(content)
    with pytest.raises(KubeconfigError, match=message) as caught:
        load_kubeconfig([path], {})
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_syntax_error_names_the_line_and_quotes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("users:\n- name: x\n  user: {token: planted-canary-token\n")
    with pytest.raises(KubeconfigError, match="line 4") as caught:
        load_kubeconfig([path], {})
    assert "planted" not in str(caught.value)


def test_no_kubeconfig_at_all(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="no kubeconfig found") as caught:
        load_kubeconfig(None, {"HOME": str(tmp_path)})
    assert ".kube/config" in caught.value.where
    with pytest.raises(KubeconfigError, match="no such kubeconfig"):
        load_kubeconfig([tmp_path / "missing"], {})
    with pytest.raises(KubeconfigError, match="cannot be read"):
        load_kubeconfig([tmp_path], {})


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"\xef\xbb\xbf" + yaml.safe_dump(config("windows")).encode())
    assert names(load_kubeconfig([path], {})) == ["windows"]


def test_impersonation_of_the_caller_replaces_the_kubeconfigs(tmp_path: Path) -> None:
    user = {"token": "t", "as": "alice", "as-groups": ["dev"], "as-uid": "7", "as-user-extra": {"k": ["v"]}}
    loaded = load_kubeconfig([write(tmp_path / "c", config("x", users=[{"name": "x", "user": user}]))], {})
    own = loaded.resolve("x").user.impersonation
    assert own == Impersonation("alice", ("dev",), "7", (("k", ("v",)),))
    given = Impersonation("bob", ("ops",))
    assert loaded.resolve("x", given).user.impersonation == given


def test_reprs_hold_no_secrets(tmp_path: Path) -> None:
    user = {"token": "planted-canary-token", "as": "alice"}
    loaded = load_kubeconfig([write(tmp_path / "c", config("x", users=[{"name": "x", "user": user}]))], {})
    assert "planted" not in repr(loaded) + repr(loaded.resolve("x")) + repr(loaded._users)
