"""What an index finds is what a look at every field would find."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from query.documentation.ranking import Index, rank, words_of
from query.documentation.schemas import SchemaField

NAMES = st.sampled_from(["retry", "retries", "retrying", "spec", "secretRef", "secret", "url", "valuesFrom"])
FIELDS = st.lists(
    st.builds(
        lambda path, said: SchemaField(".".join(path), "string", " ".join(said), False, "", ()),
        st.lists(NAMES, min_size=1, max_size=3),
        st.lists(NAMES, max_size=4),
    ),
    max_size=12,
)


def _has(kind: str, field: SchemaField, word: str) -> bool:
    """The field has the word, or one that begins with it, if that says enough."""
    every = words_of(f"{kind} {field.path} {field.text}")
    return word in every or (len(word) >= 4 and any(each.startswith(word) for each in every))


@given(FIELDS, st.lists(NAMES, min_size=1, max_size=3))
def test_every_field_with_one_of_the_words_is_found_and_no_other(
    fields: list[SchemaField], asked: list[str]
) -> None:
    index = Index([("Widget", fields)])
    found = {(entry.field.path, entry.field.text) for entry in rank(index, " ".join(asked))}
    wanted = {word for each in asked for word in words_of(each)}
    assert found == {
        (field.path, field.text) for field in fields if any(_has("Widget", field, word) for word in wanted)
    }


@given(FIELDS)
def test_fields_that_read_the_same_are_one_entry_with_several_homes(fields: list[SchemaField]) -> None:
    index = Index([("Widget", fields), ("Gadget", fields), ("Widget", fields)])
    distinct = {(field.path, field.text) for field in fields}
    assert len(index.entries) == 2 * len(distinct)
    assert all(set(entry.homes) == ({0, 2} if entry.kind == "Widget" else {1}) for entry in index.entries)
