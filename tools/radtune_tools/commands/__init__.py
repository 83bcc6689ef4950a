"""One file for each command: its words and options, and what they do; the exit code comes out.

May import: cli, doctor, enforce, events, graph, health, link, policy, push, radclient, raddb_edit, settings_edit, setup, sync, timeline.
Begin with: status.py.
"""  # noqa: E501  # the test of the wings reads one line
