"""Faults of Git sources: credentials, references, hosts; sources that stand still while all looks well."""

from __future__ import annotations

from mirror.testing.objects import JSON
from mirror.testing.scenarios.landscape import Landscape, Tenant, landscape, tenant
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import fetch_fails, health_fails
from mirror.testing.scenarios.stage import Stage

__all__ = ["RECIPES"]

_CLONE = "failed to checkout and determine revision: unable to clone '{url}': {why}"


def _clone(source: JSON, why: str) -> str:
    return _CLONE.format(url=source["spec"]["url"], why=why)


def _parent_waits(stage: Stage, base: Landscape, team: Tenant) -> None:
    """The bootstrap Kustomization applied the source and waits for it, in vain."""
    stage.happens(8, "the bootstrap Kustomization gives up waiting for the source")
    health_fails(stage, base.root, [team.source])
    stage.happens(13, "and again")
    health_fails(stage, base.root, [team.source])
    stage.symptom(base.root)


@recipe(1, "git-secret-missing", "The Secret with a GitRepository's credentials does not exist")
def git_secret_missing(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    secret = team.secret["metadata"]["name"]
    stage.happens(1, "somebody deletes the Secret")
    stage.remove(team.secret)
    prefix = f"failed to get secret '{team.space}/{secret}': "
    text = f'{prefix}{prefix}secrets "{secret}" not found'
    stage.happens(2, "source-controller cannot read the Secret")
    fetch_fails(stage, team.source, "AuthenticationFailed", text)
    _parent_waits(stage, base, team)
    stage.root(team.secret, "Missing")
    stage.victims(base.root, team.source)
    stage.path(base.root, team.source, team.secret)


@recipe(2, "git-credentials-rejected", "The Git host does not accept a GitRepository's credentials any more")
def git_credentials_rejected(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    text = _clone(team.source, "authentication required: Invalid username or token.")
    stage.happens(1, "the token has expired")
    fetch_fails(stage, team.source, "GitOperationFailed", text)
    _parent_waits(stage, base, team)
    stage.root(team.secret, "Denied")
    stage.victims(base.root, team.source)
    stage.path(base.root, team.source, team.secret)


@recipe(3, "git-branch-not-found", "A GitRepository asks for a branch that does not exist")
def git_branch_not_found(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    branch = stage.name("release-2")
    stage.happens(1, "a commit points the source to another branch")
    stage.patch(team.source, {"spec": {"ref": {"branch": branch}}})
    stage.happens(2, "source-controller does not find it")
    text = _clone(team.source, f'couldn\'t find remote ref "refs/heads/{branch}"')
    fetch_fails(stage, team.source, "GitOperationFailed", text)
    _parent_waits(stage, base, team)
    stage.root(team.source, "Invalid", "spec.ref.branch")
    stage.victims(base.root)
    stage.path(base.root, team.source)


@recipe(4, "git-host-down", "The Git host of two clusters does not answer")
def git_host_down(stage: Stage) -> None:
    fleet = {}
    for word in ("staging", "production"):
        with stage.on(word):
            base = landscape(stage)
            fleet[word] = (base, tenant(stage, base))
    stage.happens(1, "the host goes down")
    for word, (base, team) in fleet.items():
        with stage.on(word):
            host = team.source["spec"]["url"].split("/")[2]
            why = f"dial tcp: lookup {host} on 10.96.0.10:53: no such host"
            for source in (base.source, team.source):
                url = source["spec"]["url"]
                text = _clone(source, f'Get "{url}/info/refs?service=git-upload-pack": {why}')
                fetch_fails(stage, source, "GitOperationFailed", text)
    for minute in (8, 13):
        stage.happens(minute, "the bootstrap Kustomizations wait for the sources")
        for word, (base, team) in fleet.items():
            with stage.on(word):
                health_fails(stage, base.root, [base.source, team.source])
    for word, (base, team) in fleet.items():
        with stage.on(word):
            stage.also_right(team.source, "External", "spec.url")
            stage.victims(base.root)
            if word == "staging":
                stage.symptom(base.root)
                stage.root(base.source, "External", "spec.url")
            else:
                stage.also_right(base.source, "External", "spec.url")


@recipe(10, "source-suspended", "A suspended source keeps a cluster on an old commit, and nothing is red")
def source_suspended(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    stage.happens(1, "somebody suspends the source and forgets it")
    stage.patch(team.source, {"spec": {"suspend": True}})
    stage.symptom(team.kustomization, quiet=True)
    stage.root(team.source, "Suspended")
    stage.path(team.kustomization, team.source)


@recipe(11, "source-stale", "A source fails after it was good: what it fed stays green on the old commit")
def source_stale(stage: Stage) -> None:
    base = landscape(stage, wait=False)  # nobody waits for the source itself
    team = tenant(stage, base)
    text = _clone(team.source, 'couldn\'t find remote ref "refs/heads/main"')
    stage.happens(1, "the branch is deleted on the Git host")
    fetch_fails(stage, team.source, "GitOperationFailed", text)
    stage.happens(40, "still so")
    fetch_fails(stage, team.source, "GitOperationFailed", text, count=30)
    stage.symptom(team.kustomization)
    stage.root(team.source, "Invalid", "spec.ref.branch")
    stage.path(team.kustomization, team.source)


RECIPES: tuple[Recipe, ...] = (
    git_secret_missing,
    git_credentials_rejected,
    git_branch_not_found,
    git_host_down,
    source_suspended,
    source_stale,
)
