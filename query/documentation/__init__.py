"""search_flux_docs and read_flux_doc: what the clusters' own CRDs say. Read question.py first."""
