"""Kustomizations that fail before they apply anything: source, path, build, substitution, decryption."""

from __future__ import annotations

from typing import Final

from mirror.keys import ObjectKey
from mirror.testing.scenarios.appliers import KUSTOMIZE
from mirror.testing.scenarios.landscape import landscape, push
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import health_fails, keeps_failing, kustomization_waits
from mirror.testing.scenarios.sources import declared
from mirror.testing.scenarios.stage import Stage
from mirror.testing.scenarios.workloads import config_map, credentials

__all__ = ["RECIPES"]

_FETCH: Final = "Fetching manifests"
_BUILD: Final = "Building manifests"
_TEMPORARY = "/tmp/kustomization"  # noqa: S108 - what kustomize-controller writes into its messages


@recipe(13, "source-missing", "A new Kustomization names a source that does not exist")
def source_missing(stage: Stage) -> None:
    base = landscape(stage)
    absent = ObjectKey("source.toolkit.fluxcd.io", "GitRepository", base.system, stage.name("storefront"))
    stage.happens(1, "a commit adds a Kustomization and forgets its source")
    revision = push(stage, base)
    spec = {
        "interval": "10m0s",
        "path": "./deploy",
        "prune": True,
        "retryInterval": "2m0s",
        "sourceRef": {"kind": "GitRepository", "name": absent.name},
        "timeout": "3m0s",
        "wait": True,
    }
    name = stage.name("storefront-app")
    made = declared(stage, KUSTOMIZE, "Kustomization", base.system, name, spec, by=base.root)
    stage.happens(2, "kustomize-controller cannot find it, and says so nowhere but in the status")
    kustomization_waits(stage, made, absent=absent)
    for minute in (6, 20):
        stage.happens(minute, "the bootstrap Kustomization gives up waiting")
        health_fails(stage, base.root, [made], revision=revision)
    stage.symptom(base.root)
    stage.root(absent, "Missing")
    stage.victims(base.root, made)
    stage.path(base.root, made, absent)


@recipe(14, "path-not-found", "spec.path of a Kustomization is not in its source")
def path_not_found(stage: Stage) -> None:
    base = landscape(stage)
    path = f"{stage.name('apps')}-v2"
    stage.happens(1, "a commit points a Kustomization to another folder")
    revision = push(stage, base, base.apps)
    stage.patch(base.apps, {"spec": {"path": f"./{path}"}})

    def text(attempt: int) -> str:
        folder = f"{_TEMPORARY}-{2036683951 + 7919 * attempt}/{path}"
        return f"kustomization path not found: stat {folder}: no such file or directory"

    keeps_failing(stage, base.root, base.apps, "ArtifactFailed", text, during=_FETCH, revision=revision)
    stage.root(base.apps, "Invalid", "spec.path")
    stage.path(base.root, base.apps)


