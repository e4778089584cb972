"""What sources, artifact generators and image automation refer to."""

from __future__ import annotations

from typing import Final

from mirror.flux.field_rules import Rules, Scope, account, named, secret
from mirror.flux.kinds import EXTENSIONS_GROUP, IMAGE_GROUP, SOURCE_GROUP
from mirror.keys import GroupKind
from mirror.records import Relation

__all__ = ["SOURCE_RULES"]

_EXTERNAL_ARTIFACT: Final = GroupKind(SOURCE_GROUP, "ExternalArtifact")
_GIT_REPOSITORY: Final = GroupKind(SOURCE_GROUP, "GitRepository")

_CERTIFICATES: Final = (secret("spec.secretRef"), secret("spec.certSecretRef"))
_REGISTRY: Final = (*_CERTIFICATES, secret("spec.proxySecretRef"), account())

SOURCE_RULES: Final[dict[GroupKind, Rules]] = {
    _GIT_REPOSITORY: (
        secret("spec.secretRef"),
        secret("spec.verify.secretRef"),
        secret("spec.proxySecretRef"),
        account(),
        # The path ends at `repository`: that object holds the name, the item around it paths.
        named(Relation.SOURCE, "spec.include[].repository", _GIT_REPOSITORY, Scope.OWN),
    ),
    GroupKind(SOURCE_GROUP, "OCIRepository"): (
        *_REGISTRY,
        secret("spec.verify.secretRef"),
        secret("spec.verify.trustedRootSecretRef"),
    ),
    GroupKind(SOURCE_GROUP, "Bucket"): (
        *_REGISTRY,
        secret("spec.sts.secretRef"),
        secret("spec.sts.certSecretRef"),
    ),
    GroupKind(SOURCE_GROUP, "HelmRepository"): _CERTIFICATES,
    GroupKind(SOURCE_GROUP, "HelmChart"): (
        named(Relation.SOURCE, "spec.sourceRef", scope=Scope.OWN),
        secret("spec.verify.secretRef"),
    ),
    _EXTERNAL_ARTIFACT: (named(Relation.SOURCE, "spec.sourceRef"),),
    GroupKind(EXTENSIONS_GROUP, "ArtifactGenerator"): (
        named(Relation.SOURCE, "spec.sources[]"),
        named(Relation.GENERATES, "spec.artifacts[]", _EXTERNAL_ARTIFACT, Scope.OWN),
        named(Relation.MANAGES, "status.inventory[]", _EXTERNAL_ARTIFACT),
    ),
    GroupKind(IMAGE_GROUP, "ImageRepository"): _REGISTRY,
    GroupKind(IMAGE_GROUP, "ImagePolicy"): (
        named(Relation.SOURCE, "spec.imageRepositoryRef", GroupKind(IMAGE_GROUP, "ImageRepository")),
    ),
    GroupKind(IMAGE_GROUP, "ImageUpdateAutomation"): (
        named(Relation.SOURCE, "spec.sourceRef"),
        secret("spec.git.commit.signingKey.secretRef"),
    ),
}
"""By group and kind. Selectors (ImageUpdateAutomation's policySelector) name nothing and give no edge."""
