"""Microsoft: HTTPS, sign-in, Graph. Nothing else talks to a network.

May import: nothing.
Begin with: client.py.
"""
