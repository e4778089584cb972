"""What the fields of Flux' kinds mean, in a few words of our own: for the CRDs of simulated clusters.

The facts are those of Flux 2.9; only fields that people look up are here. A line is a path, a type and a
sentence, which goes on in lines that are indented; `+ name` takes in a group of fields that several kinds
share. Types: `text`, `number`, `flag`, `duration`, `object`, `any`, `a|b` for one of these words; `[type]` is
a list of it, `{type}` a map. `!` behind the path: the field is obligatory. A path goes on inside the items of
a list behind `[]`.
"""

from __future__ import annotations

__all__ = ["KINDS", "SHARED"]

SHARED = {
    "paced": """
spec.interval!  duration  How often the object is checked against its desired state, as a Go duration:
    10m, 1h30m.
spec.suspend  flag  Stops the reconciliation for as long as it is true; what is there already stays as it
    is.
spec.timeout  duration  How long one operation may take before it counts as failed.
""",
    "status": """
status.observedGeneration  number  The generation of the spec that the controller has acted on last.
status.conditions  [object]  How the object is: Ready, Reconciling, Stalled and others, each with reason
    and message.
status.conditions[].type!  text  Which condition this is, for example Ready.
status.conditions[].status!  True|False|Unknown  Whether the condition holds.
status.conditions[].reason  text  One word for why, made for programs.
status.conditions[].message  text  What a person should know about it.
status.lastHandledReconcileAt  text  The value of the reconcile.fluxcd.io/requestedAt annotation that was
    heeded last.
""",
    "artifact": """
status.artifact  object  What was fetched last and is handed to the appliers.
status.artifact.revision  text  Where the content comes from: branch or tag with the digest of the commit,
    or a chart version.
status.artifact.digest  text  Checksum of the stored archive.
status.artifact.lastUpdateTime  text  When this content was stored.
""",
    "credentials": """
spec.secretRef  object  The Secret with the credentials for the remote end, in the same namespace.
spec.secretRef.name!  text  Name of the Secret.
""",
    "certificates": """
spec.certSecretRef  object  The Secret with TLS material (ca.crt, tls.crt, tls.key), in the same namespace.
spec.certSecretRef.name!  text  Name of the Secret.
spec.proxySecretRef  object  The Secret with address and credentials of an HTTP proxy, in the same
    namespace.
spec.proxySecretRef.name!  text  Name of the Secret.
""",
    "ordered": """
spec.dependsOn  [object]  Objects of the same kind that have to be ready before this one is reconciled.
spec.dependsOn[].name!  text  Name of the object that is waited for.
spec.dependsOn[].namespace  text  Its namespace; without one, the same as here.
spec.dependsOn[].readyExpr  text  A CEL expression over self and dep that decides when the other one
    counts as ready.
""",
    "applied": """
spec.serviceAccountName  text  The ServiceAccount in whose name objects are applied; its rights decide
    what is possible.
spec.kubeConfig  object  Applies to another cluster than the one that the controller runs in.
spec.kubeConfig.secretRef  object  The Secret that holds a kubeconfig for that cluster.
spec.kubeConfig.secretRef.name!  text  Name of the Secret.
spec.kubeConfig.secretRef.key  text  Key of the kubeconfig inside the Secret; value or value.yaml where it
    is left out.
spec.kubeConfig.configMapRef  object  The ConfigMap that describes a cluster reached by workload identity,
    without a secret.
spec.kubeConfig.configMapRef.name!  text  Name of the ConfigMap.
spec.targetNamespace  text  The namespace that the applied objects are put into.
""",
    "remediation": """
spec.install  object  How Helm installs the chart.
spec.install.createNamespace  flag  Makes the target namespace if it does not exist.
spec.install.disableWait  flag  Does not wait for the resources of the chart to become ready.
spec.install.timeout  duration  Time limit of the installation; the release's own timeout where it is left
    out.
spec.install.crds  Skip|Create|CreateReplace  What is done with CRDs in the chart's crds folder at
    installation. Default: Create.
spec.install.remediation  object  What happens after a failed installation.
spec.install.remediation.retries  number  How often a failed installation is tried again; a negative
    number means without end.
spec.install.remediation.remediateLastFailure  flag  Also uninstalls after the last attempt has failed.
spec.upgrade  object  How Helm upgrades the release.
spec.upgrade.cleanupOnFail  flag  Removes resources that a failed upgrade has newly made.
spec.upgrade.force  flag  Replaces resources that cannot be patched.
spec.upgrade.crds  Skip|Create|CreateReplace  What is done with CRDs in the chart's crds folder at an
    upgrade. Default: Skip.
spec.upgrade.remediation  object  What happens after a failed upgrade.
spec.upgrade.remediation.retries  number  How often a failed upgrade is tried again; a negative number
    means without end.
spec.upgrade.remediation.strategy  rollback|uninstall  How a failed upgrade is undone. Default: rollback.
spec.upgrade.remediation.remediateLastFailure  flag  Also undoes the last failed attempt instead of
    leaving it.
spec.rollback  object  How Helm goes back to an earlier revision of the release.
spec.rollback.cleanupOnFail  flag  Removes resources that a failed rollback has newly made.
spec.uninstall  object  How Helm removes the release.
spec.uninstall.keepHistory  flag  Keeps the history of the release after it is gone.
""",
}
"""Groups of fields."""

