"""find_root_cause as text: what to change first, the way from the symptom to it, and what shows it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from query.results.answer import Cause, Evidence, PathStep, RootCause, TransientObject
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import blind, freshness_lines, unreached
from server.render.logs import log_lines
from server.render.relations import backward, forward
from server.render.verdict import verdict
from server.render.words import MESSAGE_LIMIT, ago, clip, count, in_cluster, listing

__all__ = ["as_shown", "render_root_cause"]

EVIDENCE = 6
"""Pieces of evidence shown per cause; the structured answer has them all."""

STANDING = 6
"""Objects on their way, and suspended ones, that are named."""

SUPPORTS = 15
"""Objects that a healthy one depends on that are named."""


def as_shown(answer: RootCause) -> RootCause:
    """The answer with no more objects beside its causes than the text names; the others are counted."""
    left_out = len(answer.transient[STANDING:]) + len(answer.suspended[STANDING:])
    return msgspec.structs.replace(
        answer,
        transient=answer.transient[:STANDING],
        suspended=answer.suspended[:STANDING],
        depends_on=answer.depends_on[:SUPPORTS],
        omitted=msgspec.structs.replace(answer.omitted, count=answer.omitted.count + left_out),
    )


def render_root_cause(answer: RootCause, *, now: float, budget: int | None = BUDGET_BYTES) -> Page:
    """now: wall seconds, for ages. `kept` counts the causes."""
    return Draft(
        head=[_verdict(answer)],
        items=[_block(cause, now) for cause in answer.causes],
        foot=[
            *_standing(
                "Not ready yet, but on the way or only waiting:",
                answer.transient,
                answer.found.transient,
                now,
            ),
            *_standing(
                "Suspended, so nothing new arrives there:", answer.suspended, answer.found.suspended, now
            ),
            *_support(answer.depends_on),
            *_not_visible(answer),
            *freshness_lines(answer.freshness),
        ],
        noun="cause",
        omitted=max(0, answer.found.causes - len(answer.causes)),
        spaced=True,
    ).fit(budget)


def _verdict(answer: RootCause) -> str:
    if answer.causes:
        first = answer.causes[0]
        affected = f"; {count(first.affected.count, 'object')} affected" if first.affected.count else ""
        total = max(answer.found.causes, len(answer.causes))
        more = f" (1 of {total} causes)" if total > 1 else ""
        return f"Root cause{more}: {in_cluster(first.object)} {verdict(first)}{affected}"
    if unreached(answer.freshness):
        return "Cannot tell: no cluster has answered yet"
    if not answer.healthy:
        return "Cannot tell: no cluster is mirrored"
    hidden = [*answer.not_visible, *blind(answer.freshness)]
    reserve = "; not everything could be seen" if hidden else ""
    on_the_way = max(answer.found.transient, len(answer.transient))
    waiting = f"; {count(on_the_way, 'object')} still on the way" if on_the_way else ""
    if answer.depends_on and not hidden:
        return f"Healthy: {answer.asked}; nothing is broken there, nor what it depends on{waiting}"
    asked = f": {answer.asked}" if answer.asked else ""
    return f"Nothing is broken{asked}, as far as can be seen{waiting}{reserve}"


def _block(cause: Cause, now: float) -> list[str]:
    since = ago(cause.since, now)
    lines = [f"{cause.rank}. [{cause.class_}] {in_cluster(cause.object)}{f', for {since}' if since else ''}"]
    what = ": ".join(part for part in (cause.reason, clip(cause.message, MESSAGE_LIMIT)) if part)
    lines += [f"   {what}"] if what else []
    lines += [f"   next: {cause.next_step}"] if cause.next_step else []
    if len(cause.path) > 1:
        lines += ["   path:", *(f"   {line}" for line in _path(cause.path))]
    evidence = [each for each in cause.evidence if each.kind != "log"]
    if evidence:
        lines += [
            "   evidence:",
            *(f"   - {_evidence(each, cause, now)}" for each in evidence[:EVIDENCE]),
        ]
        if len(evidence) > EVIDENCE:
            lines.append(f"   - … {len(evidence) - EVIDENCE} more")
    lines += [f"   {line}" for line in log_lines(cause)]
    if cause.affected.count:
        lines.append(f"   affects {cause.affected.count:,}: {_affected(cause)}")
    return lines


def _path(path: Sequence[PathStep]) -> list[str]:
    """An indented chain from the symptom down to the cause."""
    lines: list[str] = []
    for depth, step in enumerate(path):
        link = f"{'  ' * depth}└ {_link(path[depth - 1], step)} " if depth else "  "
        lines.append(f"{link}{step.object} ({_health(step)})")
    return lines


def _health(step: PathStep) -> str:
    return f"{step.health}: {step.reason}" if step.reason not in ("", step.health) else step.health


def _link(before: PathStep, step: PathStep) -> str:
    """An ownerReference belongs to the child, so a step from owner to child goes against its edge."""
    owned = step.relation == "owner" and before.object.kind not in _CHILDREN.get(step.object.kind, ())
    words = (backward if owned else forward)(step.relation or "because of")
    return f"{words} ({step.field})" if step.field and not owned else words


_CHILDREN: dict[str, tuple[str, ...]] = {
    "Deployment": ("ReplicaSet",),
    "ReplicaSet": ("Pod",),
    "StatefulSet": ("Pod",),
    "DaemonSet": ("Pod",),
    "Job": ("Pod",),
    "CronJob": ("Job",),
}
"""What a workload creates: from one of these to its key is a step up, along the ownerReference."""


def _evidence(evidence: Evidence, cause: Cause, now: float) -> str:
    about = "" if evidence.object == cause.object else f" on {evidence.object}"
    when = ago(evidence.at, now, " ago")
    # A condition repeats the message that stands above already.
    known = cause.message if len(cause.message) > 40 else None
    text = evidence.text.replace(known, "(as above)") if known else evidence.text
    return f"{evidence.kind}{about}{f' ({when})' if when else ''}: {clip(text, MESSAGE_LIMIT)}"


def _affected(cause: Cause) -> str:
    """Names; the cluster only where it is another one than the cause's."""
    names = [
        str(ref) if ref.cluster == cause.object.cluster else in_cluster(ref)
        for ref in cause.affected.examples
    ]
    shown = names[:5]
    rest = cause.affected.count - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _standing(title: str, objects: Sequence[TransientObject], total: int, now: float) -> list[str]:
    if not objects:
        return []
    lines = [title]
    for found in objects[:STANDING]:
        since = ago(found.since, now)
        why = ": ".join(part for part in (found.reason, clip(found.message, 120)) if part)
        lines.append(f"- {in_cluster(found.object)}{f', for {since}' if since else ''}: {why}")
    rest = max(total, len(objects)) - STANDING
    if rest > 0:
        lines.append(f"- … {rest} more")
    return [*lines, ""]


def _support(steps: Sequence[PathStep]) -> list[str]:
    """What the object that is well depends on, one line each."""
    if not steps:
        return []
    lines = ["It depends on:"]
    lines += [
        f"- {step.object} ({_health(step)}), {step.field or step.relation}" for step in steps[:SUPPORTS]
    ]
    if len(steps) > SUPPORTS:
        lines.append(f"- … {len(steps) - SUPPORTS} more")
    return [*lines, ""]


def _not_visible(answer: RootCause) -> list[str]:
    lines = [f"Could not be looked at: {listing(answer.not_visible, 8)}"] if answer.not_visible else []
    if answer.not_mirrored:
        lines.append(f"Not mirrored until now, asked for: {listing(answer.not_mirrored)}")
    return lines
