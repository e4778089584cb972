"""Keeps a local copy of many clusters close to the truth; the only writer of the store."""