@recipe(15, "kustomize-build-fails", "A commit breaks the build of a Kustomization")
def kustomize_build_fails(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit lists a file that it does not bring")
    revision = push(stage, base, base.apps)

    def text(attempt: int) -> str:
        folder = f"{_TEMPORARY}-{3036683951 + 7919 * attempt}/{stage.name('apps')}"
        return (
            "kustomize build failed: accumulating resources: accumulation err='accumulating resources from "
            f"'cache.yaml': open {folder}/cache.yaml: no such file or directory': must build at directory: "
            f"not a valid directory: evalsymlink failure on '{folder}/cache.yaml' : "
            f"lstat {folder}/cache.yaml: no such file or directory"
        )

    keeps_failing(stage, base.root, base.apps, "BuildFailed", text, during=_BUILD, revision=revision)
    stage.root(base.apps, "Failed")
    stage.path(base.root, base.apps)


@recipe(
    16, "substitute-from-missing", "A ConfigMap that variables come from was removed by another Kustomization"
)
def substitute_from_missing(stage: Stage) -> None:
    base = landscape(stage)
    data = {"REGION": "eu-west-1", "REPLICAS": "2"}
    variables = config_map(stage, "cluster-vars", base.system, data, by=base.infra)
    name = variables["metadata"]["name"]
    reference = {"kind": "ConfigMap", "name": name, "optional": False}
    stage.patch(base.apps, {"spec": {"postBuild": {"substituteFrom": [reference]}}})
    stage.patch(base.apps, {"status": {"observedGeneration": 2}})
    stage.happens(1, "a commit removes the ConfigMap, and its Kustomization prunes it")
    stage.remove(variables, by=base.infra)
    resource = f"Deployment.v1.apps/{base.web.deployment['metadata']['name']}"
    text = (
        f"post build failed for '{resource}': substitute from 'ConfigMap/{name}' error: "
        f'configmaps "{name}" not found'
    )
    keeps_failing(stage, base.root, base.apps, "BuildFailed", text, during=_BUILD)
    stage.root(variables, "Missing")
    stage.victims(base.apps)
    stage.path(base.root, base.apps, variables)


@recipe(17, "strict-substitution", "A variable that manifests use is not set, and substitution is strict")
def strict_substitution(stage: Stage) -> None:
    base = landscape(stage)
    variables = config_map(stage, "cluster-vars", base.system, {"REPLICAS": "2"}, by=base.infra)
    reference = {"kind": "ConfigMap", "name": variables["metadata"]["name"], "optional": False}
    stage.patch(base.apps, {"spec": {"postBuild": {"substituteFrom": [reference]}}})
    stage.patch(base.apps, {"status": {"observedGeneration": 2}})
    stage.happens(1, "kustomize-controller is upgraded; unset variables were empty before")
    resource = f"Deployment.v1.apps/{base.web.deployment['metadata']['name']}"
    why = 'variable substitution failed: variable not set (strict mode): "REGION"'
    text = f"post build failed for '{resource}': {why}"
    keeps_failing(stage, base.root, base.apps, "BuildFailed", text, during=_BUILD)
    stage.root(base.apps, "Failed")
    stage.also_right(base.apps, "Invalid", "spec.postBuild")
    stage.also_right(variables, "Invalid")
    stage.path(base.root, base.apps)


@recipe(18, "decryption-secret-missing", "The Secret with the decryption key does not exist")
def decryption_secret_missing(stage: Stage) -> None:
    base = landscape(stage)
    key = credentials(stage, "sops-age", base.system, "age.agekey")
    name = key["metadata"]["name"]
    decryption = {"provider": "sops", "secretRef": {"name": name}}
    stage.patch(base.apps, {"spec": {"decryption": decryption}})
    stage.patch(base.apps, {"status": {"observedGeneration": 2}})
    stage.happens(1, "somebody deletes the Secret")
    stage.remove(key)
    text = f'secrets "{name}" not found'
    keeps_failing(stage, base.root, base.apps, "BuildFailed", text, during=_BUILD)
    stage.root(key, "Missing")
    stage.victims(base.apps)
    stage.path(base.root, base.apps, key)


@recipe(19, "decryption-key-wrong", "The decryption key is not the one the files were encrypted with")
def decryption_key_wrong(stage: Stage) -> None:
    base = landscape(stage)
    key = credentials(stage, "sops-age", base.system, "age.agekey")
    decryption = {"provider": "sops", "secretRef": {"name": key["metadata"]["name"]}}
    stage.patch(base.apps, {"spec": {"decryption": decryption}})
    stage.patch(base.apps, {"status": {"observedGeneration": 2}})
    stage.happens(1, "a commit brings files for a new key")
    revision = push(stage, base, base.apps)
    why = "failed to decrypt sops data key with age: no identity matched any of the recipients"
    resource = f"Secret.v1.[noGrp]/{stage.name('web-token')}"
    text = f"decryption failed for '{resource}': cannot get sops data key: {why}"
    keeps_failing(stage, base.root, base.apps, "BuildFailed", text, during=_BUILD, revision=revision)
    stage.root(key, "Invalid")
    stage.victims(base.apps)
    stage.path(base.root, base.apps, key)


@recipe(19, "decryption-not-configured", "Encrypted files arrive, and nobody configured their decryption")
def decryption_not_configured(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit brings an encrypted Secret")
    revision = push(stage, base, base.apps)
    name = stage.name("web-token")
    text = (
        f"Secret/{base.apps_space}/{name} is SOPS encrypted, configuring decryption is required for this "
        "secret to be reconciled\n"
    )
    keeps_failing(
        stage,
        base.root,
        base.apps,
        "ReconciliationFailed",
        text,
        during="Detecting drift",
        revision=revision,
    )
    stage.root(base.apps, "Invalid", "spec.decryption")
    stage.path(base.root, base.apps)


RECIPES: tuple[Recipe, ...] = (
    source_missing,
    path_not_found,
    kustomize_build_fails,
    substitute_from_missing,
    strict_substitution,
    decryption_secret_missing,
    decryption_key_wrong,
    decryption_not_configured,
)
