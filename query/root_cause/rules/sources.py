"""Sources that cannot fetch: a wrong reference, refused credentials, a host that does not answer."""

from __future__ import annotations

from urllib.parse import urlsplit

from mirror.flux.fields import mapping, text
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, fix_in_git, kubectl
from query.root_cause.rules.common import found, not_ready, refers, step
from query.root_cause.rules.deployments import responsible
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Step, Verdict, blame, look

__all__ = [
    "host_unreachable",
    "refused_credentials",
    "storage_failed",
    "upstream_source",
    "wrong_address",
    "wrong_reference",
    "wrong_signature",
]

_REFERENCE_FIELDS = (
    "spec.ref.commit",
    "spec.ref.name",
    "spec.ref.digest",
    "spec.ref.semver",
    "spec.ref.tag",
    "spec.ref.branch",
    "spec.distribution.version",
    "spec.ref",
)
"""Where a source says which revision it wants, in the order in which the controllers prefer them."""

_ADDRESS_FIELDS = (
    "spec.url",
    "spec.endpoint",
    "spec.image",
    "spec.distribution.artifact",
    "spec.distribution.registry",
    "spec.sync.url",
)
"""Where the kinds that fetch something say from whom."""

_BORROWING = frozenset({"HelmChart", "ImageUpdateAutomation"})
"""Kinds that speak to the host of another object, as that object."""

_SELECTED = "spec.policySelector"
"""What an ImageUpdateAutomation reads from policies is no content that it fetches."""

_STORAGE = frozenset({"DirectoryCreationFailed", "StorageOperationFailed"})
"""Reasons that speak of the controller's own disk."""

_UPSTREAM = frozenset({"SourceUnavailable", "NoSourceArtifact", "IncludeUnavailable", "SourceFetchFailed"})


def wrong_reference(case: Case) -> Verdict | None:
    """The branch, tag, version or digest does not exist on the other side."""
    if not patterns.REVISION_NOT_FOUND.search(case.message):
        return None
    field = _reference_field(case)
    return blame(
        found(case, CauseClass.INVALID, fix_in_git(case.scene, case.row, f"correct {field}"), field=field)
    )


def wrong_address(case: Case) -> Verdict | None:
    """The host answers, and has nothing at that address."""
    if not patterns.URL_NOT_FOUND.search(case.message) or patterns.CREDENTIALS.search(case.message):
        # Who may not see a repository is often told that there is none: both are said in one message then.
        return None
    origin, tail = _origin(case)
    field = "spec.bucketName" if origin.kind == "Bucket" else _address(case.other(origin))[0]
    advice = fix_in_git(case.scene, origin, f"correct {field}")
    return blame(found(case, CauseClass.INVALID, advice, object=origin, field=field, tail=tail))


def refused_credentials(case: Case) -> Verdict | None:
    """The other side does not accept who we are: the Secret that is used, or the source without one."""
    if not _refused(case) or patterns.RATE_LIMITED.search(case.message):
        return None
    origin, tail = _origin(case)
    used = [
        link
        for link in case.other(origin).targets(Relation.CONFIG, Relation.IDENTITY)
        if _is_credential(link)
    ]
    present = [link for link in used if link.row.present]
    if not present:
        for link in used:
            case.scene.note_hidden(link.row)
        advice = fix_in_git(case.scene, origin, "add credentials (spec.secretRef) or correct the URL")
        return blame(found(case, CauseClass.DENIED, advice, object=origin, field="spec.secretRef", tail=tail))
    link = present[0]
    return blame(
        found(
            case,
            CauseClass.DENIED,
            fix_in_git(case.scene, link.row, "renew the credentials", retry=case.row),
            object=link.row,
            tail=(*tail, step(link)),
            proofs=(*case.proofs, refers(case.other(origin), link, "which was refused")),
        )
    )


def _refused(case: Case) -> bool:
    """By the reason, where it says so; else by what the other side answered."""
    if case.reason == "AuthenticationFailed" or patterns.CREDENTIALS.search(case.message):
        return True
    pushes = case.row.kind == "ImageUpdateAutomation"
    return pushes and patterns.PUSH_REFUSED.search(case.message) is not None


