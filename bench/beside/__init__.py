"""Measures this tree and another commit in turn, from outside: by public commands, processes, HTTP and histories.

The code that drives both builds is this package's, whatever the modules of a build are called.
"""
