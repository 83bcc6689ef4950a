"""Status and metrics: the server's own word, compared with what is there now; counters of events.

May import: enforce, events, graph, push.
Begin with: health.py.
"""
