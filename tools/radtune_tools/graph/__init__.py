"""Microsoft: HTTPS, sign-in, Graph. Nothing else talks to Microsoft.

May import: nothing.
Begin with: client.py.
"""
