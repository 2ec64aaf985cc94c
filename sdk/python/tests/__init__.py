"""Run from sdk/python: `PYTHONPATH=src python3 -m unittest discover -t . -s tests`."""

import logging

# What fails on purpose here isn't worth a line.
logging.getLogger("imq_client").addHandler(logging.NullHandler())
