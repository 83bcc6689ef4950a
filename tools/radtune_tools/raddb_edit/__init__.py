"""The server's configuration files: read as a tree, edited, each change noted before it is made, and put back.

May import: nothing.
Begin with: config_tree.py.
"""
