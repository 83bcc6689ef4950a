"""The files of radtune, each with its owner and mode.

May import: nothing.
Begin with: paths.py.
"""
