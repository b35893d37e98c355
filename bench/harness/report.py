"""Writes what was measured: results.json, and the tables of results.md."""

import json
import os
import pathlib
import platform
import subprocess

from harness.servers import ROOT


def machine():
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return {"processor": model, "cores": os.cpu_count(), "memory_gib": memory, "system": system,
            "kernel": platform.release(), "node": node}


def revision():
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip()


def load(path):
    return json.loads(path.read_text()) if path.exists() else {"rows": {}}


def save(path, results):
    path.write_text(json.dumps(results, indent=1) + "\n")


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def bar_line(bar):
    what = f"{bar['of']} / {bar['against']}" if bar["against"] else bar["of"]
    spread = f"{number(bar['lowest'])} to {number(bar['highest'])}"
    return f"| {what} | {bar['metric']} | {number(bar['value'])} | {spread} | {bar['bar']} | {'yes' if bar['met'] else '**no**'} |"


def row_lines(row):
    names = list(row["contenders"])
    yield f"### {row['title']}"
    yield ""
    yield f"{row['unit']}, median of {row['rounds']} (lowest to highest):"
    yield ""
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    cells = []
    for entry in row["contenders"].values():
        cells.append(f"{number(entry['median'])} ({number(entry['lowest'])} to {number(entry['highest'])})")
    yield "| " + " | ".join(cells) + " |"
    yield ""
    if row["bars"]:
        yield "| compared | by | median | spread | bar | met |"
        yield "|---|---|---|---|---|---|"
        yield from (bar_line(bar) for bar in row["bars"])
        yield ""


def markdown(results):
    facts = results["machine"]
    lines = [
        "# Results",
        "",
        f"Measured at revision {results['revision']} on {facts['system']}, kernel {facts['kernel']}, {facts['cores']} cores of "
        f"{facts['processor']}, {facts['memory_gib']} GiB, node {facts['node']}. Server on core {results['server_cpus']}, "
        f"generator on core {results['load_cpus']}. `ours` is securechatd over Socket.IO; rows are described in README.md.",
        "",
    ]
    for row in results["rows"].values():
        lines.extend(row_lines(row))
    return "\n".join(lines)
