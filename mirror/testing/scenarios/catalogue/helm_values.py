"""Faults in what a HelmRelease is given: values that are not there or not right (31, 32)."""

from __future__ import annotations

from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import helm_release
from mirror.testing.scenarios.landscape import Landscape, helm_workload, landscape
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.releases import action_fails, settings_fail
from mirror.testing.scenarios.reports import health_fails
from mirror.testing.scenarios.stage import Ref, Stage
from mirror.testing.scenarios.workloads import config_map, credentials

__all__ = ["RECIPES"]


def _release(stage: Stage, base: Landscape, values: JSON) -> JSON:
    """A HelmRelease with values from an object."""
    reference = {"kind": values["kind"], "name": values["metadata"]["name"]}
    release = helm_release(stage, "shop", base.apps_space, base.charts, by=base.apps, valuesFrom=[reference])
    helm_workload(stage, "shop", base.apps_space, release)
    return release


def _unresolved(values: JSON, why: str, key: str = "values.yaml") -> str:
    place = f"{values['metadata']['namespace']}/{values['metadata']['name']}"
    return f"could not resolve {values['kind']} chart values reference '{place}' with key '{key}': {why}"


def _parents_wait(stage: Stage, base: Landscape, release: Ref) -> None:
    stage.happens(7, "the Kustomization above gives up waiting")
    health_fails(stage, base.apps, [release])
    stage.happens(10, "and the one above that")
    health_fails(stage, base.root, [base.apps])
    stage.symptom(base.root)
    stage.victims(base.root, base.apps)


@recipe(31, "values-secret-missing", "The Secret with values of a HelmRelease does not exist")
def values_secret_missing(stage: Stage) -> None:
    base = landscape(stage)
    secret = credentials(stage, "shop-values", base.apps_space, "values.yaml", by=base.apps)
    release = _release(stage, base, secret)
    name = secret["metadata"]["name"]
    stage.happens(1, "the Secret is pruned by mistake")
    stage.remove(secret)
    stage.happens(3, "helm-controller cannot compose the values")
    settings_fail(stage, release, "ValuesError", _unresolved(secret, f'secrets "{name}" not found'))
    _parents_wait(stage, base, release)
    stage.root(secret, "Missing")
    stage.victims(release)
    stage.path(base.root, base.apps, release, secret)


@recipe(31, "values-key-missing", "A HelmRelease asks for a key that the ConfigMap with values does not have")
def values_key_missing(stage: Stage) -> None:
    base = landscape(stage)
    values = config_map(stage, "shop-values", base.apps_space, {"values.yaml": "replicas: 1\n"}, by=base.apps)
    release = _release(stage, base, values)
    stage.happens(1, "a commit asks for another key")
    reference = {"kind": "ConfigMap", "name": values["metadata"]["name"], "valuesKey": "production.yaml"}
    stage.patch(release, {"spec": {"valuesFrom": [reference]}})
    stage.happens(2, "helm-controller does not find it")
    text = _unresolved(values, "key not found", "production.yaml")
    settings_fail(stage, release, "ValuesError", text)
    _parents_wait(stage, base, release)
    stage.root(release, "Invalid", "spec.valuesFrom[0].valuesKey")
    stage.also_right(values, "Invalid", "data.production.yaml")
    stage.path(base.root, base.apps, release, values)


@recipe(31, "values-not-yaml", "A ConfigMap with values of a HelmRelease holds broken YAML")
def values_not_yaml(stage: Stage) -> None:
    base = landscape(stage)
    values = config_map(stage, "shop-values", base.apps_space, {"values.yaml": "replicas: 1\n"}, by=base.apps)
    release = _release(stage, base, values)
    stage.happens(1, "somebody edits the values and forgets to quote")
    stage.patch(values, {"data": {"values.yaml": "replicas: 1\nhost: a: b\n"}})
    stage.happens(2, "helm-controller cannot read them")
    why = "error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context"
    settings_fail(stage, release, "ValuesError", _unresolved(values, why))
    _parents_wait(stage, base, release)
    stage.root(values, "Invalid", "data.values.yaml")
    stage.victims(release)
    stage.path(base.root, base.apps, release, values)


@recipe(32, "values-against-schema", "The values of a HelmRelease do not fit the chart's schema")
def values_against_schema(stage: Stage) -> None:
    base = landscape(stage)
    release = base.backend
    stage.happens(1, "a commit sets a number as text")
    stage.patch(release, {"spec": {"values": {"replicaCount": "three"}}})
    chart = release["spec"]["chart"]["spec"]["chart"]
    why = (
        "values don't meet the specifications of the schema(s) in the following chart(s):\n"
        f"{chart}:\n- at '/replicaCount': got string, want integer\n"
    )
    stage.happens(2, "Helm refuses the upgrade, again and again")
    action_fails(stage, release, "upgrade", why)
    stage.happens(4, "second attempt")
    action_fails(stage, release, "upgrade", why, attempt=2)
    _parents_wait(stage, base, release)
    stage.root(release, "Invalid", "spec.values")
    stage.path(base.root, base.apps, release)


@recipe(32, "template-error", "A chart's templates do not accept the values of a HelmRelease")
def template_error(stage: Stage) -> None:
    base = landscape(stage)
    release = base.backend
    stage.happens(1, "a commit removes a value that the chart insists on")
    stage.patch(release, {"spec": {"values": {"image": {"tag": None}}}})
    chart = release["spec"]["chart"]["spec"]["chart"]
    why = f"execution error at ({chart}/templates/deployment.yaml:12:20): image.tag is required"
    stage.happens(2, "Helm cannot render the chart")
    action_fails(stage, release, "upgrade", why)
    _parents_wait(stage, base, release)
    stage.root(release, "Failed", "spec.values")
    stage.also_right(release, "Invalid", "spec.values")
    stage.path(base.root, base.apps, release)


RECIPES: tuple[Recipe, ...] = (
    values_secret_missing,
    values_key_missing,
    values_not_yaml,
    values_against_schema,
    template_error,
)
