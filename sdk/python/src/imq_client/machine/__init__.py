"""The client as a plain state machine: no clock, no socket, no timer; time and chance are given.

The rules are those of sdk/SPEC.md, shown by the scripts in sdk/conformance.
"""
