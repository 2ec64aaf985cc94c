#!/usr/bin/env python3
"""Tries each query of the board imq.json, and each rule of ops/prometheus, against a running Prometheus.

    check.py --imq target/debug/imq    starts `imq dev`, a client, and Prometheus with ops/prometheus; then checks
    check.py --prometheus URL          checks against one that is there

Fails if a query is wrong, or finds nothing: then a metric it names isn't there. Prometheus must be installed
(Debian: prometheus)."""

import argparse
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).parent
RULES = HERE.parent / "prometheus"
PATIENCE_S = 90

# `imq dev` has neither TLS nor tokens, so it doesn't show these.
WITHOUT_TOKENS_AND_TLS = {"imq_gateway_token_keys", "imq_tls_files_unusable"}


def get(url):
    """A JSON document, also that of a refusal."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        return json.load(refusal)


def until(what, so):
    """Waits until it is so."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if so():
                return
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit(f"in vain: {what}")


def queries(board):
    """Where each query of the board stands, and the query as Grafana sends it."""
    found = []
    for panel in board["panels"]:
        found += [(panel["title"], target["expr"]) for target in panel.get("targets", [])]
    found += [(note["name"], note["expr"]) for note in board["annotations"]["list"]]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            metric = re.fullmatch(r"label_values\((\w+), \w+\)", variable["query"]["query"])
            found.append(("$" + variable["name"], metric[1]))
    names = [variable["name"] for variable in board["templating"]["list"]]
    for at, query in found:
        query = query.replace("$__rate_interval", "15s")
        for name in names:
            query = query.replace("$" + name, ".*")
        if "$" in query:
            sys.exit(f"{at}: an unknown variable: {query}")
        yield at, query


def check(prometheus, missing):
    """What is wrong, a line each; these metrics may be missing."""
    wrong = []
    tried = 0
    for at, query in queries(json.loads((HERE / "imq.json").read_text())):
        tried += 1
        may_be_empty = any(name in query for name in missing)
        asked = urllib.parse.urlencode({"query": query})
        answer = get(f"{prometheus}/api/v1/query?{asked}")
        if answer["status"] != "success":
            wrong.append(f"{at}: {answer['error']}: {query}")
        # A comparison finds nothing when all is well: what it compares is tried.
        elif not answer["data"]["result"] and not may_be_empty:
            compared = re.split(r" (?:>|<|==) ", query)[0]
            asked = urllib.parse.urlencode({"query": compared})
            if compared == query or not get(f"{prometheus}/api/v1/query?{asked}")["data"]["result"]:
                wrong.append(f"{at}: finds nothing: {query}")
    # A query beside others may hide that it finds nothing, so each metric is looked for as well.
    known = set(get(f"{prometheus}/api/v1/label/__name__/values")["data"])
    texts = [(HERE / "imq.json").read_text(), (RULES / "imq.rules.yml").read_text()]
    named = {name for text in texts for name in re.findall(r"\b(?:imq|process)_[a-z_]+\b", text)}
    wrong += [f"no such metric: {name}" for name in sorted(named - known - missing)]
    for group in get(f"{prometheus}/api/v1/rules")["data"]["groups"]:
        for rule in group["rules"]:
            tried += 1
            if rule["health"] != "ok":
                wrong.append(f"{rule['name']}: {rule['health']} {rule.get('lastError', '')}")
    print(f"{tried} queries and rules, {len(named)} metrics, {len(wrong)} wrong")
    return wrong


def with_cluster(imq, base, folder):
    """Starts a cluster, somebody who listens, and Prometheus; checks; ends them."""
    config = (RULES / "prometheus.yml").read_text()
    config = config.replace("_interval: 15s", "_interval: 1s")
    moves = {"10.0.0.5:7500": 100, "10.0.0.21:7690": 290, "10.0.0.22:7690": 291}
    moves |= {"10.0.0.11:7490": 90, "10.0.0.12:7490": 91}
    for address, offset in moves.items():
        if address not in config:
            sys.exit(f"{address} isn't in prometheus.yml")
        config = config.replace(address, f"127.0.0.1:{base + offset}")
    (folder / "prometheus.yml").write_text(config)
    (folder / "imq.rules.yml").write_text((RULES / "imq.rules.yml").read_text())
    listen = f"127.0.0.1:{base + 310}"
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = []
    try:
        started.append(subprocess.Popen([imq, "dev", "--port-base", str(base)], **quiet))
        ready = f"http://127.0.0.1:{base + 90}/readyz"
        until("imq is ready", lambda: urllib.request.urlopen(ready, timeout=2).status == 200)
        listener = [imq, "sub", "/room/1", "--gateway", f"127.0.0.1:{base}"]
        started.append(subprocess.Popen(listener, **quiet))
        command = ["prometheus", f"--config.file={folder}/prometheus.yml"]
        command += [f"--storage.tsdb.path={folder}/data", f"--web.listen-address={listen}"]
        started.append(subprocess.Popen(command, **quiet))
        prometheus = f"http://{listen}"

        def all_scraped():
            targets = get(f"{prometheus}/api/v1/targets")["data"]["activeTargets"]
            ours = [target["health"] for target in targets if target["labels"]["job"] != "haproxy"]
            return len(ours) == len(moves) and all(health == "up" for health in ours)

        def rules_ran():
            groups = get(f"{prometheus}/api/v1/rules")["data"]["groups"]
            return groups and all(rule["health"] != "unknown" for one in groups for rule in one["rules"])

        until("all processes are scraped", all_scraped)
        until("the rules have been evaluated", rules_ran)
        # Rates need two scrapes of what they are of.
        rate = urllib.parse.urlencode({"query": "count(rate(imq_gateway_events_total[15s])) == 2"})
        until("two scrapes", lambda: get(f"{prometheus}/api/v1/query?{rate}")["data"]["result"])
        return check(prometheus, WITHOUT_TOKENS_AND_TLS)
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait()


def free_base():
    """A port base whose ports are free now."""
    for base in range(32_000, 40_000, 400):
        sockets = [socket.socket() for _ in range(14)]
        offsets = [0, 1, 80, 81, 90, 91, 100, 101, 200, 201, 290, 291, 300, 310]
        try:
            for one, offset in zip(sockets, offsets):
                one.bind(("127.0.0.1", base + offset))
            return base
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    sys.exit("no free ports")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--imq", help="the binary to start a cluster of")
    parser.add_argument("--port-base", type=int, help="where its ports begin; free ones are looked for else")
    parser.add_argument("--prometheus", help="the URL of a Prometheus that is there")
    given = parser.parse_args()
    if given.prometheus:
        wrong = check(given.prometheus.rstrip("/"), set())
    elif given.imq:
        with tempfile.TemporaryDirectory(prefix="imq-board-") as folder:
            wrong = with_cluster(given.imq, given.port_base or free_base(), pathlib.Path(folder))
    else:
        parser.error("--imq or --prometheus")
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
