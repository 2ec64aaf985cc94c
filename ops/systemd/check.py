#!/usr/bin/env python3
"""Tries the units of this folder under a real systemd.

    check.py --imq target/debug/imq

It starts systemd as process 1 of its own namespaces, over a copy-on-write view of this machine's files, types what
README.md says under "Set-up", and then lets processes be killed and hang. Nothing outside changes, no port outside is
used, and all ends with it. It takes root, and the packages systemd, util-linux and openssl of Debian."""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PATIENCE_S = 60
UNITS = ["imq-boss", "imq-queue-node", "imq-gateway"]
HTTP = {"imq-boss": "127.0.0.1:7500", "imq-queue-node": "127.0.0.1:7690", "imq-gateway": "127.0.0.1:7490"}
# What a node may keep is half of this.
NODE_MEMORY = 512 * 1024 * 1024

# In tenths, as systemd-analyze counts.
EXPOSURE_MAX = 12

# Makes the view, and becomes process 1 within it. Of the machine's own services only the journal starts: others
# would change the kernel's settings, which namespaces share.
BOOT = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/changes" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/changes,workdir=$1/work" "$1/root"
cd "$1/root"
for folder in proc sys dev; do mount --rbind "/$folder" "$folder"; done
for folder in run tmp; do mount -t tmpfs tmpfs "$folder"; done
mount -t proc proc proc
: > etc/fstab
rm -rf etc/systemd/system lib/systemd/system/sysinit.target.wants etc/tmpfiles.d etc/sysusers.d usr/lib/tmpfiles.d
mkdir -p etc/systemd/system etc/tmpfiles.d etc/sysusers.d lib/systemd/system/sysinit.target.wants
ln -s ../systemd-journald.socket lib/systemd/system/sysinit.target.wants/
mkdir -p etc/systemd/system/imq-check.target.wants usr/local/share
printf '[Unit]\\nDescription=nothing yet\\n' > etc/systemd/system/imq-check.target
ip link set lo up
mkdir outside
pivot_root . outside
umount --lazy /outside
export container=imq-check
exec /lib/systemd/systemd --system --unit=imq-check.target --log-target=journal
"""


class Machine:
    """A systemd that runs, and what is typed there."""

    def __init__(self, folder):
        words = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        self.groups_before = control_groups()
        self.unshare = subprocess.Popen([*words, "sh", "-c", BOOT, "boot", folder], **quiet)
        until("systemd starts", self.is_up)

    def is_up(self):
        if self.unshare.poll() is not None:
            sys.exit("systemd has ended")
        children = pathlib.Path(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children").read_text().split()
        self.first = children[0] if children else None
        state = self.first and self.types("systemctl is-system-running", may_fail=True)
        return state in ("running", "degraded")

    def types(self, line, may_fail=False):
        """What a line for the shell prints."""
        words = ["nsenter", "--target", self.first, "--mount", "--pid", "--net", "--ipc", "--uts", "--root", "--wd"]
        done = subprocess.run([*words, "sh", "-c", line], capture_output=True, text=True, timeout=PATIENCE_S)
        if done.returncode != 0 and not may_fail:
            journal = self.types("journalctl --no-pager --lines 40 _TRANSPORT=journal + _TRANSPORT=stdout", may_fail=True)
            sys.exit(f"{line}\n{done.stdout}{done.stderr}\n{journal}")
        return done.stdout.strip()

    def show(self, unit, name):
        return self.types(f"systemctl show --property {name} --value {unit}")

    def wait_ready(self):
        """Every role can do its work, and systemd was told so."""
        for unit in UNITS:
            ask = f"imq health {HTTP[unit]} --ready && echo yes"
            until(f"{unit} is ready", lambda: self.types(ask, may_fail=True).endswith("yes"))
            until(f"{unit} says so", lambda: self.show(unit, "StatusText") == "ready")

    def ends(self):
        self.unshare.kill()
        self.unshare.wait()
        until("all has ended", lambda: not pathlib.Path(f"/proc/{self.first}").exists())
        # Its control groups are the kernel's, and empty now.
        for group in sorted(control_groups() - self.groups_before, reverse=True):
            with contextlib.suppress(OSError):
                group.rmdir()


def control_groups():
    return {pathlib.Path(folder) for folder, _, _ in os.walk("/sys/fs/cgroup")}


def until(what, so):
    """Waits until it is so."""
    end = time.monotonic() + PATIENCE_S
    while not so():
        if time.monotonic() > end:
            sys.exit(f"in vain: {what}")
        time.sleep(0.05)


def expect(what, is_so, said=""):
    if not is_so:
        sys.exit(f"not so: {what}: {said}")
    print(f"{what}: {said}" if said else what, flush=True)


def set_up():
    """The commands of README.md, for this binary, and without those that change the kernel's settings."""
    text = (HERE / "README.md").read_text()
    block = re.search(r"## Set-up\n```sh\n(.*?)```", text, re.DOTALL)[1]
    for theirs, ours in {"target/dist/imq": "$IMQ", " && sysctl --system": ""}.items():
        if theirs not in block:
            sys.exit(f"README.md says nothing of {theirs}")
        block = block.replace(theirs, ours)
    return block


