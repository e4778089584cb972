"""Errors say what, where and what next."""

from __future__ import annotations

from mirror.errors import KubeconfigError, StoreMissingError
from server.render.errors import error_text


def test_what_where_next() -> None:
    error = KubeconfigError(
        "no context `prod`", where="/root/.kube/config", hint="did you mean `production`?"
    )
    assert error_text(error) == (
        "error: no context `prod`\nwhere: /root/.kube/config\nnext: did you mean `production`?"
    )


def test_an_error_that_passes_by_itself_says_so() -> None:
    assert error_text(StoreMissingError("no store yet")) == (
        "error: no store yet\nnext: try again in a moment"
    )
