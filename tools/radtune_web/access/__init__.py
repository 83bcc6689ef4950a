"""Who may use the page: the addresses that are believed, passwords, sign-ins, and protection of what is sent.

May import: index.
Begin with: gate.py.
"""
