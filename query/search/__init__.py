"""search_fleet: a word, a chart, an image, a label, over all clusters. Read question.py first."""
