"""Status and metrics: the server's own word, compared with what is there now.

May import: enforce, graph.
Begin with: health.py.
"""
