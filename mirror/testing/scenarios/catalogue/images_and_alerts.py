"""Faults of image automation and of notification (49, 50)."""

from __future__ import annotations

from mirror.testing.scenarios.automation import automation, notification
from mirror.testing.scenarios.landscape import landscape, tenant
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import health_fails
from mirror.testing.scenarios.stage import Stage
from mirror.testing.scenarios.workloads import credentials

__all__ = ["RECIPES"]


@recipe(49, "image-scan-refused", "A registry does not accept the credentials of an ImageRepository")
def image_scan_refused(stage: Stage) -> None:
    base = landscape(stage)
    secret = credentials(stage, "registry-login", base.apps_space, ".dockerconfigjson")
    reference = {"name": secret["metadata"]["name"]}
    images = automation(stage, "web", base.apps_space, base.source, by=base.apps, secretRef=reference)
    image = images.repository["spec"]["image"]
    host, _, path = image.partition("/")
    text = (
        f"scan failed: GET https://{host}/v2/{path}/tags/list?n=1000: UNAUTHORIZED: authentication required; "
        f"[map[Action:pull Class: Name:{path} Type:repository]]"
    )
    stage.happens(1, "the registry's token expires")
    stage.event(images.repository, "ReadOperationFailed", text, count=4)
    stage.report(
        images.repository,
        ("Reconciling", "True", "ProgressingWithRetry", text),
        ("Ready", "False", "ReadOperationFailed", text),
    )
    stage.happens(6, "the Kustomization above gives up waiting; the policy keeps the old tag")
    health_fails(stage, base.apps, [images.repository])
    stage.symptom(images.policy)
    stage.root(secret, "Denied")
    stage.victims(images.repository, images.policy, images.update, base.apps)
    stage.path(images.policy, images.repository, secret)


@recipe(49, "image-policy-without-scan", "An ImagePolicy waits for a repository whose Secret does not exist")
def image_policy_without_scan(stage: Stage) -> None:
    base = landscape(stage)
    secret = credentials(stage, "registry-login", base.apps_space, ".dockerconfigjson")
    name = secret["metadata"]["name"]
    images = automation(stage, "web", base.apps_space, base.source, by=base.apps, secretRef={"name": name})
    text = f"auth secret '{base.apps_space}/{name}' not found: secrets \"{name}\" not found"
    stage.happens(1, "the Secret is deleted and image-reflector-controller has lost its database")
    stage.remove(secret)
    stage.event(images.repository, "AuthenticationFailed", text, count=4)
    stage.report(
        images.repository,
        ("Reconciling", "True", "ProgressingWithRetry", text),
        ("Ready", "False", "AuthenticationFailed", text),
    )
    stage.happens(3, "the policy has no tags to choose from")
    waits = "referenced ImageRepository has not been scanned yet"
    stage.event(images.policy, "DependencyNotReady", waits, warning=False, count=9)
    stage.report(
        images.policy,
        ("Reconciling", "True", "Progressing", waits),
        ("Ready", "False", "DependencyNotReady", waits),
    )
    stage.happens(6, "the Kustomization above gives up waiting")
    health_fails(stage, base.apps, [images.repository, images.policy])
    stage.symptom(images.policy)
    stage.root(secret, "Missing")
    stage.victims(images.repository, images.policy, images.update, base.apps)
    stage.path(images.policy, images.repository, secret)


@recipe(49, "image-push-refused", "An image automation may read its Git repository, not write to it")
def image_push_refused(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    images = automation(stage, "team-api", team.space, team.source, by=base.root)
    text = "failed to push to remote: authorization failed: remote: Write access to repository not granted."
    stage.happens(1, "the deploy key becomes read-only")
    stage.happens(4, "a new tag cannot be committed")
    stage.event(images.update, "GitOperationFailed", text, count=4)
    stage.report(
        images.update,
        ("Reconciling", "True", "ProgressingWithRetry", text),
        ("Ready", "False", "GitOperationFailed", text),
    )
    stage.happens(8, "the bootstrap Kustomization gives up waiting")
    health_fails(stage, base.root, [images.update])
    stage.symptom(images.update)
    stage.root(team.secret, "Denied")
    stage.victims(base.root, images.update)
    stage.path(images.update, team.source, team.secret)


@recipe(50, "alerts-not-sent", "An Alert's Provider points to a chat that does not exist; nothing is red")
def alerts_not_sent(stage: Stage) -> None:
    base = landscape(stage)
    address = f"https://chat.{stage.name('acme')}.example/hooks/planted-canary-provider"
    told = notification(stage, "on-call", base.system, by=base.root, address=address)
    text = (
        f"failed to send notification for Kustomization/{base.apps['metadata']['name']}.{base.system}: "
        "postMessage failed: request failed with status code 404, response body: no_team"
    )
    stage.happens(1, "the chat's webhook is removed")
    stage.happens(9, "notification-controller cannot deliver")
    stage.event(told.alert, "NotificationDispatchFailed", text, count=7)
    stage.symptom(told.alert, quiet=True)
    stage.root(told.provider, "Invalid", "spec.address")
    stage.also_right(told.provider, "Failed")
    stage.also_right(told.provider, "Denied")
    stage.path(told.alert, told.provider)


@recipe(50, "alerts-without-token", "The Secret of an Alert's Provider does not exist; nothing is red")
def alerts_without_token(stage: Stage) -> None:
    base = landscape(stage)
    secret = credentials(stage, "chat-token", base.system, "address", "token")
    name = secret["metadata"]["name"]
    told = notification(stage, "on-call", base.system, by=base.root, secretRef={"name": name})
    text = (
        "failed to initialize notifier for provider "
        f"'{told.provider['metadata']['name']}': failed to read secret: secrets \"{name}\" not found"
    )
    stage.happens(1, "somebody deletes the Secret")
    stage.remove(secret)
    stage.happens(9, "notification-controller cannot deliver")
    stage.event(told.alert, "NotificationDispatchFailed", text, count=7)
    stage.symptom(told.alert, quiet=True)
    stage.root(secret, "Missing")
    stage.victims(told.provider)
    stage.path(told.alert, told.provider, secret)


RECIPES: tuple[Recipe, ...] = (
    image_scan_refused,
    image_policy_without_scan,
    image_push_refused,
    alerts_not_sent,
    alerts_without_token,
)
