"""The stores on disk: devices, sessions, runs, quarantines. Nothing else opens a database.

May import: identity, policy, records.
Begin with: store.py.
"""
