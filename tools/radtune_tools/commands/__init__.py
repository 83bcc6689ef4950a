"""One file for each command: its words and options, and what they do; the exit code comes out.

May import: cli, enforce, events, graph, health, link, policy, push, radclient, raddb_edit, settings_edit, setup, sync.
Begin with: status.py.
"""
