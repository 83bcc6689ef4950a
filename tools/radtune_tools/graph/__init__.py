"""Microsoft: HTTPS, sign-in, Graph. Nothing else talks to a network or reads a certificate.

May import: nothing.
Begin with: client.py.
"""
