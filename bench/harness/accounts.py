"""Registers the people of a benchmark once, over HTTP as anybody else, and keeps database and tokens."""

import concurrent.futures
import http.client
import json
import pathlib
import secrets
import shutil
import threading
import time

from harness import servers

FRESH_SECONDS = 5 * 24 * 3600  # Tokens live for seven days.
AT_A_TIME = 8


class Accounts:
    """A database with `count` people, an access token for each, and the secrets that signed them."""

    def __init__(self, folder, count):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.database = self.folder / "accounts.db"
        self.tokens = self.folder / "tokens.txt"
        self._secrets_file = self.folder / "secrets.json"
        if not self._usable(count):
            self._make(count)
        self.secrets = json.loads(self._secrets_file.read_text())

    def _usable(self, count):
        if not (self.database.exists() and self.tokens.exists() and self._secrets_file.exists()):
            return False
        fresh = time.time() - self.tokens.stat().st_mtime < FRESH_SECONDS
        return fresh and len(self.tokens.read_text().splitlines()) >= count

    def _make(self, count):
        print(f"==> Registering {count} accounts (once)", flush=True)
        self.secrets = {
            "JWT_SECRET": secrets.token_hex(32),
            "JWT_REFRESH_SECRET": secrets.token_hex(32),
            "JWT_EXPIRES_IN": "7d",
        }
        self.tokens.unlink(missing_ok=True)
        self._secrets_file.touch(mode=0o600)
        self._secrets_file.write_text(json.dumps(self.secrets))
        empty = self.folder / "empty.db"
        for path in self.folder.glob("*.db*"):
            path.unlink()
        argv = [servers.SECURECHATD, "--set", "listen.port=0", "--db", empty, "--set", "auth.bcrypt_cost=4",
                "--set", "auth.allow_weak_hash=true", "--set", "log.level=warn"]
        for key, value in servers.WIDE.items():
            argv += ["--set", f"{key}={value}"]
        server = servers.Server("securechatd", argv, {0, 1}, self.secrets)
        try:
            tokens = self._register(server.port, count)
        finally:
            server.stop()
        shutil.move(empty, self.database)
        self.tokens.write_text("\n".join(tokens) + "\n")

    def _register(self, port, count):
        local = threading.local()

        def register(number):
            if not hasattr(local, "connection"):
                local.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            body = json.dumps({"username": f"person{number}", "email": f"person{number}@example.org",
                               "password": "Passw0rd-bench"})
            while True:
                local.connection.request("POST", "/api/auth/register", body, {"Content-Type": "application/json"})
                answer = local.connection.getresponse()
                text = answer.read()
                if answer.status == 201:
                    return json.loads(text)["accessToken"]
                if answer.status != 503:
                    raise RuntimeError(f"registering was answered with {answer.status} {text!r}")
                time.sleep(0.05)

        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            return list(pool.map(register, range(count)))
