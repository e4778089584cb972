"""What a mirror must not believe at once: that its server is where it was, and lists that say too little."""

from __future__ import annotations

from mirror.errors import ProtocolError
from mirror.keys import compare_resource_versions

__all__ = ["Doubts", "is_newer"]

_BACK = "goes back in time"
_EMPTY = "is suddenly empty"


class Doubts:
    """The doubts about one scope. Pure.

    unproven: the server may be behind our resourceVersion: restored from a backup, or another cluster.
    A list that goes back in time, or that is empty right after trouble though something was there, is
    believed when it is said twice in a row: a cache that lags, or an API server that has not read its
    storage yet, must not undo what is stored.
    """

    def __init__(self, *, resumes: bool, troubled: bool = False) -> None:
        self.unproven = resumes
        self._troubled = troubled
        self._held: int | None = None  # about how many objects there are; None: nobody knows
        self._said = ""

    def out_of_touch(self) -> None:
        """The connection was lost: what is there when it is back has to be proven."""
        self.unproven = self._troubled = True

    def trouble(self) -> None:
        """Something has failed."""
        self._troubled = True

    def changed(self, by: int) -> None:
        """Objects were added, or removed, on a stream that works."""
        self._troubled = False
        if self._held is not None:
            self._held = max(0, self._held + by)

    def behind(self) -> None:
        """The server has said itself that it is behind: the next list may go back."""
        self._said = _BACK

    def answered(self, version: str, ours: str) -> bool:
        """The server is at this version: whether ours can be its past. If not, only a list helps."""
        self.unproven = _is_older(version, ours)
        if self.unproven:
            self.behind()
        return not self.unproven

    def examine(self, version: str, ours: str, count: int, *, where: str) -> None:
        """A list is complete. ours: the resourceVersion before it. Raises ProtocolError to hear it again."""
        what = ""
        if _is_older(version, ours):
            what = _BACK
        elif count == 0 and self._troubled and self._held != 0:
            what = _EMPTY
        if what != self._said:
            self._said = what
            if what:
                raise ProtocolError(f"a list that {what}: asking once more", where=where)
        self.unproven = self._troubled = False
        self._held, self._said = count, ""


def is_newer(version: str, last: str) -> bool:
    """Whether a resourceVersion is later than another; those that cannot be compared are, if they differ."""
    try:
        return compare_resource_versions(version, last) > 0
    except ValueError:
        return version != last


def _is_older(version: str, ours: str) -> bool:
    """Whether a resourceVersion is known to be earlier than ours."""
    try:
        return compare_resource_versions(version, ours) < 0
    except ValueError:
        return False
