"""What controllers and API servers write into messages, as data. Only here are texts taken apart.

Each pattern says where its text is made. Numbers, temporary folders and names are never part of a pattern.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["NAME", "Pattern", "ResourceName", "headline", "named_resources", "normalise"]


class Pattern(NamedTuple):
    """text: searched for, anywhere in a message. origin: the code that writes it."""

    text: re.Pattern[str]
    origin: str

    def search(self, message: str) -> re.Match[str] | None:
        return self.text.search(message)


def _pattern(text: str, origin: str, *, any_case: bool = False) -> Pattern:
    return Pattern(re.compile(text, re.IGNORECASE if any_case else 0), origin)


NAME = r"[a-z0-9](?:[-a-z0-9.:]*[a-z0-9])?"
"""A Kubernetes object name; RBAC names may hold colons."""

NOT_FOUND = _pattern(
    r'(?P<resource>[A-Za-z][\w.-]*) "(?P<name>[^"]+)" not found', "apimachinery errors.NewNotFound"
)

# Kustomization and HelmRelease

DEPENDENCY = _pattern(
    rf"dependency '(?:(?P<namespace>{NAME})/)?(?P<name>{NAME})'",
    "kustomize- and helm-controller dependsOn check",
)
TYPED_DEPENDENCY = _pattern(
    rf"dependency (?P<version>[\w./-]+)/(?P<kind>[A-Z]\w*)/(?:(?P<namespace>{NAME})/)?(?P<name>{NAME}) not",
    "flux-operator ResourceSet dependsOn check",
)
REVISION_BEHIND = _pattern(r"revision is not up to date", "kustomize-controller dependsOn check")
PATH_NOT_FOUND = _pattern(
    r"kustomization path not found|(?:stat|lstat) \S+: (?:no such file|not a directory)",
    "kustomize-controller reconcile; os.PathError",
)
SOURCE_WAITING = _pattern(
    r"[Ss]ource (?:artifact not found|is not ready)|artifact not found", "kustomize-controller getSource"
)
DOWNLOAD_FAILED = _pattern(
    r"failed to (?:download|fetch) (?:archive|artifact|chart)", "fluxcd/pkg http/fetch; helm-controller"
)
SOPS_UNCONFIGURED = _pattern(r"SOPS encrypted, configuring decryption", "kustomize-controller apply")
DECRYPTION = _pattern(r"decryption failed|sops data key|sops decryption", "kustomize-controller decryptor")
CROSS_NAMESPACE = _pattern(r"cross-namespace references", "fluxcd/pkg acl; helm-controller")
APPLY = _pattern(
    rf"(?P<kind>[A-Z]\w*)/(?:(?P<namespace>{NAME})/)?(?P<name>{NAME}) "
    r"(?:(?:dry-run|apply|create|delete|patch|update)(?: failed)?(?: \((?P<reason>\w+)\))?|not found)"
    r": (?P<rest>.*)",
    "fluxcd/pkg ssa manager errors",
)
WAITING_FOR = _pattern(
    rf"(?P<kind>[A-Z]\w*)/(?:(?P<namespace>{NAME})/)?(?P<name>{NAME})"
    r"(?: status: '(?P<status>\w+)'| not ready\b)",
    "fluxcd/pkg ssa wait and Helm's kstatus waiter, one match per object in the list",
)
KUBECONFIG = _pattern(r"KubeConfig secret", "fluxcd/pkg runtime/client impersonator", any_case=True)

# Helm

VALUES_REFERENCE = _pattern(
    rf"chart values reference '(?:(?P<namespace>{NAME})/)?(?P<name>{NAME})' "
    r"with key '(?P<key>[^']+)': (?P<rest>.*)",
    "fluxcd/pkg chartutil ErrValuesReference",
)
KEY_NOT_FOUND = _pattern(r"key not found|does not contain|missing key", "fluxcd/pkg chartutil")
VALUES_SCHEMA = _pattern(
    r"values don't meet the specifications of the schema|additional properties .* not allowed",
    "Helm chartutil.ValidateAgainstSchema",
    any_case=True,
)
RENDERING = _pattern(
    r"execution error at|YAML parse error|template: |error converting YAML|parse error at",
    "Helm engine.Render and releaseutil",
)
HELM_TIMEOUT = _pattern(
    r"timeout waiting for|timed out waiting|context deadline exceeded|not ready\. status|failed early",
    "Helm and kstatus waiters",
)
OWNERSHIP = _pattern(
    rf'(?P<kind>[A-Z]\w*) "(?P<name>{NAME})" in namespace "(?P<namespace>[^"]*)" '
    r"exists and cannot be imported",
    "Helm checkOwnership",
)
HELM_LOCKED = _pattern(
    r"another operation \(install/upgrade/rollback\) is in progress", "Helm action.Upgrade"
)
DRIFTED = _pattern(
    rf"(?P<kind>[A-Z]\w*)/(?:(?P<namespace>{NAME})/)?(?P<name>{NAME}) (?P<what>changed|removed)",
    "helm-controller diff summary",
)

# Sources and charts

CHART_VERSION = _pattern(
    r"no '[^']*' chart with version matching|could not locate a version matching|chart version .* not found",
    "source-controller helm/repository; Helm registry client",
)
CHART_NAME = _pattern(
    r"no chart name found|chart \S+ not found|could not get tags|no chart found",
    "Helm repo.IndexFile; source-controller chart builder",
    any_case=True,
)
REVISION_NOT_FOUND = _pattern(
    r"couldn't find remote ref|reference not found|no match found for semver|object not found|"
    r"unable to (?:resolve|find) (?:ref|commit)|MANIFEST_UNKNOWN|manifest unknown|NAME_UNKNOWN|"
    r"failed to determine the artifact tag|ref .* not found|tag .* not found",
    "go-git, fluxcd/pkg git and oci, registry error codes",
)
CREDENTIALS = _pattern(
    r"authentication (?:required|failed)|unable to authenticate|permission denied|knownhosts|host key|"
    r"invalid (?:auth|credentials|username|password|token)|bad credentials|unauthorized|access denied|"
    r"\b40[13]\b|denied: |no basic auth|asked for the client to provide credentials",
    "git hosts, registries, object stores, go ssh",
    any_case=True,
)
UNREACHABLE = _pattern(
    r"no such host|connection (?:refused|reset)|i/o timeout|no route to host|network is unreachable|"
    r"x509|tls: |TLS handshake|certificate|context deadline exceeded|Client\.Timeout|server misbehaving|"
    r"\b50[0234]\b|unexpected EOF",
    "Go net, net/http and crypto/tls; HTTP statuses of the remote side",
    any_case=True,
)
RATE_LIMITED = _pattern(r"rate limit|too many requests|\b429\b", "Git hosts and registries", any_case=True)
URL_NOT_FOUND = _pattern(
    r"\b404\b|repository not found|bucket .* (?:not found|does not exist)", "remote side", any_case=True
)

# Kubernetes

FORBIDDEN = _pattern(
    r'User "(?P<user>[^"]+)" cannot (?P<verb>\S+) resource "(?P<plural>[^"]+)" '
    r'in API group "(?P<group>[^"]*)"(?: in the namespace "(?P<namespace>[^"]+)")?',
    "kube-apiserver authorization",
)
SERVICE_ACCOUNT_USER = _pattern(
    rf"^system:serviceaccount:(?P<namespace>{NAME}):(?P<name>{NAME})$", "kube-apiserver user names"
)
NO_KIND = _pattern(
    r'no matches for kind "(?P<kind>[^"]+)" in version "(?P<version>[^"]+)"',
    "apimachinery meta.NoKindMatchError",
)
IMMUTABLE = _pattern(
    r"field is immutable|updates to statefulset spec for fields other than|may not be changed|"
    r"cannot be (?:changed|updated)",
    "kube-apiserver validation",
)
INVALID_FIELD = _pattern(
    r"(?:^|[:\s])\.?(?P<field>(?:spec|data|metadata)(?:\.[\w-]+|\[[^\]]*\])+): ",
    "kube-apiserver field errors and structured-merge-diff",
)
WEBHOOK_DENIED = _pattern(
    r'admission webhook "(?P<name>[^"]+)" denied the request', "kube-apiserver admission"
)
WEBHOOK_FAILED = _pattern(r'failed calling webhook "(?P<name>[^"]+)"', "kube-apiserver admission")
QUOTA = _pattern(
    r"exceeded quota: (?P<name>[^,\s]+)|failed quota: (?P<unset>[^:\s]+): must specify",
    "kube-apiserver ResourceQuota admission",
)
LIMIT_RANGE = _pattern(
    r"(?:maximum|minimum) \S+ usage per \w+ is|\S+ max limit to request ratio", "kube-apiserver LimitRanger"
)
POD_SECURITY = _pattern(r'violates PodSecurity "(?P<level>[^"]+)"', "kube-apiserver PodSecurity admission")
SERVICE_ACCOUNT_LOOKUP = _pattern(
    rf"error looking up service account (?P<namespace>{NAME})/(?P<name>{NAME})",
    "kube-apiserver ServiceAccount admission",
)
UNBOUND_CLAIM = _pattern(
    r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim \"[^\"]+\"",
    "kube-scheduler VolumeBinding",
)
KEY_IN_CONFIG = _pattern(
    rf"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) (?P<namespace>{NAME})/(?P<name>{NAME})",
    "kubelet environment of a container",
)

_PASSING = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|h|m|s))+\b|\b[0-9a-f]{7,}\b|\d{5,}")
"""Durations, digests and the random parts of names and folders; versions and counts stay."""

_REPEATED = "(combined from similar events): "
"""What client-go's event recorder puts before a message that stands for several."""


_HELM_LOGS = "\n\nLast Helm logs:"


def headline(message: str) -> str:
    """The message without the recorder's prefix and without the log that helm-controller appends."""
    return message.removeprefix(_REPEATED).split(_HELM_LOGS, 1)[0].strip()


def normalise(message: str) -> str:
    """The message without what differs from one attempt to the next: durations, digests, random names."""
    return _PASSING.sub("#", headline(message))


class ResourceName(NamedTuple):
    """resource: a plural or a kind, perhaps with its group: `secrets`, `Bucket.source.toolkit.fluxcd.io`."""

    resource: str
    name: str


def named_resources(message: str) -> list[ResourceName]:
    """Every object that the message says was not found, in order, once each."""
    found = (ResourceName(match["resource"], match["name"]) for match in NOT_FOUND.text.finditer(message))
    return list(dict.fromkeys(found))
