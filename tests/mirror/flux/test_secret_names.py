from __future__ import annotations

import pytest

from mirror.flux.secret_names import NameClass, classify_name

SECRET = [
    "password", "PASSWORD", "dbPassword", "DB_PASSWORD", "smtp-password", "spring.datasource.password",
    "PGPASSWORD", "rootpasswd", "passphrase", "secret", "clientSecret", "client_secret",
    "SECRET_KEY_BASE", "secretKey", "token", "API_TOKEN", "accessToken", "authtoken", "apiKey",
    "api_key", "APIKEY", "x-api-key", "credentials", "awsCredentials", "dsn", "DB_DSN", "SENTRY_DSN",
    "privateKey", "sshPrivateKey", "accessKey", "AWS_SECRET_ACCESS_KEY", "storageAccountKey",
    "encryptionKey", "routingKey", "licenseKey", "auth", "REDIS_AUTH", "basicAuth", "connectionString",
    "connection_string", ".dockerconfigjson", "htpasswd", "DB_PASS", "jwt", "slackWebhookUrl",
    "webhook_url", "app.example.com/api-token", "/etc/app/password", "token1", "credentials.json",
    "passwords.yaml", "checksum/secret",
]  # fmt: skip
HARMLESS = [
    "name", "secretName", "secretRef", "secretKeyRef", "passwordSecretRef", "existingSecret",
    "existing_secret", "existingSecretPasswordKey", "imagePullSecrets", "pullSecret", "tlsSecret",
    "certSecret", "tokenFile", "passwordFile", "TOKEN_PATH", "tokenUrl", "auth_endpoint",
    "automountServiceAccountToken", "tokenExpirationSeconds", "TOKEN_TTL", "passwordPolicy",
    "secretProvider", "secretsManager", "auth-type", "AUTH_MODE", "authEnabled", "authorizationMode",
    "key", "keys", "topologyKey", "publicKey", "valuesKey", "labelKey", "username", "user", "author",
    "authority", "tokenizer", "tokenBucket", "bypass", "compass", "passCount", "monkey", "keyboard",
    "turkey", "rbac.authorization.kubernetes.io/autoupdate", "replicas", "image", "host",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET)
def test_a_name_that_says_secret(name: str) -> None:
    assert classify_name(name) >= NameClass.VALUE


@pytest.mark.parametrize("name", HARMLESS)
def test_a_name_that_does_not(name: str) -> None:
    assert classify_name(name) < NameClass.VALUE


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("adminPassword", NameClass.PASSWORD),
        ("tokens", NameClass.DEEP),
        ("auth", NameClass.VALUE),
        ("secretName", NameClass.REFERENCE),
        ("passwordKey", NameClass.REFERENCE),
        ("matchLabels", NameClass.LABELS),
        ("nodeSelector", NameClass.LABELS),
        ("replicas", NameClass.PLAIN),
        ("", NameClass.PLAIN),
        ("///", NameClass.PLAIN),
    ],
)
def test_how_far_a_name_reaches(name: str, expected: NameClass) -> None:
    assert classify_name(name) is expected
