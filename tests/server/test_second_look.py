from __future__ import annotations

from query.results.answer import RootCause
from server.second_look import MOST_KINDS, second_look


def test_what_is_mirrored_needs_no_second_look() -> None:
    asked: list[str] = []
    answer = RootCause(healthy=True, causes=())
    assert second_look(lambda: answer, asked.append) is answer
    assert asked == []


def test_kinds_on_the_way_are_asked_for_and_the_answer_is_given_again() -> None:
    kinds = tuple(f"Widget{number}.lab.example.com" for number in range(MOST_KINDS + 1))
    answers = [RootCause(healthy=True, causes=(), not_mirrored=kinds), RootCause(healthy=False, causes=())]
    asked: list[str] = []
    assert not second_look(lambda: answers.pop(0), asked.append).healthy
    assert asked == list(kinds[:MOST_KINDS])
