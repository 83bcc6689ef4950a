"""Reads the client events: the log and its rotated files, from where a reader left off.

May import: nothing.
Begin with: event_reader.py.
"""
