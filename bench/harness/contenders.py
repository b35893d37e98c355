"""What is measured: a server and what the generator does to it. Each answers one line of JSON."""

import contextlib
import dataclasses
import json
import pathlib
import shutil
import subprocess
import tempfile

from harness import servers

LOAD = servers.BUILD / "bench" / "securechat-load"
SQLITE_ROWS = servers.BUILD / "bench" / "sqlite-rows"


@dataclasses.dataclass(frozen=True)
class Setup:
    """What all runs of a benchmark share."""

    accounts: object
    tls: servers.Tls
    server_cpus: frozenset
    load_cpus: frozenset
    measure_ms: int
    warmup_ms: int

    def time_flags(self):
        return ["--measure-ms", self.measure_ms, "--warmup-ms", self.warmup_ms]


def run_json(argv, cpus, what):
    done = subprocess.run([str(part) for part in argv], capture_output=True, text=True,
                          preexec_fn=lambda: servers.prepare_child(cpus))
    if done.returncode != 0:
        raise RuntimeError(f"{what} failed ({done.returncode}): {done.stderr.strip()} {done.stdout.strip()}")
    return json.loads(done.stdout)


@dataclasses.dataclass(frozen=True)
class Contender:
    """A server by its kind, and the generator's run and flags."""

    kind: str  # "ours", or a name of servers.PEER_COMMANDS
    run: str
    flags: tuple = ()
    settings: tuple = ()  # Options of ours, as pairs.
    tls: bool = False
    dialect: str = ""

    def spoken(self):
        if self.dialect:
            return self.dialect
        return "socketio" if self.kind in ("ours", "socketio") else "bare"

    @contextlib.contextmanager
    def server(self, setup):
        tls = setup.tls if self.tls else None
        if self.kind == "ours":
            context = servers.securechatd(setup.accounts, setup.server_cpus, dict(self.settings), tls)
        else:
            env = setup.accounts.secrets if self.kind == "socketio" else None
            context = servers.peer(self.kind, setup.server_cpus, tls, env)
        with context as server:
            yield server

    def measure(self, setup):
        with self.server(setup) as server:
            argv = [LOAD, self.run, "--port", server.port, "--pid", server.pid, "--dialect", self.spoken()]
            if self.spoken() != "bare":
                argv += ["--tokens", setup.accounts.tokens, "--origin", servers.ORIGIN]
            if self.tls:
                argv += ["--tls", "on"]
            argv += [*setup.time_flags(), *self.flags]
            try:
                return run_json(argv, setup.load_cpus, f"{self.kind} {self.run}")
            except RuntimeError as error:
                raise RuntimeError(f"{error}\nThe server said: {server.stderr()}") from None


@dataclasses.dataclass(frozen=True)
class SqliteAlone:
    """SQLite without a server around it."""

    kind: str = "sqlite"

    def measure(self, setup):
        with tempfile.TemporaryDirectory(prefix="securechat-bench-", dir=setup.accounts.folder) as folder:
            database = pathlib.Path(folder) / "rows.db"
            shutil.copy(setup.accounts.database, database)
            return run_json([SQLITE_ROWS, database, setup.measure_ms / 1000], setup.server_cpus, "sqlite-rows")
