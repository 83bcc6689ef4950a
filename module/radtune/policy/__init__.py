"""The outcome for a client: decide(), labels, what a rule grants. No I/O, and the time is an argument.

May import: identity, records, request.
Begin with: decide.py.
"""
