"""Answers as compact plain text; no colour, no I/O."""
