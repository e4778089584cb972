"""Sources as source-controller leaves them when all is well: fetched, stored, ready.

word: becomes the name. space: the namespace, already a name. by: who applies the object.
"""

from __future__ import annotations

from typing import Any

from mirror.keys import ObjectKey
from mirror.testing.manifests import digest, obj
from mirror.testing.objects import JSON
from mirror.testing.scenarios.stage import Ref, Stage

__all__ = [
    "SOURCE",
    "artifact",
    "bucket",
    "commit",
    "declared",
    "fetched",
    "git_repository",
    "helm_chart",
    "helm_repository",
    "oci_repository",
    "source_ref",
]

SOURCE = "source.toolkit.fluxcd.io/v1"


def source_ref(source: Ref) -> JSON:
    """A reference to a source in the namespace of whoever refers."""
    name, kind = (source.name, source.kind) if isinstance(source, ObjectKey) else _of(source)
    return {"kind": kind, "name": name}


def git_repository(stage: Stage, word: str, space: str, *, by: Ref | None = None, **spec: Any) -> JSON:
    """A GitRepository on branch `main`, over https; secretRef and the like as spec fields."""
    name = stage.name(word)
    wanted = {
        "interval": "1m0s",
        "ref": {"branch": "main"},
        "timeout": "60s",
        "url": f"https://git.{stage.name('acme')}.example/{name}.git",
        **spec,
    }
    revision = f"main@sha1:{digest(name, 'commit', 1, length=40)}"
    return _fetched(stage, "GitRepository", name, space, by, wanted, revision)


def oci_repository(stage: Stage, word: str, space: str, *, by: Ref | None = None, **spec: Any) -> JSON:
    """An OCIRepository on tag `1.4.0`."""
    name = stage.name(word)
    wanted = {
        "interval": "5m0s",
        "provider": "generic",
        "ref": {"tag": "1.4.0"},
        "timeout": "60s",
        "url": f"oci://registry.{stage.name('acme')}.example/manifests/{name}",
        **spec,
    }
    revision = f"1.4.0@sha256:{digest(name, 'image', 1)}"
    return _fetched(stage, "OCIRepository", name, space, by, wanted, revision, "digest")


def bucket(stage: Stage, word: str, space: str, *, by: Ref | None = None, **spec: Any) -> JSON:
    name = stage.name(word)
    wanted = {
        "bucketName": name,
        "endpoint": f"s3.{stage.name('acme')}.example",
        "interval": "5m0s",
        "provider": "generic",
        "timeout": "60s",
        **spec,
    }
    return _fetched(stage, "Bucket", name, space, by, wanted, f"sha256:{digest(name, 'bucket', 1)}")


def helm_repository(stage: Stage, word: str, space: str, *, by: Ref | None = None, **spec: Any) -> JSON:
    """A HelmRepository with an index, over https."""
    name = stage.name(word)
    url = f"https://charts.{stage.name('acme')}.example/{name}"
    wanted = {"interval": "1h0m0s", "provider": "generic", "url": url, **spec}
    revision = f"sha256:{digest(name, 'index', 1)}"
    return _fetched(stage, "HelmRepository", name, space, by, wanted, revision, "")


def helm_chart(stage: Stage, name: str, source: JSON, chart: str, version: str, labels: JSON) -> JSON:
    """A pulled HelmChart beside its source. name: of the object; a release's is `<namespace>-<release>`."""
    space = source["metadata"]["namespace"]
    pulled = f"pulled '{chart}' chart with version '{version}'"
    made = obj(
        SOURCE,
        "HelmChart",
        space,
        name,
        stage.created,
        labels=labels,
        generation=1,
        spec={
            "chart": chart,
            "interval": "10m0s",
            "reconcileStrategy": "ChartVersion",
            "sourceRef": source_ref(source),
            "version": version,
        },
    )
    stage.put(made)
    stage.event(made, "ChartPullSucceeded", pulled, warning=False)
    return stage.report(
        made,
        ("Ready", "True", "ChartPullSucceeded", pulled),
        ("ArtifactInStorage", "True", "ChartPullSucceeded", pulled),
        artifact=artifact(stage, made, version),
        observedChartName=chart,
        observedGeneration=1,
        observedSourceArtifactRevision=source["status"]["artifact"]["revision"],
    )


def commit(stage: Stage, source: Ref, number: int = 2) -> str:
    """Somebody pushes to a GitRepository and source-controller fetches it: the new revision."""
    name = stage.get(source)["metadata"]["name"]
    revision = f"main@sha1:{digest(name, 'commit', number, length=40)}"
    fetched(stage, source, revision)
    return revision


def declared(
    stage: Stage, api_version: str, kind: str, space: str, name: str, spec: JSON, *, by: Ref | None = None
) -> JSON:
    """An object that no controller has looked at yet. name: as it is to be written."""
    status = {"observedGeneration": -1}
    made = obj(api_version, kind, space, name, stage.stamp, generation=1, spec=spec, status=status)
    return stage.put(made, by=by)


def fetched(stage: Stage, source: Ref, revision: str) -> JSON:
    """A source stores a new revision: what a good commit looks like."""
    found = stage.get(source)
    stored = f"stored artifact for revision '{revision}'"
    stage.event(found, "NewArtifact", "stored artifact for commit 'Update'", warning=False)
    return stage.report(
        found,
        ("Ready", "True", "Succeeded", stored),
        ("ArtifactInStorage", "True", "Succeeded", stored),
        artifact=artifact(stage, found, revision),
        observedGeneration=found["metadata"]["generation"],
    )


def artifact(stage: Stage, source: JSON, revision: str) -> JSON:
    """status.artifact of a source at a revision, fetched now."""
    kind, metadata = source["kind"].lower(), source["metadata"]
    place = f"{kind}/{metadata['namespace']}/{metadata['name']}/{revision.rpartition(':')[2]}.tar.gz"
    return {
        "digest": f"sha256:{digest(place)}",
        "lastUpdateTime": stage.stamp,
        "path": place,
        "revision": revision,
        "size": 3197,
        "url": f"http://source-controller.{stage.name('flux-system')}.svc.cluster.local./{place}",
    }


def _fetched(
    stage: Stage,
    kind: str,
    name: str,
    space: str,
    by: Ref | None,
    spec: JSON,
    revision: str,
    noun: str = "revision",
) -> JSON:
    """noun: how the controller calls what it stored, `stored artifact for digest '…'`."""
    made = obj(SOURCE, kind, space, name, stage.created, generation=1, spec=spec)
    made = stage.put(made, by=by)
    stored = f"stored artifact for {noun} '{revision}'" if noun else f"stored artifact: revision '{revision}'"
    stage.event(made, "NewArtifact", stored, warning=False)
    return stage.report(
        made,
        ("Ready", "True", "Succeeded", stored),
        ("ArtifactInStorage", "True", "Succeeded", stored),
        artifact=artifact(stage, made, revision),
        observedGeneration=1,
    )


def _of(obj: JSON) -> tuple[str, str]:
    return obj["metadata"]["name"], obj["kind"]
