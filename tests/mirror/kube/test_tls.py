"""Certificates on their way into OpenSSL."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from mirror.errors import CredentialsError, KubeconfigError
from mirror.kube.tls import ClientCertificate, _on_disk, authority_text, load_client_certificate

CA = trustme.CA()
LEAF = CA.issue_cert("me@example.org")
CERTIFICATE = ClientCertificate(LEAF.cert_chain_pems[0].bytes(), LEAF.private_key_pem.bytes())


def test_only_certificates_are_taken_from_an_authority_file() -> None:
    pem = CA.cert_pem.bytes()
    text = authority_text("# übrigens\n".encode() + pem + LEAF.private_key_pem.bytes() + pem)
    assert text.count("BEGIN CERTIFICATE") == 2
    assert "PRIVATE" not in text
    assert text.isascii()
    ssl.create_default_context(cadata=text)


def test_an_authority_without_certificates() -> None:
    with pytest.raises(KubeconfigError, match="context x: the certificate authority holds no PEM"):
        authority_text(b"junk", where="context x")


def test_a_certificate_is_loaded() -> None:
    load_client_certificate(ssl.create_default_context(), CERTIFICATE)


@pytest.mark.parametrize(
    "broken",
    [
        ClientCertificate(b"", b""),
        ClientCertificate(CERTIFICATE.certificate, b""),
        ClientCertificate(b"planted", CERTIFICATE.key),
        ClientCertificate(CERTIFICATE.certificate, CA.issue_cert("x@y").private_key_pem.bytes()),
    ],
)
def test_a_broken_certificate_is_refused(broken: ClientCertificate) -> None:
    with pytest.raises(CredentialsError, match="belong together") as caught:
        load_client_certificate(ssl.create_default_context(), broken, where="context x")
    assert "planted" not in str(caught.value)


def test_what_must_touch_the_disk_is_private_and_gone_at_once() -> None:
    with _on_disk(b"key") as name:
        path = Path(name)
        assert path.read_bytes() == b"key"
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()
