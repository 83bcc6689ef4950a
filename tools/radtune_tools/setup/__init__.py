"""The server's configuration changed as the manual says, step by step, and put back.

May import: events, raddb_edit, radclient, settings_edit.
Begin with: steps.py.
"""
