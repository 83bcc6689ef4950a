"""Sends client events from the event log to syslog and webhooks; no login waits for it.

May import: events, graph.
Begin with: forwarder.py.
"""
