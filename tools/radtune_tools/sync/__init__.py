"""Intune's devices into the device store: list, plan, refuse if unsafe, publish.

May import: graph.
Begin with: whole_sync.py.
"""
