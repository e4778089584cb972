"""search_flux_docs and read_flux_doc as text."""

from __future__ import annotations

from query.results.kubernetes import DocField, DocMatch, DocMatches, DocPage
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.words import count, listing

__all__ = ["render_doc_matches", "render_doc_page"]


def render_doc_matches(found: DocMatches, *, budget: int | None = BUDGET_BYTES) -> Page:
    """`kept` counts the matches."""
    total = len(found.matches) + found.omitted.count
    verdict = f"{count(total, 'field')} found" if total else "No field found"
    clusters = {cluster for match in found.matches for cluster in match.clusters}
    return Draft(
        head=[f"{verdict}: {found.searched}"],
        items=[_match(match, everywhere=len(clusters)) for match in found.matches],
        foot=freshness_lines(found.freshness),
        noun="field",
        omitted=found.omitted.count,
    ).fit(budget)


def render_doc_page(found: DocPage, *, budget: int | None = BUDGET_BYTES) -> Page:
    """`kept` counts the fields."""
    head = [f"{found.path} ({found.type}), {found.api_version}, as in {listing(found.clusters)}"]
    head += [found.text] if found.text else ["The CRD says nothing about it"]
    if found.others:
        head.append(f"The CRDs of {listing(found.others)} say something else here, or have no such field")
    return Draft(
        head=head,
        items=[_field(field) for field in found.fields],
        foot=freshness_lines(found.freshness),
        noun="field",
        omitted=found.omitted.count,
        title="Fields:" if found.fields else "",
    ).fit(budget)


def _match(match: DocMatch, *, everywhere: int) -> list[str]:
    where = f"  only in {listing(match.clusters)}" if len(match.clusters) < everywhere else ""
    text = [f"  {match.text}"] if match.text else []
    return [f"{match.path} ({match.type}, {match.api_version}){where}", *text]


def _field(field: DocField) -> list[str]:
    facts = [
        field.type,
        "required" if field.required else "",
        f"default {field.default}" if field.default else "",
        f"one of {', '.join(field.enum)}" if field.enum else "",
    ]
    line = f"{field.path} ({'; '.join(fact for fact in facts if fact)})"
    return [line, f"  {field.text}"] if field.text else [line]
