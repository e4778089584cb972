"""Secret-looking names: which keys, variables and options are likely to hold a secret.

Names are judged word by word (`smtpPassword`, `SMTP_PASSWORD` and `smtp-password` are the same two
words), so that `tokenizer` is no token. The last word often turns a secret into a mere reference to
one: `passwordFile`, `secretName`, `tokenUrl` hold nothing worth hiding.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

__all__ = ["NameClass", "classify_name"]


class NameClass(IntEnum):
    """What a name says about its value; the order matters: everything from VALUE on hides strings."""

    PLAIN = 0
    """Nothing. Inside something secret it is hidden with it."""
    REFERENCE = 1
    """The value only points at something; shown even inside something secret."""
    LABELS = 2
    """A map of labels or a selector: its keys are not names of secrets."""
    VALUE = 3
    """A string is hidden; an object is looked into with its own names."""
    DEEP = 4
    """Everything inside is hidden, references excepted."""
    PASSWORD = 5
    """As DEEP, and numbers too."""


_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LAST_PART: Final = re.compile(r"[^/]*\Z")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PASSWORD_WORDS: Final = _words("password passwords passwd passphrase passphrases pwd")
_DEEP_WORDS: Final = _words(
    "secret secrets token tokens credential credentials creds cred apikey apikeys dsn htpasswd netrc pgpass "
    "dockerconfigjson dockercfg otp totp stringdata"
)
_LAST_ONLY_WORDS: Final = _words(
    "auth authorization bearer connectionstring connstr jwt kubeconfig pass webhook"
)
"""Too common in other company: `auth_mode`, `pass_through`."""

_STEMS: Final = ("password", "passwd", "passphrase", "secret", "token", "apikey", "credentials")
_KEY_STEMS: Final = (
    "secretkey",
    "privatekey",
    "accesskey",
    "authkey",
    "signingkey",
    "encryptionkey",
    "masterkey",
)
"""Words glued together in lower case: `pgpassword`, `clientsecret`, `secretkey`."""

_SECRET_KEYS: Final = _words(
    "access account admin aes age api app auth authentication cookie crypt decrypt decryption encrypt "
    "encryption fernet gpg hmac ingest ingestion instrumentation integration jwt license licence master "
    "pgp private root routing rsa secret security session shared sign signing sops ssh storage token "
    "unseal webhook write"
)
"""`<word> key` is secret with these; `topology key`, `public key`, `values key` are not."""

_SECRET_PAIRS: Final = frozenset({("connection", "string"), ("connection", "strings"), ("webhook", "url")})
_NAMED_SECRETS: Final = _words("existing pull tls cert certificate ca imagepull")
"""`<word> secret` is the name of a Secret: pullSecret, existingSecret, tlsSecret."""
_NAMES_A_SECRET: Final = frozenset({("sops", "age", "secret")})
"""kustomize-controller's --sops-age-secret; other names that end in `age secret` may hold one."""

_REFERENCE_WORDS: Final = _words(
    "age alg algorithm annotation annotations attribute audience audiences backend bucket class column "
    "count create created database days dir directory disabled duration email enable enabled encoding "
    "endpoint endpoints engine expiration expires expiry field file filename files format generator group "
    "header headers host hostname hours index interval issuer kind length lifetime limit limits manager "
    "max method min minutes mode mount mounted name names namespace optional param parameter path paths "
    "period policy port prefix project property provider ref reference refs region request requests "
    "required review reviews role rotation scope scopes seconds server size state status store suffix "
    "template timeout ttl type types uri url user username users version zone"
)
_FILE_WORDS: Final = _words("yaml yml json conf config cfg ini properties toml env txt xml sh")


def classify_name(name: str) -> NameClass:
    """What the name says about its value. A domain or path prefix (up to the last `/`) is ignored."""
    last_part = _LAST_PART.search(name)
    words = [word.lower() for word in _WORD.findall(last_part[0] if last_part else name)]
    while len(words) > 1 and words[-1] in _FILE_WORDS:
        words.pop()
    if not words or words[0] == "automount":
        return NameClass.PLAIN
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    if last in ("labels", "selector"):
        return NameClass.LABELS
    if last in ("key", "keys"):
        return NameClass.DEEP if before in _SECRET_KEYS else NameClass.REFERENCE
    if (before, last) in _SECRET_PAIRS:
        return NameClass.VALUE
    if last in _REFERENCE_WORDS:
        return NameClass.REFERENCE
    return _classify_words(words, before, last)


def _classify_words(words: list[str], before: str, last: str) -> NameClass:
    is_name = before in _NAMED_SECRETS or words[0] == "existing" or tuple(words) in _NAMES_A_SECRET
    if last in ("secret", "secrets") and is_name:
        return NameClass.REFERENCE
    if not _PASSWORD_WORDS.isdisjoint(words) or last.endswith(_STEMS[:3]):
        return NameClass.PASSWORD
    if not _DEEP_WORDS.isdisjoint(words) or last.endswith(_STEMS + _KEY_STEMS):
        return NameClass.REFERENCE if last.startswith("existing") else NameClass.DEEP
    return NameClass.VALUE if last in _LAST_ONLY_WORDS else NameClass.PLAIN
