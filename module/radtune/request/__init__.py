"""A packet read: its attributes, the facts in them, the names in a certificate, accounting, the NAS's vendor.

May import: records.
Begin with: facts.py.
"""
