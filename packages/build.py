#!/usr/bin/env python3
"""Makes the packages that carry the binary, for npm and for PyPI.

    packages/build.py --imq target/dist/imq --out target/packages

It writes imq-server-VERSION.tgz and imq-server-linux-x64-VERSION.tgz, and a wheel whose name says from which version
of glibc on the binary runs. It takes npm, and nothing beside Python's own library. It publishes nothing."""

import argparse
import base64
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile

from elf import X86_64, Elf

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
LICENCE = (ROOT / "LICENSE").read_bytes()
SUMMARY = "The server and the command line of imq, a real-time message queue"

# In npm's registry `imq` is somebody else's.
NPM_NAME = "imq-server"
NPM_PLATFORM_NAME = f"{NPM_NAME}-linux-x64"
PYPI_NAME = "imq"

# What each system with glibc has: a part of what manylinux allows (PEP 600).
LIBRARIES = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--imq", type=pathlib.Path, required=True, metavar="BINARY")
    options.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR")
    options.add_argument("--debug-build", action="store_true", help="allow a debug build, which is for tests")
    options = options.parse_args()
    version = version_of_workspace()
    check_version(options.imq, version, options.debug_build)
    glibc = glibc_of(options.imq)
    options.out.mkdir(parents=True, exist_ok=True)
    for made in [*npm(options.imq, version, glibc, options.out), wheel(options.imq, version, glibc, options.out)]:
        print(made)


def version_of_workspace():
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        sys.exit(f"Cargo.toml has the version {version}: PyPI spells anything but X.Y.Z in its own way")
    return version


def check_version(imq, version, allows_debug):
    """Ends unless the binary is of this version, and of the right kind."""
    said = subprocess.run([imq.resolve(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if said.split()[:2] != ["imq", version]:
        sys.exit(f"{imq} is `{said}`, Cargo.toml has the version {version}: build it anew")
    if "debug build" in said and not allows_debug:
        sys.exit(f"{imq} is a debug build: take one of `cargo build --profile dist`, or add --debug-build")


def glibc_of(imq):
    """From which version of glibc on the binary runs, as (major, minor)."""
    try:
        elf = Elf(imq.read_bytes())
    except ValueError as error:
        sys.exit(f"{imq}: {error}")
    if elf.machine != X86_64 or elf.glibc is None:
        sys.exit(f"{imq} isn't for x86-64 with glibc; packages for others aren't built here")
    others = set(elf.libraries) - LIBRARIES
    if others:
        sys.exit(f"{imq} needs {', '.join(sorted(others))}, which not every system has")
    return elf.glibc


def npm(imq, version, glibc, out):
    """The package with the command, and the one with the binary that it finds."""
    common = {"version": version, "license": "MIT", "files": ["bin"]}
    command = {
        "name": NPM_NAME,
        "description": SUMMARY,
        **common,
        "bin": {"imq": "bin/imq.js"},
        "engines": {"node": ">=18"},
        "optionalDependencies": {NPM_PLATFORM_NAME: version},
    }
    description = "The binary of {} for Linux on x86-64, with glibc {}.{} or later".format(NPM_NAME, *glibc)
    carrier = {
        "name": NPM_PLATFORM_NAME,
        "description": description,
        **common,
        "os": ["linux"],
        "cpu": ["x64"],
        "libc": ["glibc"],
    }
    readme = f"# {NPM_PLATFORM_NAME}\n\n{description}. Install `{NPM_NAME}`, which brings it and has the command.\n"
    yield npm_pack(command, "imq.js", HERE / "npm/bin/imq.js", (HERE / "npm/README.md").read_text(), out)
    yield npm_pack(carrier, "imq", imq, readme, out)


def npm_pack(manifest, name, program, readme, out):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
        (folder / "README.md").write_text(readme)
        (folder / "LICENSE").write_bytes(LICENCE)
        (folder / "bin").mkdir()
        shutil.copyfile(program, folder / "bin" / name)
        (folder / "bin" / name).chmod(0o755)
        words = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", out.resolve()]
        made = subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout
    return out / made.strip()


def wheel(imq, version, glibc, out):
    """The wheel: its format is the packaging guide's "Binary distribution format"."""
    tag = "py3-none-manylinux_{}_{}_x86_64".format(*glibc)
    about = f"{PYPI_NAME}-{version}.dist-info"
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {PYPI_NAME}",
        f"Version: {version}",
        f"Summary: {SUMMARY}",
        "License: MIT",
        "License-File: LICENSE",
        "Requires-Python: >=3",
        "Description-Content-Type: text/markdown",
        "",
        (HERE / "pypi/README.md").read_text(),
    ]
    kind = ["Wheel-Version: 1.0", "Generator: packages/build.py of imq", "Root-Is-Purelib: false", f"Tag: {tag}", ""]
    files = {
        f"{PYPI_NAME}-{version}.data/scripts/imq": imq.read_bytes(),
        f"{about}/METADATA": "\n".join(metadata).encode(),
        f"{about}/WHEEL": "\n".join(kind).encode(),
        f"{about}/LICENSE": LICENCE,
    }
    record = [f"{name},sha256={digest(content)},{len(content)}" for name, content in files.items()]
    files[f"{about}/RECORD"] = "\n".join([*record, f"{about}/RECORD,,", ""]).encode()
    made = out / f"{PYPI_NAME}-{version}-{tag}.whl"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # Without a time of its own, the same binary gives the same wheel.
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if "/scripts/" in name else 0o100644) << 16
            archive.writestr(entry, content)
    return made


def digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    main()
