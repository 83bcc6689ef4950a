"""The part that runs inside FreeRADIUS: hooks, the answers to them, the sessions and events that it writes, its state.

May import: config, dictionary, identity, policy, records, request, stores.
Begin with: hook.py.
"""
