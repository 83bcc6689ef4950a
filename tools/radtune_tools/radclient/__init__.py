"""Packets in, replies out. Nothing else calls radclient.

May import: nothing.
Begin with: batch.py.
"""