KINDS = {
    "HelmRelease": """
.  object  A Helm chart, with values, that is to be installed and kept up to date in a cluster.
spec  object  The release as it should be.
+ paced
+ ordered
+ applied
+ remediation
spec.chart  object  A chart that is looked up in a source; a HelmChart is made from it. Either this or
    chartRef.
spec.chart.spec  object  The chart and where it is from.
spec.chart.spec.chart!  text  Name of the chart in a Helm repository, or its path in a Git repository or
    bucket.
spec.chart.spec.version  text  Version or range of versions (semver) of the chart. Default: the latest.
spec.chart.spec.sourceRef!  object  The source that has the chart.
spec.chart.spec.sourceRef.kind!  HelmRepository|GitRepository|Bucket  Kind of the source.
spec.chart.spec.sourceRef.name!  text  Name of the source.
spec.chart.spec.sourceRef.namespace  text  Namespace of the source; without one, the release's own.
spec.chart.spec.reconcileStrategy  ChartVersion|Revision  Whether a new chart version or any new revision
    makes a new artifact.
spec.chartRef  object  An existing artifact that is the chart, instead of one that is looked up by name
    and version.
spec.chartRef.kind!  OCIRepository|HelmChart|ExternalArtifact  Kind of the referenced object.
spec.chartRef.name!  text  Name of the referenced object.
spec.chartRef.namespace  text  Its namespace; without one, the release's own.
spec.values  any  Values for the chart, written in place. They win over those of valuesFrom.
spec.valuesFrom  [object]  ConfigMaps and Secrets with values, merged in this order; later ones win.
spec.valuesFrom[].kind!  ConfigMap|Secret  Kind of the object that has the values.
spec.valuesFrom[].name!  text  Its name, in the namespace of the release.
spec.valuesFrom[].valuesKey  text  The key that holds them. Default: values.yaml.
spec.valuesFrom[].targetPath  text  The one value that is set, as a dotted path, instead of merging a
    whole document.
spec.valuesFrom[].optional  flag  The release goes on without the object if it does not exist.
spec.releaseName  text  Name of the Helm release. Default: that of the object, after the target namespace
    if there is one.
spec.storageNamespace  text  The namespace in which Helm stores its record of the release. Default: the
    object's own.
spec.maxHistory  number  How many revisions of the release Helm keeps; 0 means all. Default: 5.
spec.driftDetection  object  Notices changes that others have made to the release's objects in the cluster.
spec.driftDetection.mode  enabled|warn|disabled  Whether drift is corrected, only reported, or not looked
    for. Default: disabled.
spec.driftDetection.ignore  [object]  Fields whose drift does not count.
spec.driftDetection.ignore[].paths!  [text]  JSON pointers to the fields.
spec.test  object  Whether the chart's own tests run after an installation or upgrade.
spec.test.enable  flag  Runs them.
spec.test.ignoreFailures  flag  A failed test does not make the release fail.
spec.postRenderers  [object]  Changes to the rendered manifests before they are applied, with Kustomize.
spec.commonMetadata  object  Labels and annotations for every object of the release.
spec.persistentClient  flag  Keeps one client for a whole operation. Default: true.
status.history  [object]  The deployments of the release, the newest first: chart, version, status and when.
status.failures  number  How often reconciling has failed since it last worked.
status.lastAttemptedRevision  text  The chart version that was tried last, whether it worked or not.
status.helmChart  text  The HelmChart that was made for the release, as namespace/name.
status.inventory  object  The objects that the release has applied.
+ status
""",
    "Kustomization": """
.  object  Manifests from a source that are built, applied and kept as they are.
spec  object  What is applied, and how.
+ paced
+ ordered
+ applied
spec.sourceRef!  object  The source that has the manifests.
spec.sourceRef.kind!  OCIRepository|GitRepository|Bucket|ExternalArtifact  Kind of the source.
spec.sourceRef.name!  text  Name of the source.
spec.sourceRef.namespace  text  Namespace of the source; without one, the same as here.
spec.path  text  Folder in the source that has kustomization.yaml or plain manifests. Default: its root.
spec.prune!  flag  Deletes objects from the cluster that were applied before and are no longer in the
    source (garbage collection).
spec.deletionPolicy  MirrorPrune|Delete|WaitForTermination|Orphan  What happens to the applied objects
    when this one is deleted. Default: as prune says.
spec.force  flag  Replaces objects whose change is refused because a field is immutable. Default: false.
spec.wait  flag  Waits until everything that was applied is healthy; healthChecks are not heeded then.
    Default: false.
spec.retryInterval  duration  How soon a failed attempt is repeated. Default: the interval.
spec.healthChecks  [object]  Objects whose health decides whether this one is ready.
spec.healthChecks[].kind!  text  Kind of such an object.
spec.healthChecks[].name!  text  Its name.
spec.healthChecks[].namespace  text  Its namespace.
spec.healthCheckExprs  [object]  CEL expressions that say when objects of a custom kind are healthy.
spec.postBuild  object  What is done with the manifests between building and applying them.
spec.postBuild.substitute  {text}  Variables that replace ${name} in the manifests, written in place. They
    win over substituteFrom.
spec.postBuild.substituteFrom  [object]  ConfigMaps and Secrets whose keys are such variables; later ones
    win.
spec.postBuild.substituteFrom[].kind!  ConfigMap|Secret  Kind of the object that has the variables.
spec.postBuild.substituteFrom[].name!  text  Its name, in the same namespace.
spec.postBuild.substituteFrom[].optional  flag  Goes on without the object if it does not exist. Default:
    false.
spec.patches  [object]  Strategic merge or JSON patches that are laid over the manifests.
spec.images  [object]  Other names, tags or digests for container images.
spec.components  [text]  Kustomize components that are added, as paths relative to the folder.
spec.namePrefix  text  Put before the names of all objects.
spec.nameSuffix  text  Put behind the names of all objects.
spec.commonMetadata  object  Labels and annotations for everything that is applied.
spec.decryption  object  How Secrets that are encrypted with SOPS are decrypted.
spec.decryption.provider!  sops  What they are encrypted with.
spec.decryption.secretRef  object  The Secret with the private keys.
spec.decryption.secretRef.name!  text  Name of the Secret.
status.lastAppliedRevision  text  The revision of the source that was applied last, completely.
status.lastAttemptedRevision  text  The revision that was tried last, whether it worked or not.
status.inventory  object  The objects that were applied: what prune compares with.
+ status
""",
    "GitRepository": """
.  object  A Git repository that is fetched and handed on as an artifact.
spec  object  What is fetched, and how.
+ paced
+ credentials
spec.url!  text  Address of the repository, over https or ssh.
spec.ref  object  What is checked out; the branch master where nothing is said.
spec.ref.branch  text  A branch; its newest commit counts.
spec.ref.tag  text  A tag; wins over branch.
spec.ref.semver  text  A range of versions over the tags; wins over tag.
spec.ref.name  text  A full reference such as refs/pull/1/head; wins over semver.
spec.ref.commit  text  One commit; wins over all others.
spec.provider  generic|azure|aws|github  Who authenticates. Default: generic, with the Secret.
spec.verify  object  Signatures that a commit or tag must have.
spec.ignore  text  Patterns, as in .gitignore, of files that are left out of the artifact.
spec.include  [object]  Artifacts of other repositories that are copied into this one.
spec.recurseSubmodules  flag  Also fetches submodules.
spec.sparseCheckout  [text]  The only folders that are checked out.
spec.proxySecretRef  object  The Secret with address and credentials of an HTTP proxy.
spec.proxySecretRef.name!  text  Name of the Secret.
+ artifact
+ status
""",
    "OCIRepository": """
.  object  An artifact in a container registry that is fetched and handed on: manifests, or a Helm chart.
spec  object  What is fetched, and how.
+ paced
+ credentials
+ certificates
spec.url!  text  Address of the repository in the registry, oci:// and without a tag.
spec.ref  object  Which artifact; the tag latest where nothing is said.
spec.ref.tag  text  A tag.
spec.ref.semver  text  A range of versions over the tags; wins over tag.
spec.ref.digest  text  A digest; wins over all others.
spec.provider  generic|aws|azure|gcp  Who authenticates. Default: generic, with the Secret.
spec.insecure  flag  Allows a registry without TLS.
spec.layerSelector  object  Which layer of the artifact is taken. Default: the first.
spec.verify  object  Signatures (cosign or notation) that the artifact must have.
spec.serviceAccountName  text  The ServiceAccount whose pull secrets or cloud identity are used.
+ artifact
+ status
""",
    "HelmRepository": """
.  object  A repository of Helm charts.
spec  object  Where it is and how it is reached.
+ paced
+ credentials
+ certificates
spec.url!  text  Address of the repository, https:// for an index, oci:// for a registry.
spec.type  default|oci  oci for charts in a container registry; such a repository is not fetched by itself.
spec.passCredentials  flag  Sends the credentials also to other hosts that the index points to.
spec.provider  generic|aws|azure|gcp  Who authenticates at a registry. Default: generic, with the Secret.
+ artifact
+ status
""",
    "HelmChart": """
.  object  One chart that is fetched from a source, mostly made by a HelmRelease.
spec  object  Which chart.
+ paced
spec.chart!  text  Name or path of the chart in its source.
spec.version  text  Version or range of versions of the chart. Default: the latest.
spec.sourceRef!  object  The source that has the chart, in the same namespace.
spec.sourceRef.kind!  HelmRepository|GitRepository|Bucket  Kind of the source.
spec.sourceRef.name!  text  Name of the source.
spec.reconcileStrategy  ChartVersion|Revision  Whether a new version or any new revision makes a new
    artifact.
+ artifact
+ status
""",
    "Bucket": """
.  object  A bucket of object storage whose content is handed on as an artifact.
spec  object  What is fetched, and how.
+ paced
+ credentials
+ certificates
spec.bucketName!  text  Name of the bucket.
spec.endpoint!  text  Host of the storage service.
spec.prefix  text  Only objects whose names begin so.
spec.region  text  Region of the bucket.
spec.provider  generic|aws|gcp|azure  Which service it is, and so how it authenticates.
spec.insecure  flag  Allows an endpoint without TLS.
+ artifact
+ status
""",
    "Alert": """
.  object  Sends events about some objects to a provider.
spec  object  Which events, and where to.
spec.providerRef!  object  The Provider that gets them, in the same namespace.
spec.providerRef.name!  text  Name of the Provider.
spec.eventSources!  [object]  The objects whose events are sent.
spec.eventSources[].kind!  text  Kind of the objects.
spec.eventSources[].name!  text  Name of one object, or * for all.
spec.eventSources[].namespace  text  Their namespace; without one, the same as here.
spec.eventSeverity  info|error  The least severity that is sent. Default: info, which is everything.
spec.exclusionList  [text]  Patterns of messages that are not sent.
spec.eventMetadata  {text}  Further fields that every event carries.
spec.suspend  flag  Sends nothing for as long as it is true.
""",
    "Provider": """
.  object  A service that notifications are sent to.
spec  object  Which service, and how it is reached.
spec.type!  text  What it is: slack, msteams, github, gitlab, generic, alertmanager, pagerduty and others.
spec.address  text  Address that is posted to, unless the Secret has it.
spec.channel  text  Channel or room.
spec.username  text  Under which name messages appear.
+ credentials
spec.proxySecretRef  object  The Secret with address and credentials of an HTTP proxy.
spec.proxySecretRef.name!  text  Name of the Secret.
spec.suspend  flag  Sends nothing for as long as it is true.
""",
    "Receiver": """
.  object  A webhook that makes objects be reconciled at once.
spec  object  Who calls, and what is reconciled then.
spec.type!  text  Who calls: github, gitlab, generic, harbor, dockerhub and others.
spec.secretRef!  object  The Secret with the token that a caller must know, in the same namespace.
spec.secretRef.name!  text  Name of the Secret.
spec.resources!  [object]  The objects that are reconciled.
spec.resources[].kind!  text  Kind of such an object.
spec.resources[].name!  text  Its name, or * together with matchLabels.
spec.events  [text]  The events of the caller that count. Default: all.
spec.interval  duration  How often the webhook's own path is computed anew. Default: 10m.
spec.suspend  flag  Calls have no effect for as long as it is true.
+ status
""",
    "ImageRepository": """
.  object  A container image whose tags are read from the registry.
spec  object  Which image, and how it is read.
+ paced
+ credentials
spec.image!  text  Name of the image, without a tag.
spec.exclusionList  [text]  Patterns of tags that are left out.
spec.accessFrom  object  Which namespaces may have an ImagePolicy that refers to this image.
+ status
""",
    "ImagePolicy": """
.  object  Chooses one tag among those of an ImageRepository.
spec  object  From which image, and by which rule.
spec.imageRepositoryRef!  object  The ImageRepository.
spec.imageRepositoryRef.name!  text  Its name.
spec.imageRepositoryRef.namespace  text  Its namespace; without one, the same as here.
spec.policy!  object  The rule: semver, alphabetical or numerical.
spec.policy.semver  object  The highest version in a range.
spec.policy.semver.range!  text  The range, for example >=1.0.0 <2.0.0.
spec.filterTags  object  Which tags count, and which part of them is compared.
spec.digestReflectionPolicy  Always|IfNotPresent|Never  Whether the digest of the chosen tag is told as
    well.
status.latestRef  object  The image that was chosen.
+ status
""",
    "ImageUpdateAutomation": """
.  object  Writes chosen image tags into a Git repository and pushes the commit.
spec  object  Where, what and how.
spec.interval!  duration  How often it looks whether there is something to write.
spec.sourceRef!  object  The GitRepository that is written to.
spec.sourceRef.kind!  GitRepository  Kind of the source.
spec.sourceRef.name!  text  Its name.
spec.git  object  Branch, author and message of the commits.
spec.git.push  object  Where commits go; the branch of the checkout where nothing is said.
spec.update  object  How files are changed, and below which path.
spec.suspend  flag  Writes nothing for as long as it is true.
+ status
""",
}
"""The fields of each kind; `.` is the kind itself. Kinds that are not here say nothing."""
