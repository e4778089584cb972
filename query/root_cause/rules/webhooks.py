"""Admission and conversion webhooks that do not answer."""

from __future__ import annotations

from typing import NamedTuple

from mirror.flux.fields import integer, mapping, sequence, text
from mirror.keys import ObjectKey
from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, kubectl
from query.root_cause.rules.common import found
from query.root_cause.rules.failed import failed
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, blame, look

__all__ = ["webhook_unreachable"]

GROUP = "admissionregistration.k8s.io"
KINDS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")

_SERVERS = ("Deployment", "StatefulSet", "DaemonSet")
_SCALED_TO_ZERO = "ScaledToZero"


class _Webhook(NamedTuple):
    configuration: ObjectRow | None
    service: ObjectKey | None


def webhook_unreachable(case: Case) -> Verdict | None:
    """The API server could not call a webhook: goes on with the workload behind its Service."""
    match = patterns.WEBHOOK_FAILED.search(case.message)
    if match is None:
        return None
    webhook = _webhook(case, match["name"] or "")
    blamed = _unreachable(case, webhook.configuration) if webhook.configuration else failed(case)
    way = (Step(webhook.configuration, field="webhooks"),) if webhook.configuration else ()
    if webhook.service is None:
        return Verdict(otherwise=(blamed,))
    service = case.scene.absent(webhook.service)
    if not service.present:
        return look(Step(service, field="webhooks.clientConfig.service"), otherwise=blamed)
    servers = _behind(case, service)
    stopped = [row for row in servers if row.health == Health.READY and row.reason == _SCALED_TO_ZERO]
    if stopped and len(stopped) == len(servers):
        return blame(_stopped(case, stopped[0], (*way, Step(service, field="webhooks.clientConfig.service"))))
    silent = next((row for row in servers if not _answers(case, row)), None)
    if silent is not None:
        blamed = _silent(case, silent, (*way, Step(service, field="webhooks.clientConfig.service")))
    through = f"webhook {match['name'] or 'of a conversion'}, {called(service)}"
    return look(*(Step(row, field=through) for row in servers), otherwise=blamed)


def _webhook(case: Case, name: str) -> _Webhook:
    """The configuration that holds a webhook of that name, and the Service it calls; the Service may only be
    known from the address in the message."""
    for kind in KINDS:
        rows = case.scene.of_kind(kind, group=GROUP)
        case.scene.prefetch(rows)
        for row in rows:
            for entry in sequence(case.scene.document(row).get("webhooks")):
                if mapping(entry).get("name") == name:
                    service = mapping(mapping(mapping(entry).get("clientConfig")).get("service"))
                    key = ObjectKey("", "Service", text(service.get("namespace")), text(service.get("name")))
                    return _Webhook(row, key if key.name else None)
        case.scene.unseen(GROUP, kind)
    address = patterns.WEBHOOK_SERVICE.search(case.message)
    if address is None:
        return _Webhook(None, None)
    return _Webhook(None, ObjectKey("", "Service", address["namespace"], address["name"]))


def _unreachable(case: Case, configuration: ObjectRow) -> Found:
    return found(
        case,
        CauseClass.FAILED,
        f"restore the webhook's server, or remove the webhook: {kubectl(configuration, 'delete')}",
        object=configuration,
        tail=(Step(configuration, field="webhooks"),),
    )


def _stopped(case: Case, row: ObjectRow, way: tuple[Step, ...]) -> Found:
    """Nobody answers because nobody is meant to run; a workload without Pods counts as ready by itself."""
    return found(
        case,
        CauseClass.WORKLOAD,
        kubectl(row, "scale", "--replicas=1"),
        object=row,
        field="spec.replicas",
        reason=_SCALED_TO_ZERO,
        message=f"{called(row)}, which answers the webhook, is scaled to zero: {case.message.strip()}",
        tail=(*way, Step(row, field="spec.selector")),
        proofs=(*case.proofs, Proof(row, "condition", f"{row.reason}: {row.message}", row.since)),
    )


def _answers(case: Case, row: ObjectRow) -> bool:
    """At least one Pod of the workload is ready."""
    status = mapping(case.scene.document(row).get("status"))
    return bool(integer(status.get("readyReplicas")) or integer(status.get("numberReady")))


def _silent(case: Case, row: ObjectRow, way: tuple[Step, ...]) -> Found:
    """Its own counts say that none of its Pods is ready; why not, the Pods tell where they can be seen."""
    told = f"{row.reason}: {row.message}".strip(": ")
    said = f"{called(row)}, which answers the webhook, has no ready Pod ({told})"
    return found(
        case,
        CauseClass.WORKLOAD,
        f"see why none of its Pods is ready: {kubectl(row, 'describe')}",
        object=row,
        reason=row.reason or "NotAvailable",
        message=f"{said}: {case.message.strip()}",
        since=row.since or case.since,
        tail=(*way, Step(row, field="spec.selector")),
        proofs=(*case.proofs, Proof(row, "condition", f"{row.health} {told}", row.since)),
    )


def _behind(case: Case, service: ObjectRow) -> list[ObjectRow]:
    """The workloads of the Service's namespace whose Pods it selects."""
    selector = mapping(mapping(case.scene.document(service).get("spec")).get("selector"))
    rows = [
        row
        for kind in _SERVERS
        for row in case.scene.of_kind(kind, group="apps", namespace=service.namespace)
    ]
    case.scene.prefetch(rows)
    return [row for row in rows if selector and selector.items() <= _pod_labels(case, row).items()]


def _pod_labels(case: Case, row: ObjectRow) -> dict[str, object]:
    template = mapping(mapping(case.scene.document(row).get("spec")).get("template"))
    return mapping(mapping(template.get("metadata")).get("labels"))
