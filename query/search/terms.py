"""What was typed into a search, as terms: words and phrases, some of them about one field. Pure.

Nothing has a meaning of its own but quotes around a phrase, a field in front (`image:`, `chart:`, …), and in
the values of those two the wildcards `*` and `?`. So there is nothing that does not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from mirror.flux.revisions import parse_revision
from mirror.store.searchable import MARKS

__all__ = ["FIELDS", "Term", "lines_of", "parse_query"]

FIELDS = ("name", "chart", "image", "message", "event", "revision", "label")
"""Where something can be found, the most telling first."""

_TERM = re.compile(rf"(?:(?P<field>{'|'.join(FIELDS)}):(?=\S))?(?:\"(?P<phrase>[^\"]*)\"|(?P<word>\S+))")
_IMAGE = re.compile(r"(?P<repository>[^@]+?)(?::(?P<tag>[^/@:]+))?(?:@(?P<digest>.*))?")
_WILD = re.compile(r"[*?]+")
_DOMAIN = re.compile(r"^[a-z0-9.-]+/(?=[\w.-]+=)")
_FIELDS_BY_MARK = {mark: field for field, mark in MARKS.items()}
_UNSEEN = dict.fromkeys(range(32), " ")


class Term(NamedTuple):
    """field: "" for any. text: as typed, in lower case, without quotes and field."""

    field: str
    text: str

    @property
    def literals(self) -> tuple[str, ...]:
        """Parts of it that stand in every text it matches, as long as possible."""
        if self.field == "chart":
            name, _, version = self.text.partition("@")
            first, *others = _WILD.split(name)
            part = MARKS["chart"] + first if first else max(others, key=len) or MARKS["chart"]
            of_version = max(_WILD.split(version.removeprefix("v")), key=len)
            return (part, of_version) if of_version else (part,)
        if self.field == "image":
            return (max(_WILD.split(_image(self.text)[0]), key=len) or MARKS["image"],)
        return (self.text,)

    def matches(self, field: str, said: str) -> bool:
        """Whether it is found in what is said in that field."""
        if self.field and self.field != field:
            return False
        said = said.lower()
        if self.field == "chart":
            return _is_chart(self.text, said)
        if self.field == "image":
            return _is_image(self.text, said)
        return self.text in said


def parse_query(query: str) -> tuple[Term, ...]:
    """The terms, each of which must be found; none for a blank query.

    `chart:podinfo` is the chart of just that name, `chart:podinfo@6.5.*` in those versions.
    `image:nginx:1.25` is any image whose repository ends in `nginx`, with just that tag.
    """
    return tuple(dict.fromkeys(_terms(query)))


@lru_cache(maxsize=1024)  # objects of one name say the same in most clusters
def lines_of(body: str) -> tuple[tuple[str, str], ...]:
    """(field, what is said in it) of the text an object is found by; the first one is its name."""
    name, *lines = body.split("\n")
    return (("name", name), *((_FIELDS_BY_MARK[line[0]], line[1:]) for line in lines))


def _terms(query: str) -> Iterator[Term]:
    for match in _TERM.finditer(query.translate(_UNSEEN)):
        field = match["field"] or ""
        text = match["phrase"] if match["phrase"] is not None else match["word"]
        text = " ".join(text.split()).lower()
        if field in ("", "label"):
            text = _DOMAIN.sub("", text)  # labels are found without the domain of their key
        if text:
            yield Term(field, text)


@lru_cache(maxsize=4096)  # a fleet says the same things again and again
def _is_chart(wanted: str, said: str) -> bool:
    name, _, version = wanted.partition("@")
    own_name, _, own_version = said.partition(" ")
    if not fnmatchcase(own_name, _pattern(name)):
        return False
    if not version:
        return True
    version = version.removeprefix("v")
    versions = (own_version.removeprefix("v"), parse_revision(own_version).name.removeprefix("v"))
    return any(fnmatchcase(own, _pattern(version)) for own in versions)


@lru_cache(maxsize=4096)
def _is_image(wanted: str, said: str) -> bool:
    repository, tag, digest = _image(wanted)
    own_repository, own_tag, own_digest = _image(said)
    pattern = _pattern(repository)
    if not (fnmatchcase(own_repository, pattern) or fnmatchcase(own_repository, f"*/{pattern}")):
        return False
    return (not tag or fnmatchcase(own_tag, _pattern(tag))) and own_digest.startswith(digest)


def _image(text: str) -> tuple[str, str, str]:
    """(repository, tag, digest)."""
    match = _IMAGE.fullmatch(text)
    return (match["repository"], match["tag"] or "", match["digest"] or "") if match else (text, "", "")


def _pattern(text: str) -> str:
    """`[` stands for itself."""
    return text.replace("[", "[[]")
