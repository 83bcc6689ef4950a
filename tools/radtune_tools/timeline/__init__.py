"""The story of a device: its events as sentences, how it is now, and what it waits for.

May import: enforce, events, policy.
Begin with: story.py.
"""
