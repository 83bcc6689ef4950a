"""The words and options of the command line. Each word calls a function of commands/.

May import: commands, graph, link, policy, sync.
Begin with: root.py.
"""
