"""What controllers and API servers write into messages, as data. Only here are texts taken apart.

Each pattern says where its text is made and in which releases it was found, and takes time in proportion to
the message: what may repeat begins at the beginning of a word. Numbers, temporary folders and
names are never part of a pattern. Where a condition's reason or a reference says the same, the rules go by
that, so that a release which words it differently costs precision and not the cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

__all__ = [
    "NAME",
    "Pattern",
    "ResourceName",
    "headline",
    "host_of",
    "named_resources",
    "normalise",
    "unquoted",
]


_REMEMBERED = 128
"""Messages for which a pattern keeps what it has found."""


class Pattern(NamedTuple):
    """text: searched for, anywhere in a message. origin: the code that writes it.

    versions: the releases it was read or recorded in; others may word it differently.
    search: where the text is in a message; what many objects of a fleet say is searched once.
    """

    text: re.Pattern[str]
    origin: str
    versions: str
    search: Callable[[str], re.Match[str] | None]


def _pattern(text: str, origin: str, versions: str, *, any_case: bool = False) -> Pattern:
    compiled = re.compile(text, re.IGNORECASE if any_case else 0)
    return Pattern(compiled, origin, versions, lru_cache(maxsize=_REMEMBERED)(compiled.search))


_KUSTOMIZE = "kustomize-controller 1.9"
_HELM = "helm-controller 1.6"
_APPLIERS = f"{_KUSTOMIZE}, {_HELM}"
_SOURCE = "source-controller 1.9"
_OPERATOR = "flux-operator 0.58"
_KUBERNETES = "Kubernetes 1.35"
_OUTSIDE = "any release: written outside of Flux"

NAME = r"[a-z0-9](?:[-a-z0-9.:]*[a-z0-9])?"
"""A Kubernetes object name; RBAC names may hold colons."""


def _alone(words: str) -> str:
    """These words where they are no part of a name, an address or an image: `unauthorized-web.example`."""
    return rf"(?<![\w./@-])(?<!\w:)(?<!lookup )(?:{words})(?![\w/@-]|[.:]\w)"


_OBJECT = rf"\b(?P<kind>[A-Z]\w*)/(?:(?P<namespace>{NAME})/)?(?P<name>{NAME})"

NOT_FOUND = _pattern(
    r'(?<![\w.-])(?P<resource>[A-Za-z][\w.-]*) "(?P<name>[^"]+)" not found',
    "apimachinery errors.NewNotFound",
    _KUBERNETES,
)

# Kustomization and HelmRelease

DEPENDENCY = _pattern(
    rf"dependency '(?:(?P<namespace>{NAME})/)?(?P<name>{NAME})'", "dependsOn check", _APPLIERS
)
TYPED_DEPENDENCY = _pattern(
    rf"dependency (?P<version>[\w./-]+)/(?P<kind>[A-Z]\w*)/(?:(?P<namespace>{NAME})/)?(?P<name>{NAME}) not",
    "ResourceSet dependsOn check",
    _OPERATOR,
)
PATH_NOT_FOUND = _pattern(
    r"kustomization path not found|(?:stat|lstat) \S+: (?:no such file|not a directory)",
    "reconcile; os.PathError",
    _KUSTOMIZE,
)
KUSTOMIZE_BUILD = _pattern(
    r"kustomize build failed|accumulating resources|accumulation err", "kustomize build", _KUSTOMIZE
)
STRICT_VARIABLE = _pattern(
    r"variable not set \(strict mode\)(?:: \"(?P<name>[^\"]+)\")?", "postBuild substitution", _KUSTOMIZE
)
SOURCE_WAITING = _pattern(
    r"[Ss]ource (?:artifact not found|is not ready)|artifact not found", "getSource", _KUSTOMIZE
)
DOWNLOAD_FAILED = _pattern(
    r"failed to (?:download|fetch) (?:archive|artifact|chart)", "fluxcd/pkg http/fetch", _APPLIERS
)
SOPS_UNCONFIGURED = _pattern(r"SOPS encrypted, configuring decryption", "apply", _KUSTOMIZE)
DECRYPTION = _pattern(r"decryption failed|sops data key|sops decryption", "decryptor", _KUSTOMIZE)
CROSS_NAMESPACE = _pattern(r"cross-namespace references", "fluxcd/pkg acl", _APPLIERS)
APPLY = _pattern(
    rf"{_OBJECT} "
    r"(?:(?:dry-run|apply|create|delete|patch|update)(?: failed)?(?: \((?P<reason>\w+)\))?|not found)"
    r": (?P<rest>.*)",
    "fluxcd/pkg ssa manager errors",
    _APPLIERS,
)
WAITING_FOR = _pattern(
    rf"{_OBJECT}(?: status: '(?P<status>\w+)'| not ready\b)",
    "fluxcd/pkg ssa wait and Helm's kstatus waiter, one match per object in the list",
    _APPLIERS,
)
KUBECONFIG = _pattern(r"KubeConfig secret", "runtime/client impersonator", _APPLIERS, any_case=True)

# Helm

VALUES_REFERENCE = _pattern(
    rf"chart values reference '(?:(?P<namespace>{NAME})/)?(?P<name>{NAME})' "
    r"with key '(?P<key>[^']+)': (?P<rest>.*)",
    "fluxcd/pkg chartutil ErrValuesReference",
    _HELM,
)
KEY_NOT_FOUND = _pattern(r"key not found|does not contain|missing key", "fluxcd/pkg chartutil", _HELM)
VALUES_SCHEMA = _pattern(
    r"values don't meet the specifications of the schema|additional properties .* not allowed",
    "Helm chartutil.ValidateAgainstSchema",
    _HELM,
    any_case=True,
)
RENDERING = _pattern(
    r"execution error at|YAML parse error|template: |error converting YAML|parse error at",
    "Helm engine.Render and releaseutil",
    _HELM,
)
HELM_TIMEOUT = _pattern(
    r"timeout waiting for|timed out waiting|context deadline exceeded|not ready\. status|failed early",
    "Helm and kstatus waiters",
    _HELM,
)
HOOK_JOB = _pattern(rf"[Jj]ob (?P<name>{NAME}) failed", "Helm waitForJob, of hooks too", _HELM)
TEST_POD = _pattern(rf"[Pp]od (?P<name>{NAME}) failed", "Helm waitForPodSuccess, of tests", _HELM)
OWNERSHIP = _pattern(
    rf'\b(?P<kind>[A-Z]\w*) "(?P<name>{NAME})" in namespace "(?P<namespace>[^"]*)" '
    r"exists and cannot be imported",
    "Helm checkOwnership",
    _HELM,
)
HELM_LOCKED = _pattern(
    r"another operation \(install/upgrade/rollback\) is in progress", "Helm action.Upgrade", _HELM
)
DRIFTED = _pattern(rf"{_OBJECT} (?P<what>changed|removed)", "diff summary", _HELM)
CONFIGURED = _pattern(
    rf"{_OBJECT} (?:configured|created|corrected|changed)\b",
    "fluxcd/pkg ssa ChangeSet, one match per object in the list",
    _APPLIERS,
)

# Sources and charts

CHART_VERSION = _pattern(
    r"no '[^']*' chart with version matching|could not locate a version matching|chart version .* not found",
    "helm/repository; Helm registry client",
    _SOURCE,
)
CHART_NAME = _pattern(
    r"no chart name found|chart \S+ not found|could not get tags|no chart found",
    "Helm repo.IndexFile; chart builder",
    _SOURCE,
    any_case=True,
)
REVISION_NOT_FOUND = _pattern(
    r"couldn't find remote ref|reference not found|no match found for semver|object not found|"
    r"unable to (?:resolve|find) (?:ref|commit)|MANIFEST_UNKNOWN|manifest unknown|"
    r"ref .* not found|tag .* not found",
    "go-git, fluxcd/pkg git and oci, registry error codes",
    _SOURCE,
)
CREDENTIALS = _pattern(
    r"authentication (?:required|failed)|unable to authenticate|permission denied|host key|"
    r"invalid (?:auth|credentials|username|password|token)|bad credentials|access denied|"
    r"authorization failed|insufficient_scope|access to the resource is denied|"
    r"no basic auth|asked for the client to provide credentials|(?<![-./@])denied: |"
    + _alone("knownhosts|unauthorized|40[13]"),
    "git hosts, registries, object stores, go ssh",
    _OUTSIDE,
    any_case=True,
)
PUSH_REFUSED = _pattern(
    r"denied to |not allowed to push|hook declined|protected branch|" + _alone("read[- ]only"),
    "git hosts",
    _OUTSIDE,
    any_case=True,
)
UNREACHABLE = _pattern(
    r"no such host|connection (?:refused|reset)|i/o timeout|no route to host|network is unreachable|"
    r"(?<![-./@])tls: |TLS handshake|certificate (?:has|is|signed|verif)|context deadline exceeded|"
    r"Client\.Timeout|server misbehaving|unexpected EOF|" + _alone("x509|50[0234]"),
    "Go net, net/http and crypto/tls; HTTP statuses of the remote side",
    _OUTSIDE,
    any_case=True,
)
DISK_FULL = _pattern(r"no space left on device|disk quota exceeded", "Linux", _OUTSIDE)
RATE_LIMITED = _pattern(
    r"rate limit|too many requests|" + _alone("toomanyrequests|429"),
    "git hosts and registries",
    _OUTSIDE,
    any_case=True,
)
URL_NOT_FOUND = _pattern(
    r"NAME_UNKNOWN|repository (?:name not known|not found)|bucket .* (?:not found|does not exist)|"
    + _alone("404"),
    "remote side",
    _OUTSIDE,
    any_case=True,
)
_HOST = _pattern(
    r"dial tcp:? lookup (?P<name>[\w.-]+)|dial tcp (?P<address>[\w.\[\]:-]+:\d+)|"
    r"://(?:[^/\s\"'@]*@)?(?P<url>[^/\s\"'@]+)",
    "Go net; a URL in the text",
    _OUTSIDE,
)

# Kubernetes

FORBIDDEN = _pattern(
    r'User "(?P<user>[^"]+)" cannot (?P<verb>\S+) resource "(?P<plural>[^"]+)" '
    r'in API group "(?P<group>[^"]*)"(?: in the namespace "(?P<namespace>[^"]+)")?',
    "kube-apiserver authorization",
    _KUBERNETES,
)
SERVICE_ACCOUNT_USER = _pattern(
    rf"^system:serviceaccount:(?P<namespace>{NAME}):(?P<name>{NAME})$",
    "kube-apiserver user names",
    _KUBERNETES,
)
NO_KIND = _pattern(
    r'no matches for kind "(?P<kind>[^"]+)" in version "(?P<version>[^"]+)"',
    "apimachinery meta.NoKindMatchError",
    _KUBERNETES,
)
IMMUTABLE = _pattern(
    r"field is immutable|updates to statefulset spec for fields other than|may not be changed|"
    r"cannot be (?:changed|updated)",
    "kube-apiserver validation",
    _KUBERNETES,
)
INVALID_FIELD = _pattern(
    r"(?:^|[:\s])\.?(?P<field>(?:spec|data|metadata)(?:\.[\w-]+|\[[^\]]*\])+): ",
    "kube-apiserver field errors and structured-merge-diff",
    _KUBERNETES,
)
WEBHOOK_DENIED = _pattern(
    r'admission webhook "(?P<name>[^"]+)" denied the request', "kube-apiserver admission", _KUBERNETES
)
WEBHOOK_FAILED = _pattern(
    r'failed calling webhook "(?P<name>[^"]+)"|conversion webhook for [^:]+ failed',
    "kube-apiserver admission and conversion",
    _KUBERNETES,
)
WEBHOOK_SERVICE = _pattern(
    r"https://(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc[:/]",
    "kube-apiserver webhook client",
    _KUBERNETES,
)
NAMESPACE_TERMINATING = _pattern(
    rf"unable to create new content in namespace (?P<name>{NAME}) because it is being terminated",
    "kube-apiserver NamespaceLifecycle admission",
    _KUBERNETES,
)
QUOTA = _pattern(
    r"exceeded quota: (?P<name>[^,\s]+)|failed quota: (?P<unset>[^:\s]+): must specify",
    "kube-apiserver ResourceQuota admission",
    _KUBERNETES,
)
LIMIT_RANGE = _pattern(
    r"(?:maximum|minimum) \S+ usage per \w+ is|max limit to request ratio",
    "kube-apiserver LimitRanger",
    _KUBERNETES,
)
POD_SECURITY = _pattern(
    r'violates PodSecurity "(?P<level>[^"]+)"', "kube-apiserver PodSecurity admission", _KUBERNETES
)
SERVICE_ACCOUNT_LOOKUP = _pattern(
    rf"error looking up service account (?P<namespace>{NAME})/(?P<name>{NAME})",
    "kube-apiserver ServiceAccount admission",
    _KUBERNETES,
)
SCALED = _pattern(
    rf"Scaled (?:up|down) replica set (?P<name>{NAME})(?: from (?P<from>\d+))? to (?P<to>\d+)"
    rf"(?: from (?P<before>\d+))?",
    "kube-controller-manager deployment controller",
    _KUBERNETES,
)
IMAGE_UNKNOWN = _pattern(
    r": not found\b|manifest unknown|MANIFEST_UNKNOWN|invalid reference format|couldn't parse image",
    "kubelet, container runtimes, registry error codes",
    _KUBERNETES,
)
UNBOUND_CLAIM = _pattern(
    r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim \"[^\"]+\"",
    "kube-scheduler VolumeBinding",
    _KUBERNETES,
)
KEY_IN_CONFIG = _pattern(
    rf"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) (?P<namespace>{NAME})/(?P<name>{NAME})",
    "kubelet environment of a container",
    _KUBERNETES,
)

_PASSING = re.compile(r"(?<!\d)(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|h|m|s))+\b|\b[0-9a-f]{7,}\b|\d{5,}")
"""Durations, digests and the random parts of names and folders; versions and counts stay."""

_QUOTED = re.compile(r'"[^"]*"')

_REPEATED = "(combined from similar events): "
"""What client-go's event recorder puts before a message that stands for several."""

