"""Everything else that is in a cluster: thousands of objects that are well, and three faults of their own."""

from __future__ import annotations

from functools import cache

from mirror.testing.scenarios import NOW, Scenario
from mirror.testing.scenarios.appliers import helm_release, kustomization
from mirror.testing.scenarios.breakdowns import crashes
from mirror.testing.scenarios.releases import action_fails
from mirror.testing.scenarios.reports import fetch_fails
from mirror.testing.scenarios.sources import git_repository, helm_repository
from mirror.testing.scenarios.stage import Stage
from mirror.testing.scenarios.workloads import (
    config_map,
    credentials,
    deployment,
    namespaced,
    service,
    service_account,
)

__all__ = ["noise"]

_APPLICATIONS = 10
"""Of one team; with its Pods each is eight objects."""

_PER_TEAM = 8 * _APPLICATIONS


@cache
def noise(count: int, now: float = NOW) -> Scenario:
    """A cluster with at least `count` objects, called `other-…`: teams whose applications are well.

    Its fault are three things that fail for themselves, all of them roots.
    """
    stage = Stage(lambda word: f"other-{word}", now)
    for number in range(-(-count // _PER_TEAM)):
        _team(stage, number)
    _faults(stage)
    return stage.finish(0, "noise", "Other things in the same cluster")


def _team(stage: Stage, number: int) -> None:
    space = namespaced(stage, f"team-{number}")
    source = git_repository(stage, f"team-{number}", space)
    applier = kustomization(stage, f"team-{number}", space, source)
    for index in range(_APPLICATIONS):
        word = f"app-{number}-{index}"
        settings = config_map(stage, word, space, {"LOG_LEVEL": "info"}, by=applier)
        secret = credentials(stage, word, space, "token", by=applier)
        account = service_account(stage, word, space, by=applier)["metadata"]["name"]
        deployment(
            stage,
            word,
            space,
            by=applier,
            replicas=2,
            env_from=[settings, secret],
            serviceAccountName=account,
        )
        service(stage, word, space, by=applier)


def _faults(stage: Stage) -> None:
    """A crashing Deployment that nobody applies, a release that Helm refuses, a repository without access."""
    space = namespaced(stage, "broken")
    worker = deployment(stage, "worker", space)
    charts = helm_repository(stage, "charts", space)
    release = helm_release(stage, "billing", space, charts)
    source = git_repository(stage, "private", space)
    stage.happens(1, "three things fail")
    crashes(stage, worker)
    action_fails(stage, release, "upgrade", "execution error at (billing/templates/job.yaml:3:4): no plan")
    url = source["spec"]["url"]
    text = f"failed to checkout and determine revision: unable to clone '{url}': authentication required"
    fetch_fails(stage, source, "GitOperationFailed", text)
    stage.symptom(source)
    stage.root(worker.deployment, "Workload")
    stage.root(release, "Failed", "spec.values")
    stage.root(source, "Denied", "spec.secretRef")
