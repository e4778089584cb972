"""Text from elsewhere, made fit for an error message: one line, bounded, nothing that looks like a secret."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

__all__ = ["LIMIT", "excerpt", "excerpt_tail", "mask_url"]

LIMIT = 300
"""Characters an error message may quote of a server, a proxy or a plugin."""

_MASK = "[masked]"
_MARGIN = 16
"""How much more is masked than shown, so that a cut cannot leave half a secret unrecognised."""
_PEM = re.compile(r"-----BEGIN [^-]*-----.*?(?:-----END [^-]*-----|\Z)", re.DOTALL)
_BEARER = re.compile(r"\b(bearer|basic)\s+[^\s\"',;]+", re.IGNORECASE)
# Each word is looked at once, from its beginning and as a whole: anything else takes quadratic time.
_ASSIGNED = re.compile(
    r"((?<![\w-])(?=[\w-]*?(?:token|passw(?:or)?d|secret|authorization|api[_-]?key|private[_-]?key))[\w-]++"
    r"[\"']?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s\"',;]+)",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"((?<!\w)\w+://)[^\s/@]+@")
_WORD = re.compile(r"[\w+/=.-]{20,}")
_HEX = re.compile(r"(?<!sha256:)\b[0-9a-fA-F]{32,}\b")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")


def excerpt(text: str | bytes, limit: int = LIMIT) -> str:
    """The beginning of `text` as one line of at most `limit` characters, token-like parts masked."""
    line = _one_line(_text(text[: limit * _MARGIN]))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def excerpt_tail(text: str | bytes, limit: int = LIMIT) -> str:
    """Like `excerpt`, but keeps the end: what a program says last is usually why it failed."""
    line = _one_line(_text(text[-limit * _MARGIN :]))
    return line if len(line) <= limit else "…" + line[-(limit - 1) :]


def mask_url(url: str) -> str:
    """The URL without user and password, for reprs and messages."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _MASK
    _, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{_MASK}@{host}" if at else host))


def _text(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _one_line(text: str) -> str:
    line = _PEM.sub(_MASK, text)
    line = _BEARER.sub(rf"\1 {_MASK}", line)
    line = _ASSIGNED.sub(rf"\1{_MASK}", line)
    line = _USERINFO.sub(rf"\1{_MASK}@", line)
    line = _HEX.sub(_MASK, _WORD.sub(_mask_word, line))
    return _BLANK.sub(" ", line).strip()


def _mask_word(match: re.Match[str]) -> str:
    # Names and digests in Kubernetes are lower case; keys and tokens mix cases and digits. The slashes tell
    # base64 (one in 32 characters) from a path.
    word = match[0]
    mixed = (
        any(c.islower() for c in word) and any(c.isupper() for c in word) and any(c.isdigit() for c in word)
    )
    return _MASK if mixed and len(word) >= 20 * (1 + word.count("/")) else word
