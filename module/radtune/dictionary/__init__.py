"""FreeRADIUS's dictionaries, as far as a policy's attributes need them.

May import: nothing.
Begin with: dictionary.py.
"""
