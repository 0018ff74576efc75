"""Signals: reading the data rather than trusting the colour.

A signal asks a question and never accuses. Each rule is a pure function of what was told, with its thresholds in one
table, and gives what it saw. A rule that fired is then silent for four weeks unless it gets worse (`silence`).
"""
