"""Which rules are asked about which kind, in which order; the first that answers decides."""

from __future__ import annotations

from functools import lru_cache

from mirror.flux.kinds import (
    HELM_GROUP,
    KUSTOMIZE_GROUP,
    OPERATOR_GROUP,
    SOURCE_GROUP,
    Category,
    flux_kind,
)
from mirror.keys import GroupKind
from query.root_cause.case import Case, Rule
from query.root_cause.rules.access import forbidden
from query.root_cause.rules.applies import refused_object
from query.root_cause.rules.artifacts import (
    access_denied,
    cannot_decrypt,
    path_not_found,
    source_not_ready,
    unset_variable,
)
from query.root_cause.rules.charts import chart_itself, wrong_chart
from query.root_cause.rules.claims import unbound_claim
from query.root_cause.rules.contested import contested
from query.root_cause.rules.controllers import controller_down
from query.root_cause.rules.crds import kind_not_served
from query.root_cause.rules.creation import cannot_create_pods, quota_exceeded
from query.root_cause.rules.definitions import (
    broken_definition,
    undefined,
    undefined_children,
    unprovided,
)
from query.root_cause.rules.dependencies import cycle, waits_for_dependency
from query.root_cause.rules.drift import drifted, fought_over
from query.root_cause.rules.failed import failed_itself
from query.root_cause.rules.images import unpullable_image
from query.root_cause.rules.inventory import failing_children, running_checks, unhealthy_children
from query.root_cause.rules.jobs import failed_job
from query.root_cause.rules.late import behind_its_source, stuck
from query.root_cause.rules.missing import named_as_missing, placeholder
from query.root_cause.rules.namespaces import leaving_namespace
from query.root_cause.rules.needed import needed_reference
from query.root_cause.rules.notifications import undelivered_alert, unusable_provider
from query.root_cause.rules.pods import (
    broken_container,
    left_behind,
    lost_node,
    missing_configuration,
    unbound_volume,
    unready_container,
)
from query.root_cause.rules.releases import failed_hook, owned_by_another, release_locked, timed_out
from query.root_cause.rules.remote import remote_cluster
from query.root_cause.rules.scheduling import unschedulable_pod
from query.root_cause.rules.sources import (
    host_unreachable,
    refused_credentials,
    storage_failed,
    upstream_source,
    wrong_address,
    wrong_reference,
    wrong_signature,
)
from query.root_cause.rules.suspension import still_source, suspended
from query.root_cause.rules.values import values_reference, wrong_values
from query.root_cause.rules.webhooks import webhook_unreachable
from query.root_cause.rules.workloads import owned_trouble
from query.root_cause.verdicts import Verdict

__all__ = ["judge", "judge_late", "rules_for"]

_ALWAYS: tuple[Rule, ...] = (undefined, unprovided, placeholder, controller_down, suspended)

_WAITING: tuple[Rule, ...] = (cycle, waits_for_dependency, access_denied)
_REFUSED: tuple[Rule, ...] = (
    kind_not_served,
    webhook_unreachable,
    leaving_namespace,
    quota_exceeded,
    forbidden,
    named_as_missing,
    needed_reference,
)

_APPLIER: tuple[Rule, ...] = (
    *_WAITING,
    path_not_found,
    remote_cluster,
    *_REFUSED,
    source_not_ready,
    cannot_decrypt,
    unset_variable,
    unhealthy_children,
    refused_object,
    running_checks,
    undefined_children,
    still_source,
    failed_itself,
)
_RELEASE: tuple[Rule, ...] = (
    *_WAITING,
    source_not_ready,
    remote_cluster,
    *_REFUSED,
    values_reference,
    owned_by_another,
    wrong_values,
    timed_out,
    failed_hook,
    release_locked,
    drifted,
    fought_over,
    running_checks,
    undefined_children,
    failing_children,
    still_source,
    failed_itself,
)
_SOURCE: tuple[Rule, ...] = (
    named_as_missing,
    needed_reference,
    upstream_source,
    wrong_signature,
    storage_failed,
    wrong_reference,
    wrong_address,
    refused_credentials,
    host_unreachable,
    still_source,
    failed_itself,
)
_CHART: tuple[Rule, ...] = (*_SOURCE[:3], wrong_chart, *_SOURCE[3:-1], chart_itself, failed_itself)
_INSTANCE: tuple[Rule, ...] = (*_APPLIER[:-2], *_SOURCE[5:])
_NOTIFICATION: tuple[Rule, ...] = (undelivered_alert, unusable_provider, named_as_missing, needed_reference)
_OTHER_FLUX: tuple[Rule, ...] = (waits_for_dependency, access_denied, *_SOURCE)

_POD: tuple[Rule, ...] = (
    left_behind,
    missing_configuration,
    unbound_volume,
    lost_node,
    unschedulable_pod,
    unpullable_image,
    broken_container,
    unready_container,
)

_LATE: tuple[Rule, ...] = (stuck, behind_its_source, contested)
"""Asked last, when nothing explains an object: does it at least do in time what it should?"""

_BY_KIND: dict[GroupKind, tuple[Rule, ...]] = {
    GroupKind(HELM_GROUP, "HelmRelease"): _RELEASE,
    GroupKind(KUSTOMIZE_GROUP, "Kustomization"): _APPLIER,
    GroupKind(SOURCE_GROUP, "HelmChart"): _CHART,
    GroupKind(OPERATOR_GROUP, "FluxInstance"): _INSTANCE,
    GroupKind("apps", "Deployment"): (contested, owned_trouble),
    GroupKind("apps", "ReplicaSet"): (cannot_create_pods, owned_trouble),
    GroupKind("apps", "StatefulSet"): (cannot_create_pods, owned_trouble),
    GroupKind("apps", "DaemonSet"): (cannot_create_pods, owned_trouble),
    GroupKind("batch", "CronJob"): (owned_trouble,),
    GroupKind("batch", "Job"): (cannot_create_pods, failed_job),
    GroupKind("", "Pod"): _POD,
    GroupKind("", "PersistentVolumeClaim"): (unbound_claim,),
}
_ANY_OTHER: tuple[Rule, ...] = (broken_definition, failed_itself)
_BY_CATEGORY: dict[Category, tuple[Rule, ...]] = {
    Category.APPLIER: _APPLIER,
    Category.SOURCE: _SOURCE,
    Category.NOTIFICATION: (*_NOTIFICATION, failed_itself),
}


@lru_cache(maxsize=1024)
def rules_for(kind: GroupKind) -> tuple[Rule, ...]:
    """The rules for objects of this kind; a kind that nobody knows is only taken at its word."""
    known = _BY_KIND.get(kind)
    flux = flux_kind(kind)
    if known is None and flux is not None:
        known = _BY_CATEGORY.get(flux.category, _OTHER_FLUX)
    return (*_ALWAYS, *(known or _ANY_OTHER))


def judge(case: Case) -> Verdict:
    """What the first rule with an answer says; nothing is wrong when none has one."""
    return _first(rules_for(case.kind), case)


def judge_late(case: Case) -> Verdict:
    """The same of the rules about time; for objects that no other rule has led to a cause."""
    return _first(_LATE, case)


def _first(rules: tuple[Rule, ...], case: Case) -> Verdict:
    for rule in rules:
        verdict = rule(case)
        if verdict is not None:
            return verdict
    return Verdict()
