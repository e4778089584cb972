"""Secrets in the text of configuration files: YAML, JSON over several lines, properties, INI, dotenv.

Read line by line, not parsed: such texts are often templates or fragments, and must come back with
their formatting. A line `key: value` or `key = value` with a secret-looking key loses its value; a
key that opens a block (`secrets:`, `password: |`) hides the block below it, by indentation.
"""

from __future__ import annotations

import re
from typing import Final

from mirror.flux.secret_names import NameClass, classify_name
from mirror.flux.secret_shapes import Mask, trivial
from mirror.flux.secret_text import redact_prose

__all__ = ["redact_config"]

_LINE: Final = re.compile(
    r"(?P<lead>[ \t]*(?:[#;]+[ \t]*)?(?:-[ \t]+)*(?:export[ \t]+)?[\"']?)(?P<key>[A-Za-z_$][\w.$/-]*)"
    r"(?P<separator>[\"']?[ \t]*(?::(?=[ \t]|$)|=(?!=))[ \t]*)(?P<value>.*)"
)
_ITEM: Final = re.compile(r"(?P<lead>[ \t]*(?:-[ \t]+)?)(?P<value>.*)")
_OPENS_BLOCK: Final = re.compile(r"(?:[|>][-+0-9]*|[{\[]|&\w+)?[ \t]*(?:#.*)?")
_BLOCK_SCALAR: Final = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?,?")
_SECRET_DOCUMENT: Final = re.compile(
    r"^[ \t]*(?:-[ \t]+)?[\"']?kind[\"']?:[ \t]*[\"']?Secret\b", re.MULTILINE
)
_DOCUMENT: Final = re.compile(r"^---", re.MULTILINE)
_PLAIN_DIRECTIVE: Final = re.compile(
    r"(\b(?:requirepass|masterauth|sshpass -p|login[ \t]+\S+[ \t]+password)[ \t]+)([^\s\"'<>]+)"
)
_LABELS: Final = frozenset({"name", "key", "path"})
_HINTS: Final = (
    "pass", "pwd", "secret", "token", "key", "cred", "auth", "dsn", "jwt", "netrc", "docker", "otp", "conn",
    "kubeconfig", "webhook", "bearer",
)  # fmt: skip


def redact_config(text: str, mask: Mask) -> str:
    """The text with the values of secret-looking keys masked, and every other recognised secret too.

    Data of Secret manifests in the text is masked whatever its keys are called.
    """
    lowered = text.lower()
    if any(hint in lowered for hint in _HINTS):
        text = "---".join(_redact_document(document, mask) for document in _DOCUMENT.split(text))
        text = _PLAIN_DIRECTIVE.sub(lambda match: f"{match[1]}{mask(match[2])}", text)
    return redact_prose(text, mask)


def _redact_document(document: str, mask: Mask) -> str:
    reader = _Reader(mask, _SECRET_DOCUMENT.search(document) is not None)
    return "\n".join(reader.read(line) for line in document.split("\n"))


class _Reader:
    """Reads the lines of one document in order.

    _block: the indentation of the key whose block is being hidden; None outside of such a block.
    _scalar: that block is text, not keys and values.
    _references: keys in that block that only point at something stay readable.
    _named_at: the column of a `name: DB_PASSWORD` whose `value` is still to come; None without one.
    """

    def __init__(self, mask: Mask, is_secret: bool) -> None:
        self._mask = mask
        self._is_secret = is_secret
        self._block: int | None = None
        self._scalar = False
        self._references = True
        self._named_at: int | None = None

    def read(self, line: str) -> str:
        """The line as it may be shown."""
        body = line.rstrip("\r")
        end = line[len(body) :]
        if not body.strip():
            return line
        indent = len(body) - len(body.lstrip(" \t"))
        if self._block is not None:
            if indent > self._block or (indent == self._block and body.lstrip().startswith("- ")):
                return self._read_hidden(body) + end
            self._block = None
        match = _LINE.fullmatch(body)
        return (self._read_pair(match, indent) if match else body) + end

    def _read_hidden(self, body: str) -> str:
        """A line of a block below a secret key: only references stay readable."""
        match = None if self._scalar else _LINE.fullmatch(body)
        if match is None:
            item = _ITEM.fullmatch(body)
            return item["lead"] + self._hide(item["value"]) if item else self._mask(body)
        kind = classify_name(match["key"])
        shown = self._references and kind in (NameClass.REFERENCE, NameClass.LABELS)
        if shown or not match["value"].strip():
            return body
        return self._masked(match)

    def _read_pair(self, match: re.Match[str], indent: int) -> str:
        key, value = match["key"], match["value"].strip()
        kind = self._classify(key, value, match.start("key"))
        if kind < NameClass.VALUE:
            return match[0]
        self._references = not self._is_body(key)
        if _OPENS_BLOCK.fullmatch(value):
            # `auth:` with a mapping below is read with its own keys; `auth: |` is text to hide.
            self._scalar = _BLOCK_SCALAR.fullmatch(value) is not None
            if kind is not NameClass.VALUE or self._scalar:
                self._block = indent
            return match[0]
        if _NUMBER.fullmatch(value) and kind is not NameClass.PASSWORD:
            return match[0]
        # A long value may go on in deeper lines.
        self._block, self._scalar = indent, True
        return self._masked(match)

    def _is_body(self, key: str) -> bool:
        """The line opens the data of a Secret."""
        return key == "stringData" or (self._is_secret and key == "data")

    def _classify(self, key: str, value: str, column: int) -> NameClass:
        if key in _LABELS:
            secret = classify_name(value.strip("\"',")) >= NameClass.VALUE
            self._named_at = column if secret else None
        elif key == "value" and column == self._named_at:
            return NameClass.PASSWORD
        return NameClass.DEEP if self._is_body(key) else classify_name(key)

    def _masked(self, match: re.Match[str]) -> str:
        return match["lead"] + match["key"] + match["separator"] + self._hide(match["value"])

    def _hide(self, value: str) -> str:
        """Masks the value without its quotes, comma and comment, so that equal values look equal."""
        bare = value.strip()
        comma = "," if bare.endswith(",") else ""
        bare = bare.removesuffix(",")
        if bare[:1] in ("'", '"'):
            closing = bare.find(bare[0], 1)
            quote, bare = bare[0], bare[1:closing] if closing > 0 else bare[1:]
        else:
            quote, bare = "", re.sub(r"\s+#.*$", "", bare)
        if trivial(bare) or bare in ("}", "]", "},", "],"):
            return value
        return f"{quote}{self._mask(bare)}{quote}{comma}"
