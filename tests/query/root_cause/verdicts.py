"""What a test wants to know of an answer."""

from __future__ import annotations

from query.results.answer import Cause, RootCause

__all__ = ["blamed", "only", "path"]


def only(answer: RootCause) -> Cause:
    """The one cause there is."""
    assert len(answer.causes) == 1, [str(cause.object) for cause in answer.causes]
    return answer.causes[0]


def blamed(answer: RootCause) -> tuple[str, str, str]:
    """Class, object and field of the one cause."""
    cause = only(answer)
    return (cause.class_, str(cause.object), cause.field)


def path(answer: RootCause) -> list[str]:
    """The kinds from the symptom to the trouble."""
    return [step.object.kind for step in only(answer).path]
