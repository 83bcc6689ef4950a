"""Client events sent on: to syslog and to webhooks, from the event log and off the login path.

May import: events, graph.
Begin with: forwarder.py.
"""
