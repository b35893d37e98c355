"""Starts the servers under test, each pinned to the server's core, and ends them by their own pid."""

import contextlib
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "bench"
SECURECHATD = BUILD / "examples" / "securechatd" / "securechatd"
PEERS = ROOT / "bench" / "peers"
ORIGIN = "http://bench.example"

# Limits run, and are so wide that the generator, which is a thousand people at once, never meets them.
WIDE = {
    "limits.auth_attempts": 1_000_000,
    "limits.connections": 1_000_000,
    "limits.messages": 1_000_000,
    "limits.sockets_per_user": 1_000_000,
}

LISTENING = re.compile(r"^listening on https?://[0-9.]+:(\d+)$")


class Server:
    """A child that listens; its stderr is kept for when something goes wrong."""

    def __init__(self, name, argv, cpus, env=None):
        self.name = name
        self.log = tempfile.TemporaryFile("w+")
        self.child = subprocess.Popen(
            [str(part) for part in argv],
            stdout=subprocess.PIPE,
            stderr=self.log,
            env={**os.environ, **(env or {})},
            text=True,
            preexec_fn=lambda: prepare_child(cpus),
        )
        self.port = self._read_port()

    @property
    def pid(self):
        return self.child.pid

    def _read_port(self):
        timer = threading.Timer(30, self.child.kill)
        timer.start()
        try:
            for line in self.child.stdout:
                found = LISTENING.match(line.strip())
                if found:
                    return int(found.group(1))
        finally:
            timer.cancel()
        raise RuntimeError(f"{self.name} did not say that it listens:\n{self.stderr()}")

    def stderr(self):
        self.log.seek(0)
        return self.log.read()[-4000:]

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.child.stdout.close()
        self.log.close()


def prepare_child(cpus):
    os.sched_setaffinity(0, cpus)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.contextmanager
def securechatd(accounts, cpus, settings=None, tls=None):
    """The daemon on a copy of the accounts' database; `settings` are its options."""
    with tempfile.TemporaryDirectory(prefix="securechat-bench-", dir=accounts.folder) as folder:
        database = pathlib.Path(folder) / "chat.db"
        shutil.copy(accounts.database, database)
        options = {
            "listen.port": 0,
            "db.path": database,
            "origin.allowed": ORIGIN,
            "log.level": "warn",
            "chat.history": "off",
            **WIDE,
            **(settings or {}),
        }
        if tls:
            options |= {"tls.cert": tls.certificate, "tls.key": tls.key}
        argv = [SECURECHATD]
        for key, value in options.items():
            argv += ["--set", f"{key}={value}"]
        server = Server("securechatd", argv, cpus, accounts.secrets)
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def peer(kind, cpus, tls=None, env=None):
    """One of the servers that ours is measured against, by its name in PEER_COMMANDS."""
    argv = list(PEER_COMMANDS[kind])
    if tls:
        argv += ["--cert", tls.certificate, "--key", tls.key]
    server = Server(kind, argv, cpus, env)
    try:
        yield server
    finally:
        server.stop()


PEER_COMMANDS = {
    "socketio": ["node", PEERS / "socketio.mjs"],
    "ws": ["node", PEERS / "ws.mjs"],
    "lws": [BUILD / "bench" / "peer-lws"],
    "raw-each": [BUILD / "bench" / "peer-raw", "--each"],
    "raw": [BUILD / "bench" / "peer-raw"],
}


class Tls:
    """A self-signed P-256 certificate, made once in the folder."""

    def __init__(self, folder):
        self.certificate = folder / "cert.pem"
        self.key = folder / "key.pem"
        if not self.certificate.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-nodes", "-days", "365", "-subj", "/CN=localhost",
                 "-keyout", str(self.key), "-out", str(self.certificate)],
                check=True, capture_output=True)
            self.key.chmod(0o600)
