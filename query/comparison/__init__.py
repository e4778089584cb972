"""compare_clusters: how clusters differ.

Read question.py (what is asked, and in which order it is answered), choice.py (which objects are compared),
compared.py (one object as several clusters have it), then what these stand on: normalize.py and diff.py.
"""
