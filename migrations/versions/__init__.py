"""One file per revision. A released one never changes; a new one is also named in schema.REVISIONS."""
