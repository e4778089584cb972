"""Sources that cannot fetch: a wrong reference, refused credentials, a host that does not answer."""

from __future__ import annotations

from urllib.parse import urlsplit

from mirror.flux.fields import mapping, text
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, edit, fix_in_git, kubectl, reconcile
from query.root_cause.rules.common import found, not_ready, refers, step
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Step, Verdict, blame, look

__all__ = [
    "host_unreachable",
    "refused_credentials",
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
    "spec.ref",
)
"""Where a source says which revision it wants, in the order in which the controllers prefer them."""

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
    if not patterns.URL_NOT_FOUND.search(case.message):
        return None
    origin, tail = _origin(case)
    field = "spec.bucketName" if origin.kind == "Bucket" else "spec.url"
    advice = fix_in_git(case.scene, origin, f"correct {field}")
    return blame(found(case, CauseClass.INVALID, advice, object=origin, field=field, tail=tail))


def refused_credentials(case: Case) -> Verdict | None:
    """The other side does not accept who we are: the Secret that is used, or the source without one."""
    if not patterns.CREDENTIALS.search(case.message) or patterns.RATE_LIMITED.search(case.message):
        return None
    origin, tail = _origin(case)
    used = case.other(origin).targets(Relation.CONFIG, Relation.IDENTITY)
    present = [link for link in used if _is_credential(link) and link.row.present]
    if not present:
        advice = fix_in_git(case.scene, origin, "add credentials (spec.secretRef) or correct the URL")
        return blame(found(case, CauseClass.DENIED, advice, object=origin, field="spec.secretRef", tail=tail))
    link = present[0]
    return blame(
        found(
            case,
            CauseClass.DENIED,
            f"renew the credentials: {kubectl(link.row, 'edit')}, then: {reconcile(case.row)}",
            object=link.row,
            tail=(*tail, step(link)),
            proofs=(*case.proofs, refers(case.other(origin), link, "which was refused")),
        )
    )


def host_unreachable(case: Case) -> Verdict | None:
    """The host of the source does not answer, not any more for now, or not in a way that can be trusted."""
    limited = patterns.RATE_LIMITED.search(case.message)
    if not limited and not patterns.UNREACHABLE.search(case.message):
        return None
    origin, tail = _origin(case)
    spec = case.other(origin).spec
    url = text(spec.get("url")) or text(spec.get("endpoint"))
    what = "ask less often or with credentials of" if limited else "restore the connection to"
    advice = f"{what} {url or 'its host'}, or correct the address: {edit(origin)}"
    field = "spec.endpoint" if origin.kind == "Bucket" else "spec.url"
    return blame(
        found(case, CauseClass.EXTERNAL, advice, object=origin, field=field, tail=tail, shared=_host(url))
    )


def wrong_signature(case: Case) -> Verdict | None:
    """What was fetched is not signed as `spec.verify` demands."""
    if case.reason not in ("VerificationError", "ChartVerificationError"):
        return None
    advice = fix_in_git(case.scene, case.row, "sign the revision, or correct spec.verify")
    return blame(found(case, CauseClass.DENIED, advice, field="spec.verify"))


def upstream_source(case: Case) -> Verdict | None:
    """The source is made from another one, and that one is not well."""
    links = case.targets(Relation.SOURCE)
    named = [
        link for link in links if f"'{link.row.name}'" in case.message or called(link.row) in case.message
    ]
    absent = [link for link in links if not link.row.present]
    troubled = named or not_ready(links) + absent
    return look(*(step(link) for link in troubled)) if case.reason in _UPSTREAM and troubled else None


def _host(url: str) -> str:
    """Host and port, without the credentials that a URL may hold."""
    return urlsplit(url if "//" in url else f"//{url}").netloc.rpartition("@")[2]


def _origin(case: Case) -> tuple[ObjectRow, tuple[Step, ...]]:
    """Whose address and credentials are used: a chart is fetched with those of its HelmRepository."""
    links = case.targets(Relation.SOURCE) if case.row.kind == "HelmChart" else []
    present = [link for link in links if link.row.present]
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
