"""The records that radtune keeps and passes on: devices, facts of a client, sessions, moves, states; JSON in and out.

May import: nothing.
Begin with: device_and_client.py.
"""