def install(machine, imq):
    """Follows README.md."""
    places = {
        "imq.sysusers": "/etc/sysusers.d/imq.conf",
        "imq.tmpfiles": "/etc/tmpfiles.d/imq.conf",
        **{f"{unit}.service": "/etc/systemd/system/" for unit in UNITS},
    }
    for file, place in places.items():
        machine.types(f"cp {HERE}/{file} {place}")
    # Huge pages are the kernel's, not this machine's.
    machine.types("sed -i '/^w /d' /etc/tmpfiles.d/imq.conf")
    machine.types("mkdir -p /etc/systemd/system/imq-queue-node.service.d /etc/systemd/system/imq-gateway.service.d")
    machine.types(
        f"printf '[Service]\\nMemoryMax={NODE_MEMORY}\\n' > /etc/systemd/system/imq-queue-node.service.d/memory.conf"
    )
    # As it is, a hanging process has 10 s until it says so itself, and systemd waits for 30 s.
    machine.types("printf '[Service]\\nWatchdogSec=2s\\n' > /etc/systemd/system/imq-gateway.service.d/watchdog.conf")
    keys = "for name in secret admin-key rpc-key keys; do openssl rand -hex 32 > $name; done"
    config = "mkdir -p /etc/imq && cp keys /etc/imq/"
    one_node = "printf 'IMQ_BOSS_EXPECTED_QUEUE_NODES=1\\n' > /etc/imq/boss.env"
    tokens = "printf 'IMQ_AUTH_KEYS_FILE=/etc/imq/keys\\n' > /etc/imq/gateway.env"
    before = f"set -e; export IMQ={imq}; cd /tmp; {keys}; ln -s {ROOT}/ops ops; {config}; {one_node}; {tokens}\n"
    machine.types(before + set_up())


def messages_pass(machine):
    """A message goes from one user to another."""
    for user in ("ann", "ben"):
        machine.types(f"imq token --user {user} --ttl 1h --key-file /etc/imq/keys > /tmp/{user}")
    listens = "imq sub /room/1 --mount chat --count 1 --token-file /tmp/ann > /tmp/heard 2>&1 &"
    machine.types(listens)
    until("somebody listens", lambda: "subscribed" in machine.types("cat /tmp/heard"))
    machine.types("imq pub /room/1 chat hello --token-file /tmp/ben")
    until("it is heard", lambda: "hello" in machine.types("cat /tmp/heard"))


def check(machine, imq):
    began = time.monotonic()
    install(machine, imq)
    machine.wait_ready()
    expect("installed as README.md says, and ready", True, f"{time.monotonic() - began:.1f} s")
    messages_pass(machine)
    expect("a message goes from one user to another", True)
    figures = machine.types("curl --silent http://127.0.0.1:7690/metrics")
    kept = int(float(re.search(r"^imq_queue_node_kept_bytes_max(?:\{.*\})? (\S+)", figures, re.MULTILINE)[1]))
    expect("a queue node keeps half of MemoryMax=", kept == NODE_MEMORY // 2, f"{kept} bytes")
    for unit in UNITS:
        main = machine.show(unit, "MainPID")
        status = machine.types(f"cat /proc/{main}/status")
        is_confined = all(f"{name}:\t{value}\n" in status for name, value in (("Seccomp", 2), ("NoNewPrivs", 1)))
        expect(f"{unit} is confined", is_confined and "CapEff:\t0000000000000000\n" in status)
    services = " ".join(f"{unit}.service" for unit in UNITS)
    found = machine.types(f"cd /etc/systemd/system && systemd-analyze verify {services} 2>&1")
    expect("systemd-analyze verify finds nothing", not found, found)
    machine.types(f"systemd-analyze security --offline=true --threshold={EXPOSURE_MAX} {services}")
    expect("systemd-analyze security", True, f"at most {EXPOSURE_MAX / 10}")

    mains = [machine.show(unit, "MainPID") for unit in UNITS]
    began = time.monotonic()
    machine.types(f"kill -KILL {' '.join(mains)}")
    for unit in UNITS:
        until(f"{unit} was started again", lambda: machine.show(unit, "NRestarts") == "1")
    machine.wait_ready()
    expect("killed all at once, all ready again", True, f"{time.monotonic() - began:.1f} s")
    messages_pass(machine)

    main = machine.show("imq-gateway", "MainPID")
    began = time.monotonic()
    machine.types(f"kill -STOP {main}")
    until("a gateway that hangs is started again", lambda: machine.show("imq-gateway", "NRestarts") == "2")
    waited = time.monotonic() - began
    journal = machine.types("journalctl --unit imq-gateway --no-pager")
    expect("a gateway that hangs is ended by the watchdog", "Watchdog timeout" in journal, f"{waited:.1f} s")
    machine.wait_ready()

    machine.types("systemctl reload imq-gateway")
    expect("a reload changes no process", machine.show("imq-gateway", "NRestarts") == "2")
    for unit in reversed(UNITS):
        began = time.monotonic()
        machine.types(f"systemctl stop {unit}")
        took = time.monotonic() - began
        result = machine.show(unit, "Result")
        expect(f"{unit} stops", result == "success", f"{result}, {took:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--imq", required=True, help="the binary to try")
    given = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("only root can start systemd in namespaces")
    lacking = [name for name in ("unshare", "nsenter", "systemctl", "openssl", "curl", "ip") if not shutil.which(name)]
    if lacking:
        sys.exit(f"lacking: {', '.join(lacking)}")
    with tempfile.TemporaryDirectory(prefix="imq-systemd-") as folder:
        machine = Machine(folder)
        # Ended by a signal, it takes all with it as well.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
        try:
            check(machine, pathlib.Path(given.imq).resolve())
        finally:
            machine.ends()


if __name__ == "__main__":
    main()
