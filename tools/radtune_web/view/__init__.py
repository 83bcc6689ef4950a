"""How things are shown: words, times and charts.

May import: nothing.
Begin with: words.py.
"""
