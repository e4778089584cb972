"""The CRDs of the simulated fleet describe what people look up, and the tools find it there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mirror.keys import Resource
from mirror.testing import flux_crds
from mirror.testing.crd_fields import KINDS
from query.documentation.kind_schemas import DEFINITION
from query.documentation.question import read_doc, search_docs
from query.documentation.schemas import schema_fields
from query.view import View
from tests.query.stores import Content, view_of


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    """One cluster that has nothing but the CRDs of the simulated fleet."""
    crds = flux_crds()
    served = [
        Resource(
            kind.group, crd["spec"]["versions"][0]["name"], kind.kind, crd["spec"]["names"]["plural"], True
        )
        for kind, crd in crds.items()
    ]
    definitions = Resource(DEFINITION.group, "v1", DEFINITION.kind, "customresourcedefinitions", False)
    content = Content(objects=list(crds.values()), served=(*served, definitions))
    with view_of(tmp_path_factory.mktemp("docs"), {"staging": content}) as found:
        yield found


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("HelmRelease interval", "HelmRelease.spec.interval"),
        ("Kustomization timeout", "Kustomization.spec.timeout"),
        ("dependsOn", "HelmRelease.spec.dependsOn"),
        ("values from a Secret", "HelmRelease.spec.valuesFrom"),
        ("postBuild substitute variables", "Kustomization.spec.postBuild.substitute"),
        ("prune", "Kustomization.spec.prune"),
        ("suspend a GitRepository", "GitRepository.spec.suspend"),
        ("targetNamespace", "HelmRelease.spec.targetNamespace"),
        ("install remediation retries", "HelmRelease.spec.install.remediation.retries"),
        ("failed upgrade rollback strategy", "HelmRelease.spec.upgrade.remediation.strategy"),
        ("drift detection", "HelmRelease.spec.driftDetection"),
        ("chartRef", "HelmRelease.spec.chartRef"),
        ("Kustomization sourceRef kind", "Kustomization.spec.sourceRef.kind"),
        ("credentials secretRef of a GitRepository", "GitRepository.spec.secretRef"),
        ("service account of a Kustomization", "Kustomization.spec.serviceAccountName"),
        ("kubeConfig for another cluster", "HelmRelease.spec.kubeConfig"),
        ("delete objects that are no longer in the source", "Kustomization.spec.prune"),
    ],
)
def test_what_people_look_up_is_among_the_first_three(view: View, words: str, path: str) -> None:
    assert path in [match.path for match in search_docs(view, words, limit=3).matches]


def test_a_field_is_read_with_what_lies_below(view: View) -> None:
    page = read_doc(view, "HelmRelease.spec.upgrade.remediation")
    assert page.text == "What happens after a failed upgrade."
    strategy = next(field for field in page.fields if field.path.endswith(".strategy"))
    assert strategy.enum == ("rollback", "uninstall")
    source = read_doc(view, "ks.spec.sourceRef")
    assert [field.required for field in source.fields] == [True, True, False]


def test_every_line_of_the_table_is_a_described_field() -> None:
    definitions = {kind.kind: crd for kind, crd in flux_crds().items()}
    assert KINDS.keys() <= definitions.keys()
    for kind in KINDS:
        crd = definitions[kind]
        fields = schema_fields(crd, crd["spec"]["versions"][0]["name"])
        assert all(field.text for path, field in fields.items() if path != "status"), kind
        assert len(fields) > 8


def test_every_object_of_the_schemas_is_open() -> None:
    """They describe and forbid nothing: what a test or a scenario writes is kept."""
    for crd in flux_crds().values():
        schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        assert all(node["x-kubernetes-preserve-unknown-fields"] for node in _objects(schema))


def _objects(schema: dict[str, object]) -> Iterator[dict[str, object]]:
    if schema.get("type") == "object" and "additionalProperties" not in schema:
        yield schema
    inside = schema.get("properties", {})
    assert isinstance(inside, dict)
    for child in (*inside.values(), *([schema["items"]] if "items" in schema else [])):
        yield from _objects(child)
