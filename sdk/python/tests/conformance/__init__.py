"""Runs the scripts of sdk/conformance, whose README says what they mean."""
