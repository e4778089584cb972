"""The pages of docs/ that are written from the code: one module per page, the others help."""

from __future__ import annotations

from server.docs.pages import documents, outdated, write

__all__ = ["documents", "outdated", "write"]
