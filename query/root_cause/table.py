"""Which rules are asked about which kind, in which order; the first that answers decides."""

from __future__ import annotations

from mirror.flux.kinds import HELM_GROUP, KUSTOMIZE_GROUP, SOURCE_GROUP, Category, flux_kind
from mirror.keys import GroupKind
from query.root_cause.case import Case
from query.root_cause.rules.access import forbidden
from query.root_cause.rules.applies import refused_object
from query.root_cause.rules.artifacts import access_denied, cannot_decrypt, path_not_found, source_not_ready
from query.root_cause.rules.charts import wrong_chart
from query.root_cause.rules.claims import unbound_claim
from query.root_cause.rules.controllers import controller_down
from query.root_cause.rules.crds import kind_not_served
from query.root_cause.rules.creation import cannot_create_pods
from query.root_cause.rules.dependencies import cycle, waits_for_dependency
from query.root_cause.rules.drift import drifted
from query.root_cause.rules.failed import failed_itself
from query.root_cause.rules.inventory import running_checks, unhealthy_children
from query.root_cause.rules.jobs import failed_job
from query.root_cause.rules.missing import named_as_missing, placeholder
from query.root_cause.rules.pods import (
    broken_container,
    left_behind,
    lost_node,
    missing_configuration,
    unbound_volume,
    unready_container,
)
from query.root_cause.rules.releases import owned_by_another, release_locked, timed_out
from query.root_cause.rules.remote import remote_cluster
from query.root_cause.rules.sources import (
    host_unreachable,
    refused_credentials,
    upstream_source,
    wrong_address,
    wrong_reference,
    wrong_signature,
)
from query.root_cause.rules.suspension import still_source, suspended
from query.root_cause.rules.values import values_reference, wrong_values
from query.root_cause.rules.webhooks import webhook_unreachable
from query.root_cause.rules.workloads import owned_trouble
from query.root_cause.verdicts import Rule, Verdict

__all__ = ["judge", "rules_for"]

_ALWAYS: tuple[Rule, ...] = (placeholder, controller_down, suspended)

_WAITING: tuple[Rule, ...] = (cycle, waits_for_dependency, access_denied)
_REFUSED: tuple[Rule, ...] = (kind_not_served, webhook_unreachable, forbidden, named_as_missing)

_APPLIER: tuple[Rule, ...] = (
    *_WAITING,
    path_not_found,
    *_REFUSED,
    remote_cluster,
    source_not_ready,
    cannot_decrypt,
    unhealthy_children,
    refused_object,
    running_checks,
    still_source,
    failed_itself,
)
_RELEASE: tuple[Rule, ...] = (
    *_WAITING,
    source_not_ready,
    *_REFUSED,
    remote_cluster,
    values_reference,
    owned_by_another,
    release_locked,
    wrong_values,
    timed_out,
    drifted,
    running_checks,
    still_source,
    failed_itself,
)
_SOURCE: tuple[Rule, ...] = (
    named_as_missing,
    upstream_source,
    wrong_signature,
    wrong_reference,
    wrong_address,
    refused_credentials,
    host_unreachable,
    still_source,
    failed_itself,
)
_CHART: tuple[Rule, ...] = (named_as_missing, upstream_source, wrong_chart, *_SOURCE[2:])
_OTHER_FLUX: tuple[Rule, ...] = (waits_for_dependency, access_denied, *_SOURCE)

_POD: tuple[Rule, ...] = (
    left_behind,
    missing_configuration,
    unbound_volume,
    lost_node,
    broken_container,
    unready_container,
)

_BY_KIND: dict[GroupKind, tuple[Rule, ...]] = {
    GroupKind(HELM_GROUP, "HelmRelease"): _RELEASE,
    GroupKind(KUSTOMIZE_GROUP, "Kustomization"): _APPLIER,
    GroupKind(SOURCE_GROUP, "HelmChart"): _CHART,
    GroupKind("apps", "Deployment"): (owned_trouble,),
    GroupKind("apps", "ReplicaSet"): (cannot_create_pods, owned_trouble),
    GroupKind("apps", "StatefulSet"): (cannot_create_pods, owned_trouble),
    GroupKind("apps", "DaemonSet"): (cannot_create_pods, owned_trouble),
    GroupKind("batch", "CronJob"): (owned_trouble,),
    GroupKind("batch", "Job"): (cannot_create_pods, failed_job),
    GroupKind("", "Pod"): _POD,
    GroupKind("", "PersistentVolumeClaim"): (unbound_claim,),
}
_BY_CATEGORY: dict[Category, tuple[Rule, ...]] = {Category.APPLIER: _APPLIER, Category.SOURCE: _SOURCE}


def rules_for(kind: GroupKind) -> tuple[Rule, ...]:
    """The rules for objects of this kind; a kind that nobody knows is only taken at its word."""
    known = _BY_KIND.get(kind)
    flux = flux_kind(kind)
    if known is None and flux is not None:
        known = _BY_CATEGORY.get(flux.category, _OTHER_FLUX)
    return (*_ALWAYS, *(known or (failed_itself,)))


def judge(case: Case) -> Verdict:
    """What the first rule with an answer says; nothing is wrong when none has one."""
    for rule in rules_for(case.kind):
        verdict = rule(case)
        if verdict is not None:
            return verdict
    return Verdict()
