"""The part that runs inside FreeRADIUS: hooks, judge, the sessions and events that it writes, its own state.

May import: config, dictionary, identity, policy, records, request, stores.
Begin with: hook.py.
"""
