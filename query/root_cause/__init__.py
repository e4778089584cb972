"""Root causes: a walk from a symptom over the graph, and a table of small rules that judge each object.

Read verdicts.py (what a rule may say), table.py (which rules are asked), walk.py (how their answers are
joined), then question.py.
"""

from query.root_cause.question import find_root_cause

__all__ = ["find_root_cause"]
