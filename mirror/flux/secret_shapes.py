"""The shapes of secrets in text: one rule each, applied by secret_text.py.

The rules prefer hiding too much to showing a secret, but leave prose alone: "secret 'ns/n' not
found" and "invalid token: signature is invalid" are messages people need.

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

__all__ = ["Mask", "Rule", "trivial"]

Mask = Callable[[str], str]
"""From a secret to what is shown instead. Must return its own results, and "", unchanged."""

_Match = re.Match[str]


class Rule(NamedTuple):
    """One shape.

    gate, needles: lower case; without the gate and one of the needles in the lowered text the pattern
        cannot match. Gates are what few texts contain, so that most rules cost one look.
    """

    gate: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    replace: Callable[[_Match, Mask], str]


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
_HEADERS: Final = re.compile(
    r"(\b(?:authorization|x-api-key|api-key|x-auth-token|private-token)(?:\"?:|=) ?\"?)"
    r"([^\s\"'<>](?:[^\"'\r\n<>]*[^\s\"'<>])?)",
    re.IGNORECASE,
)
_HOOKS: Final = re.compile(
    r"(https?://(?:hooks\.[\w.-]+|[\w.-]*\.webhook\.office\.com|[\w.-]+/api/webhooks|chat\.googleapis\.com"
    r"|api\.telegram\.org)/)([^\s\"'<>]+)"
)
"""Chat services whose URL is the secret."""

RULES: Final = (
    Rule(
        " ",
        ("-----begin",),
        re.compile(
            r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----.*?(?:-----END \1-----|\Z)", re.DOTALL
        ),
        _whole,
    ),
    Rule("", ("ls0tls1crudjti",), re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,}"), _encoded_key),
    Rule(
        "://",
        ("://hooks.", ".webhook.office.", "/api/webhooks/", "://chat.googleapis.", "://api.telegram."),
        _HOOKS,
        _second,
    ),
    Rule("://", ("@",), re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://([^\s/?#\"'<>\0]+)@"), _userinfo),
    Rule(
        "(",
        ("@tcp(", "@unix(", "@udp("),
        re.compile(r"([\w.$-]{1,64}:)([^\s\"'<>@]{1,256})@(?:tcp|unix|udp)\("),
        _second,
    ),
    Rule(":", ("authorization:", "api-key:", "-token:"), _HEADERS, _second),
    Rule('"', ('authorization":', 'api-key":', '-token":'), _HEADERS, _second),
    Rule("=", ("authorization=", "api-key=", "-token="), _HEADERS, _second),
    Rule(
        " ",
        ("bearer ", "basic "),
        re.compile(r"(\b(?:bearer|basic) +)([A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE),
        _credential,
    ),
    # Tokens that services mark as theirs by how they begin.
    Rule(
        "_",
        ("ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "k_live_", "npm_", "dop_v1_"),
        re.compile(
            r"(?<![A-Za-z0-9])(?:gh[opsur]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|[rs]k_live_\w{10,}"
            r"|npm_[A-Za-z0-9]{30,}|dop_v1_[0-9a-f]{40,})"
        ),
        _whole,
    ),
    Rule(
        "-",
        ("glpat-", "xox", "xapp-", "sk-", "pypi-", "age-secret-key-"),
        re.compile(
            r"(?<![A-Za-z0-9])(?:glpat-[\w.-]{16,}|(?:xox[a-z]|xapp)-[\w-]{8,}|sk-[\w-]{20,}|pypi-[\w-]{40,}"
            r"|AGE-SECRET-KEY-1[0-9A-Z]{20,})"
        ),
        _whole,
    ),
    Rule(
        ".",
        ("eyj", "hvs.", "hvb.", "ya29.", "sg."),
        re.compile(
            r"(?<![A-Za-z0-9])(?:eyJ[\w-]{8,2000}\.[\w-]{8,}\.[\w-]*|hv[bs]\.[\w-]{20,}|ya29\.[\w-]{20,}"
            r"|SG\.[\w-]{16,2000}\.[\w-]{16,})"
        ),
        _whole,
    ),
    Rule(
        "",
        ("akia", "asia", "aiza"),
        re.compile(r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)|AIza[\w-]{30,})"),
        _whole,
    ),
    # notification-controller says the path of a Receiver in its conditions; who knows it can trigger.
    Rule("/", ("/hook/",), re.compile(r"(/hook/)([0-9a-f]{16,})"), _second),
    Rule(
        '"',
        ('":', '" :'),
        re.compile(r"(?<!\\)\"([\w./-]{1,80})\"(\s?:\s?)(\"(?:[^\"\\]|\\.)*\"|-?\d[\d.eE+-]*)"),
        _json_pair,
    ),
    Rule(
        "\\",
        ('\\":', '\\" :'),
        re.compile(r"(?<!\\)(\\{1,7}\")([\w./-]{1,80})\1(\s?:\s?)\1(.*?)\1"),
        _escaped_pair,
    ),
    Rule(
        " ",
        (": invalid value: ",),
        re.compile(r"(?<![\w.\[\]/-])([\w.\[\]/-]+)(: Invalid value: )(\"(?:[^\"\\]|\\.)*\"|[^\s:\"]+)"),
        _invalid_value,
    ),
    Rule("<", ("</",), re.compile(r"<([\w.-]+)>([^<>\s][^<>]*)</\1>"), _element),
    Rule(
        " ",
        ("password: ", "passwd: ", "passphrase: "),
        re.compile(
            r"(\bpass(?:word|wd|phrase): +)([^\s\"'<>|][^\s\"'<>]*)(?=\s*(?:$|[,;)\]}\r\n]))", re.IGNORECASE
        ),
        _second,
    ),
    Rule(
        " ",
        tuple(f"{end} " for end in _OPTION_ENDS),
        re.compile(
            rf"((?<![\w-])--?(?:[\w-]*[-_])?(?:{'|'.join(_OPTION_ENDS)}) +[\"']?)([^\s\"'<>-][^\s\"'<>]*)",
            re.IGNORECASE,
        ),
        _second,
    ),
    Rule(
        ":", ("-u ", "--user"), re.compile(r"(\s(?:-u|--user)[ =]+[\"']?[^\s:\"'<]+:)([^\s\"'<>]+)"), _second
    ),
)
ASSIGNMENTS: Final = Rule(
    "=",
    ("=",),
    re.compile(r"(?<![\w.-])((?:--?)?[A-Za-z_][\w.-]*)(\s?=(?!=)\s?)(\"[^\"]*\"|'[^']*'|[^\s\"'&;]+)"),
    _assignment,
)
NEEDLES: Final = {
    gate: tuple(
        needle
        for rule in RULES
        if rule.gate == gate
        for needle in rule.needles
        if rule.replace is not _userinfo
    )
    for gate in {rule.gate for rule in RULES}
}
"""The needles of all rules by gate, but the one of URLs with a user: it is too common."""
