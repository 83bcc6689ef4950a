"""One file for each command: its words and options, and what they do; the exit code comes out.

May import: cli, enforce, events, graph, health, link, policy, push, radclient, settings_edit, sync.
Begin with: status.py.
"""
