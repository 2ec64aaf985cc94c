"""The protocol's classes, made by protoc from the project's schemas when the program starts."""

import importlib
import pathlib
import subprocess
import sys
import tempfile


class Schema:
    """The modules `c2g` and `g2c`, generated from the folder that holds their `.proto` files."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        with tempfile.TemporaryDirectory(prefix="imq-python-") as generated:
            subprocess.run(
                ["protoc", "--python_out", generated, "-I", str(self.folder),
                 "c2g.proto", "g2c.proto"],
                check=True, timeout=30)
            sys.path.insert(0, generated)
            try:
                self.c2g = importlib.import_module("c2g_pb2")
                self.g2c = importlib.import_module("g2c_pb2")
            finally:
                sys.path.remove(generated)

    def body(self, name, fields):
        """One `C2g` whose body `name` has `fields`."""
        envelope = self.c2g.C2g()
        body = getattr(envelope, name)
        body.SetInParent()
        for field, value in fields.items():
            fill(body, field, value)
        return envelope


def fill(message, field, value):
    """Sets one field: a scalar, a list, a map, or a nested message given as a dict."""
    if isinstance(value, dict):
        inner = getattr(message, field)
        if hasattr(inner, "SetInParent"):
            inner.SetInParent()
            for name, part in value.items():
                fill(inner, name, part)
        else:
            inner.update(value)
    elif isinstance(value, list):
        inner = getattr(message, field)
        for part in value:
            if isinstance(part, dict):
                element = inner.add()
                for name, piece in part.items():
                    fill(element, name, piece)
            else:
                inner.append(part)
    else:
        setattr(message, field, value)