def host_unreachable(case: Case) -> Verdict | None:
    """The host of the source does not answer, not any more for now, or not in a way that can be trusted."""
    limited = patterns.RATE_LIMITED.search(case.message)
    if not limited and not patterns.UNREACHABLE.search(case.message):
        return None
    origin, tail = _origin(case)
    field, url = _address(case.other(origin))
    host = _host(url) or patterns.host_of(case.message)
    where = url or host or "the other side"
    what = f"ask {where} less often or with credentials" if limited else f"restore the connection to {where}"
    advice = f"{what}, or " + fix_in_git(case.scene, origin, f"correct {field}")
    return blame(
        found(
            case,
            CauseClass.EXTERNAL,
            advice,
            object=origin,
            field=field,
            tail=tail,
            shared=host,
        )
    )


def wrong_signature(case: Case) -> Verdict | None:
    """What was fetched is not signed as `spec.verify` demands."""
    verified = case.conditions.get("SourceVerified")
    unverified = verified is not None and verified.false and verified.reason == case.reason
    if case.reason not in ("VerificationError", "ChartVerificationError") and not unverified:
        return None
    advice = fix_in_git(case.scene, case.row, "sign the revision, or correct spec.verify")
    return blame(found(case, CauseClass.DENIED, advice, field="spec.verify"))


def storage_failed(case: Case) -> Verdict | None:
    """The controller cannot keep what it has fetched: its disk is full or broken."""
    stored = case.conditions.get("StorageOperationFailed")
    told = stored is not None and stored.true and case.failure is not None
    if not told and case.reason not in _STORAGE and not patterns.DISK_FULL.search(case.message):
        return None
    running = responsible(case.scene, case.row)
    if not running:
        return None
    row = running[0]
    advice = f"make room on its volume, or replace its Pod: {kubectl(row, 'rollout restart')}"
    return blame(found(case, CauseClass.FAILED, advice, object=row, tail=(Step(row, "controller"),)))


def upstream_source(case: Case) -> Verdict | None:
    """The source is made from another one, and that one is not well."""
    links = [link for link in case.targets(Relation.SOURCE) if link.field != _SELECTED]
    named = [
        link for link in links if f"'{link.row.name}'" in case.message or called(link.row) in case.message
    ]
    absent = [link for link in links if not link.row.present]
    troubled = named or not_ready(links) + absent
    return look(*(step(link) for link in troubled)) if case.reason in _UPSTREAM and troubled else None


def _address(origin: Case) -> tuple[str, str]:
    """(the field that holds it, the address of the other side)."""
    for field in _ADDRESS_FIELDS:
        value: object = origin.spec
        for part in field.split(".")[1:]:
            value = mapping(value).get(part)
        if text(value):
            return field, text(value)
    return "spec.url", ""


def _host(url: str) -> str:
    """Host and port, without the credentials that a URL may hold."""
    return urlsplit(url if "//" in url else f"//{url}").netloc.rpartition("@")[2]


def _origin(case: Case) -> tuple[ObjectRow, tuple[Step, ...]]:
    """Whose address and credentials are used: a chart is fetched with those of its HelmRepository, and an
    ImageUpdateAutomation pushes with those of its GitRepository."""
    links = case.targets(Relation.SOURCE) if case.row.kind in _BORROWING else []
    present = [link for link in links if link.row.present and link.field != _SELECTED]
    return (present[0].row, (step(present[0]),)) if present else (case.row, ())


def _reference_field(case: Case) -> str:
    for field in _REFERENCE_FIELDS:
        value: object = case.spec
        for part in field.split(".")[1:]:
            value = mapping(value).get(part)
        if value:
            return field
    return "spec.ref"


def _is_credential(link: Link) -> bool:
    return (
        link.row.kind in ("Secret", "ServiceAccount")
        and "verify" not in link.field
        and "proxy" not in link.field
    )
