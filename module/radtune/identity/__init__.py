"""The device of a client: its names in order of trust, the match, the compliance state that counts.

May import: records, request.
Begin with: matching.py.
"""
