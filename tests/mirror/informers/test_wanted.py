"""Which types are mirrored, and when one counts as gone: pure decisions."""

from __future__ import annotations

from types import MappingProxyType

from mirror.informers.absences import Absences
from mirror.informers.wanted import wanted
from mirror.keys import GroupKind, Resource
from mirror.kube.discovery import Discovery

INGRESS = GroupKind("networking.k8s.io", "Ingress")
LEASE = GroupKind("coordination.k8s.io", "Lease")
WIDGET = GroupKind("lab.example.com", "Widget")


def discovery(*kinds: GroupKind) -> Discovery:
    resources = tuple(Resource(kind.group, "v1", kind.kind, f"{kind.kind.lower()}s", True) for kind in kinds)
    versions = MappingProxyType(dict.fromkeys(kinds, ("v1",)))
    return Discovery(resources, versions, MappingProxyType({}))


SERVED = discovery(GroupKind("", "Pod"), INGRESS, LEASE, WIDGET, GroupKind("events.k8s.io", "Event"))


def kinds(resources: tuple[Resource, ...]) -> set[str]:
    return {resource.kind for resource in resources}


def test_what_nobody_names_is_not_mirrored() -> None:
    assert kinds(wanted(SERVED, managed=(), asked=(), most=100).resources) == {"Pod"}


def test_kinds_of_inventories_and_kinds_asked_for_are_mirrored_where_they_are_served() -> None:
    asked = (LEASE, GroupKind("nobody.example.com", "Serves"))
    found = wanted(SERVED, managed=(INGRESS, INGRESS), asked=asked, most=100)
    assert kinds(found.resources) == {"Pod", "Ingress", "Lease"}


def test_core_events_are_not_mirrored_twice() -> None:
    named = (GroupKind("events.k8s.io", "Event"),)
    assert kinds(wanted(SERVED, managed=named, asked=named, most=100).resources) == {"Pod"}


def test_the_kinds_of_inventories_are_bounded_and_the_first_ones_stay() -> None:
    found = wanted(SERVED, managed=(WIDGET, INGRESS), asked=(LEASE,), most=1)
    assert kinds(found.resources) == {"Pod", "Widget", "Lease"}
    assert found.left_out == (INGRESS,)


def test_a_kind_is_gone_once_it_has_been_missing_for_long_enough() -> None:
    absences = Absences(10.0)
    absences.look([WIDGET], 100.0)
    assert not absences.confirmed(WIDGET, 100.0)
    absences.look([WIDGET], 111.0)
    assert absences.confirmed(WIDGET, 111.0)
    assert not absences.confirmed(INGRESS, 111.0)


def test_a_kind_that_was_seen_in_between_is_not_gone() -> None:
    absences = Absences(10.0)
    absences.look([WIDGET], 100.0)
    absences.look([], 105.0)
    absences.look([WIDGET], 111.0)
    assert not absences.confirmed(WIDGET, 111.0)
