"""Secrets inside text: URLs, private keys, tokens, assignments, in messages, scripts and arguments.

Every rule finds one shape of secret and replaces only the secret part. The rules prefer hiding too
much to showing a secret, but leave prose alone: "secret 'ns/n' not found" and "invalid token:
signature is invalid" are messages people need. What has no recognisable shape cannot be found.

Texts come from anybody who can write to a cluster, so every pattern takes linear time: what repeats
is bounded or can start in one place only.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from mirror.flux.secret_names import NameClass, classify_name

__all__ = ["Mask", "may_hold_secrets", "redact_prose", "trivial"]

Mask = Callable[[str], str]
"""From a secret to what is shown instead. Must return its own results, and "", unchanged."""

_Match = re.Match[str]


class _Rule(NamedTuple):
    """One shape.

    needles: lower case; without one of them in the lowered text the pattern cannot match.
    also: a second necessary string, "" for none.
    """

    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    replace: Callable[[_Match, Mask], str]
    also: str = ""


def trivial(value: str) -> bool:
    """A value that is no secret under any name: a switch, or nothing."""
    return value.lower() in {"", "true", "false", "null", "none", "yes", "no", "on", "off"}


def _whole(match: _Match, mask: Mask) -> str:
    return mask(match[0])


def _second(match: _Match, mask: Mask) -> str:
    """Hide the second group; keep the first and what follows."""
    return f"{match[1]}{mask(match[2])}{match[0][match.end(2) - match.start() :]}"


def _userinfo(match: _Match, mask: Mask) -> str:
    """`user:password@` keeps the user, except over http, where the user may be the token."""
    scheme, info = match[1], match[2]
    user, _, password = info.partition(":")
    if scheme.lower() in ("http", "https", "git+https"):
        return f"{scheme}://{mask(info)}@"
    return f"{scheme}://{user}:{mask(password)}@" if password else match[0]


def _encoded_key(match: _Match, mask: Mask) -> str:
    """A PEM block in base64: private keys are hidden, certificates (caBundle) are not."""
    start = match[0][:80]
    try:
        decoded = base64.b64decode(start[: len(start) // 4 * 4])
    except binascii.Error:
        return mask(match[0])
    return mask(match[0]) if b"PRIVATE KEY" in decoded else match[0]


def _credential(match: _Match, mask: Mask) -> str:
    """After `Bearer ` or `Basic `: hidden unless it is a word of prose (`basic authentication`)."""
    word = match[2]
    prose = word.isalpha() and (word.islower() or word.istitle()) and len(word) < 20
    return match[0] if prose else _second(match, mask)


def _assignment(match: _Match, mask: Mask) -> str:
    """`name=value` where the name says secret; quotes stay outside of the mask."""
    name, equals, value = match.groups()
    bare = value[1:-1] if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0] else value
    if classify_name(name) < NameClass.VALUE or trivial(bare):
        return match[0]
    quote = value[0] if bare != value else ""
    return f"{name}{equals}{quote}{mask(bare)}{quote}"


def _json_pair(match: _Match, mask: Mask) -> str:
    """`"name": "value"`; a number is hidden only where the name says password."""
    name, colon, value = match.groups()
    kind, is_string = classify_name(name), value.startswith('"')
    bare = value[1:-1] if is_string else value
    if kind < NameClass.VALUE or trivial(bare) or not (is_string or kind is NameClass.PASSWORD):
        return match[0]
    return f'"{name}"{colon}"{mask(bare)}"'


def _escaped_pair(match: _Match, mask: Mask) -> str:
    """The same inside a JSON string: `\\"name\\": \\"value\\"`."""
    quote, name, colon, value = match.groups()
    if classify_name(name) < NameClass.VALUE or trivial(value):
        return match[0]
    return f"{quote}{name}{quote}{colon}{quote}{mask(value)}{quote}"


def _invalid_value(match: _Match, mask: Mask) -> str:
    """Validation errors quote the value: `spec.token: Invalid value: "..."`."""
    path, says, value = match.groups()
    field = re.sub(r"\[[^\]]*\]", "", path).rpartition(".")[2]
    return (
        f'{path}{says}"{mask(value.strip(chr(34)))}"' if classify_name(field) >= NameClass.VALUE else match[0]
    )


def _element(match: _Match, mask: Mask) -> str:
    name, value = match.groups()
    return f"<{name}>{mask(value)}</{name}>" if classify_name(name) >= NameClass.VALUE else match[0]


_OPTION_ENDS: Final = (
    "password",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "key",
    "auth",
    "credentials",
    "dsn",
)

_TOKENS: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[opsur]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|gl(?:pat|dt|rt)-[\w.-]{16,}"
    r"|(?:xox[a-z]|xapp)-[\w-]{8,}|(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)|AIza[\w-]{30,}|ya29\.[\w-]{20,}"
    r"|sk-[\w-]{20,}|[rs]k_live_\w{10,}|hv[bs]\.[\w-]{20,}|eyJ[\w-]{8,2000}\.[\w-]{8,}\.[\w-]*|npm_[A-Za-z0-9]{30,}"
    r"|pypi-[\w-]{40,}|SG\.[\w-]{16,}\.[\w-]{16,}|dop_v1_[0-9a-f]{40,}|AGE-SECRET-KEY-1[0-9A-Z]{20,})"
)
"""Tokens that services mark as theirs by how they begin."""

_TOKEN_NEEDLES: Final = (
    "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-", "xox", "xapp-", "akia",
    "asia", "aiza", "ya29.", "sk-", "k_live_", "hvs.", "hvb.", "eyj", "npm_", "pypi-", "sg.", "dop_v1_",
    "age-secret-key-",
)  # fmt: skip

_HOOKS: Final = re.compile(
    r"(https?://(?:hooks\.[\w.-]+|[\w.-]*\.webhook\.office\.com|[\w.-]+/api/webhooks|chat\.googleapis\.com"
    r"|api\.telegram\.org)/)([^\s\"'<>]+)"
)
"""Chat services whose URL is the secret."""

_RULES: Final = (
    _Rule(
        ("-----begin",),
        re.compile(
            r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----.*?(?:-----END \1-----|\Z)", re.DOTALL
        ),
        _whole,
    ),
    _Rule(("ls0tls1crudjti",), re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,}"), _encoded_key),
    _Rule(
        ("://hooks.", ".webhook.office.", "/api/webhooks/", "://chat.googleapis.", "://api.telegram."),
        _HOOKS,
        _second,
    ),
    _Rule(("://",), re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://([^\s/?#\"'<>]+)@"), _userinfo, "@"),
    _Rule(
        ("@tcp(", "@unix(", "@udp("),
        re.compile(r"([\w.$-]{1,64}:)([^\s\"'<>@]{1,256})@(?:tcp|unix|udp)\("),
        _second,
    ),
    _Rule(
        ("authorization", "api-key", "-token"),
        re.compile(
            r"(\b(?:authorization|x-api-key|api-key|x-auth-token|private-token)\"?\s?[:=]\s?\"?)"
            r"([^\s\"'<>](?:[^\"'\r\n<>]*[^\s\"'<>])?)",
            re.IGNORECASE,
        ),
        _second,
    ),
    _Rule(
        ("bearer ", "basic "),
        re.compile(r"(\b(?:bearer|basic) +)([A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE),
        _credential,
    ),
    _Rule(_TOKEN_NEEDLES, _TOKENS, _whole),
    # notification-controller says the path of a Receiver in its conditions; who knows it can trigger.
    _Rule(("/hook/",), re.compile(r"(/hook/)([0-9a-f]{16,})"), _second),
    _Rule(
        ('":', '" :'),
        re.compile(r"(?<!\\)\"([\w./-]{1,80})\"(\s?:\s?)(\"(?:[^\"\\]|\\.)*\"|-?\d[\d.eE+-]*)"),
        _json_pair,
    ),
    _Rule(
        ('\\":', '\\" :'),
        re.compile(r"(?<!\\)(\\{1,7}\")([\w./-]{1,80})\1(\s?:\s?)\1(.*?)\1"),
        _escaped_pair,
    ),
    _Rule(
        (": invalid value: ",),
        re.compile(r"(?<![\w.\[\]/-])([\w.\[\]/-]+)(: Invalid value: )(\"(?:[^\"\\]|\\.)*\"|[^\s:\"]+)"),
        _invalid_value,
    ),
    _Rule(("</",), re.compile(r"<([\w.-]+)>([^<>\s][^<>]*)</\1>"), _element),
    _Rule(
        ("password: ", "passwd: ", "passphrase: "),
        re.compile(r"(\bpass(?:word|wd|phrase): +)([^\s\"'<>]+)(?=\s*(?:$|[,;)\]}\r\n]))", re.IGNORECASE),
        _second,
    ),
    _Rule(
        tuple(f"{end} " for end in _OPTION_ENDS),
        re.compile(
            rf"((?<![\w-])--?(?:[\w-]*[-_])?(?:{'|'.join(_OPTION_ENDS)}) +[\"']?)([^\s\"'<>-][^\s\"'<>]*)",
            re.IGNORECASE,
        ),
        _second,
    ),
    _Rule(("-u ", "--user"), re.compile(r"(\s(?:-u|--user)[ =]+[\"']?[^\s:\"']+:)([^\s\"'<>]+)"), _second),
)
_ASSIGNMENTS: Final = _Rule(
    ("=",),
    re.compile(r"(?<![\w.-])((?:--?)?[A-Za-z_][\w.-]*)(\s?=(?!=)\s?)(\"[^\"]*\"|'[^']*'|[^\s\"'&;]+)"),
    _assignment,
)
_NEEDLES: Final = tuple(needle for rule in _RULES if not rule.also for needle in rule.needles)
_NAME_BACKWARDS: Final = re.compile(r"\s?([\w.-]+)")
_LONGEST_NAME: Final = 200


def redact_prose(text: str, mask: Mask) -> str:
    """The text with every recognised secret replaced; the same string when there is none."""
    lowered = text.lower()
    for rule in _RULES:
        if rule.also in lowered and any(needle in lowered for needle in rule.needles):
            text = _apply(rule, text, mask)
    return _apply(_ASSIGNMENTS, text, mask) if "=" in text else text


def may_hold_secrets(text: str) -> bool:
    """A cheap test: False means that `redact_prose` would return the text unchanged.

    Many strings can be asked about at once, joined with a NUL.
    """
    lowered = text.lower()
    for needle in _NEEDLES:
        if needle in lowered:
            return True
    return ("://" in lowered and "@" in lowered) or ("=" in text and _assigns_secret(text))


def _apply(rule: _Rule, text: str, mask: Mask) -> str:
    return rule.pattern.sub(lambda match: rule.replace(match, mask), text)


def _assigns_secret(text: str) -> bool:
    """Is there a secret-looking name before one of the equals signs?"""
    for part in text.split("=")[:-1]:
        match = _NAME_BACKWARDS.match(part[: -_LONGEST_NAME - 1 : -1])
        if match is not None and classify_name(match[1][::-1]) >= NameClass.VALUE:
            return True
    return False
