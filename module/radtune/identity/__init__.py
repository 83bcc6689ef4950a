"""The device of a client: its names in order of trust, the match, the compliance state that counts.

May import: records.
Begin with: matching.py.
"""
