"""Admission webhooks that do not answer."""

from __future__ import annotations

from mirror.flux.fields import mapping, sequence, text
from mirror.keys import ObjectKey
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import kubectl
from query.root_cause.rules.common import found
from query.root_cause.rules.failed import failed
from query.root_cause.verdicts import CauseClass, Step, Verdict, look

__all__ = ["webhook_unreachable"]

GROUP = "admissionregistration.k8s.io"
KINDS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


def webhook_unreachable(case: Case) -> Verdict | None:
    """The API server could not call a webhook: goes on with the workload behind its Service."""
    match = patterns.WEBHOOK_FAILED.search(case.message)
    if match is None:
        return None
    configuration, service = _owner(case, match["name"])
    if configuration is None:
        return Verdict(otherwise=(failed(case),))
    blamed = found(
        case,
        CauseClass.FAILED,
        f"restore the webhook's server, or remove the webhook: {kubectl(configuration, 'delete')}",
        object=configuration,
        tail=(Step(configuration, field="webhooks"),),
    )
    if service is None:
        return Verdict(otherwise=(blamed,))
    row = case.scene.absent(service)
    if case.scene.is_missing(row):
        return look(Step(row, field="webhooks.clientConfig.service"), otherwise=blamed)
    return look(*(Step(item, field="spec.selector") for item in _behind(case, row)), otherwise=blamed)


def _owner(case: Case, webhook: str) -> tuple[ObjectRow | None, ObjectKey | None]:
    """The configuration that holds a webhook of that name, and the Service it calls."""
    for kind in KINDS:
        rows = case.scene.of_kind(kind, group=GROUP)
        case.scene.prefetch(rows)
        for row in rows:
            for entry in sequence(case.scene.document(row).get("webhooks")):
                if mapping(entry).get("name") == webhook:
                    service = mapping(mapping(mapping(entry).get("clientConfig")).get("service"))
                    name, namespace = text(service.get("name")), text(service.get("namespace"))
                    return row, ObjectKey("", "Service", namespace, name) if name else None
    return None, None


def _behind(case: Case, service: ObjectRow) -> list[ObjectRow]:
    """The Deployments of the Service's namespace whose Pods it selects."""
    selector = mapping(mapping(case.scene.document(service).get("spec")).get("selector"))
    rows = case.scene.of_kind("Deployment", group="apps", namespace=service.namespace)
    case.scene.prefetch(rows)
    return [row for row in rows if selector and selector.items() <= _pod_labels(case, row).items()]


def _pod_labels(case: Case, row: ObjectRow) -> dict[str, object]:
    template = mapping(mapping(case.scene.document(row).get("spec")).get("template"))
    return mapping(mapping(template.get("metadata")).get("labels"))