_HELM_LOGS = "\n\nLast Helm logs:"


def headline(message: str) -> str:
    """The message without the recorder's prefix and without the log that helm-controller appends."""
    return message.removeprefix(_REPEATED).split(_HELM_LOGS, 1)[0].strip()


@lru_cache(maxsize=1024)
def normalise(message: str) -> str:
    """The message without what differs from one attempt to the next: durations, digests, random names."""
    return _PASSING.sub("#", headline(message))


def unquoted(message: str) -> str:
    """The message without what stands in quotes: names and images can look like anything."""
    return _QUOTED.sub('""', message)


def host_of(message: str) -> str:
    """The host, or address and port, that the message says was spoken to; "" when it names none."""
    match = _HOST.search(message)
    return next((part for part in match.groups() if part), "").rstrip(":") if match else ""


class ResourceName(NamedTuple):
    """resource: a plural or a kind, perhaps with its group: `secrets`, `Bucket.source.toolkit.fluxcd.io`."""

    resource: str
    name: str


@lru_cache(maxsize=_REMEMBERED)
def named_resources(message: str) -> tuple[ResourceName, ...]:
    """Every object that the message says was not found, in order, once each."""
    found = (ResourceName(match["resource"], match["name"]) for match in NOT_FOUND.text.finditer(message))
    return tuple(dict.fromkeys(found))
