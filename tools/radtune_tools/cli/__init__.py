"""The frame of the command line: the words of all commands, and the options that several take.

May import: nothing.
Begin with: root.py.
"""
