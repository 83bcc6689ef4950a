"""The doctor: status, installation and environment, looked at in bounded time; each finding with what mends it.

May import: radclient, raddb_edit, policy, graph, link, enforce, health.
Begin with: examination.py.
"""
