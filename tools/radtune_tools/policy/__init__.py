"""The policy tried without a server: lint, cases, certificates, what if, the difference that a change makes.

May import: nothing.
Begin with: cases.py.
"""
