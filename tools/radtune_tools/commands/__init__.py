"""One file for each command: arguments in, exit code out.

May import: enforce, graph, health, link, policy, radclient, settings_edit, sync.
Begin with: status.py.
"""
