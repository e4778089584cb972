"""What answers look like: names and shapes are fixed, docs/tools.md describes them.

answer.py has what all answers share, and the answers that are too small for a file of their own.
"""
