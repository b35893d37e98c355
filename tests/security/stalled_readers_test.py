"""A hundred members who do not read: what waits for each of them is bounded, they are let go, and the others notice
nothing. stalled_readers_test.py SECURECHATD. Their sockets are raw, for a receive buffer of a few kilobytes."""

import base64
import http.client
import json
import os
import re
import secrets
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

STALLED = 100
QUEUE = 262_144
# More than the kernel takes for one connection, so that the rest waits in the server.
MESSAGES = 400
LENGTH = 20_000
ORIGIN = "http://localhost:3000"


class Server:
    def __init__(self, folder):
        options = {
            "listen.port": 0, "db.path": f"{folder}/chat.db", "auth.bcrypt_cost": 4, "auth.allow_weak_hash": "true", "origin.allowed": ORIGIN,
            "limits.auth_attempts": 1000, "limits.connections": 10000, "limits.messages": 100000, "limits.send_queue": QUEUE,
            "limits.write_deadline": "3s", "limits.message_length": LENGTH + 100,
        }
        flags = [word for key, value in options.items() for word in ("--set", f"{key}={value}")]
        environment = {"PATH": os.environ["PATH"], "JWT_SECRET": secrets.token_hex(32), "JWT_REFRESH_SECRET": secrets.token_hex(32)}
        self.process = subprocess.Popen([sys.argv[1], *flags], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r":(\d+)$", self.process.stdout.readline().strip())[1])

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse().read().decode()
        connection.close()
        return answer

    def register(self, name):
        body = {"username": name, "email": f"{name}@example.com", "password": "Passw0rd1"}
        return json.loads(self.request("POST", "/api/auth/register", body))["accessToken"]

    def resident_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    def sessions(self):
        return int(re.search(r"^securechat_sessions (\d+)$", self.request("GET", "/metrics"), re.MULTILINE)[1])

    def end(self):
        self.process.terminate()
        code = self.process.wait(20)
        self.process.stdout.close()
        return code


class Member:
    """A plain WebSocket that has been welcomed."""

    def __init__(self, server, token, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", server.port))
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self.socket.sendall((
            "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: securechat.v1\r\nOrigin: {ORIGIN}\r\nAuthorization: Bearer {token}\r\n\r\n").encode())
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            self.more()
        self.bytes = self.bytes.partition(b"\r\n\r\n")[2]
        assert self.frame()["type"] == "welcome"

    def more(self):
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("the server closed")
        self.bytes += part

    def frame(self):
        """The next text frame, parsed; pings are passed over."""
        while True:
            while len(self.bytes) < 4:
                self.more()
            opcode, size, head = self.bytes[0] & 15, self.bytes[1] & 127, 2
            if size == 126:
                size, head = struct.unpack(">H", self.bytes[2:4])[0], 4
            assert size < 65536
            while len(self.bytes) < head + size:
                self.more()
            payload, self.bytes = self.bytes[head:head + size], self.bytes[head + size:]
            if opcode == 1:
                return json.loads(payload)

    def send(self, value):
        text = json.dumps(value).encode()
        size = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0xFE]) + struct.pack(">H", len(text))
        self.socket.sendall(b"\x81" + size + b"\0\0\0\0" + text)


class StalledReaders(unittest.TestCase):
    # Shows: R67
    def test_others_do_not_notice(self):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(folder)
            try:
                self.drive(server)
            finally:
                self.assertEqual(server.end(), 0)

    def drive(self, server):
        tokens = [server.register(f"stalled{i}") for i in range(STALLED // 10)]
        speaker = Member(server, server.register("speaker"))
        reader = Member(server, server.register("reader"))
        stalled = [Member(server, tokens[i // 10], 4096) for i in range(STALLED)]
        self.assertEqual(server.sessions(), STALLED + 2)
        before = server.resident_kb()
        peak = before
        slowest = 0.0
        for i in range(MESSAGES):
            start = time.monotonic()
            speaker.send({"type": "send-message", "ref": i, "data": {"message": f"{i} " + "x" * LENGTH}})
            while True:
                frame = speaker.frame()
                if frame["type"] == "ack":
                    self.assertEqual((frame["ref"], frame["data"]["ok"]), (i, True))
                    break
            while True:
                frame = reader.frame()
                if frame["type"] == "receive-message":
                    self.assertTrue(frame["data"]["message"].startswith(f"{i} "), "each, and in its order")
                    break
            slowest = max(slowest, time.monotonic() - start)
            if i % 10 == 0:
                peak = max(peak, server.resident_kb())
        self.assertLess(slowest, 2.0, "nobody waits for those who do not read")
        # The queue of each, a frame more, and what a connection takes by itself; not what was said to all of them.
        self.assertLess(peak - before, STALLED * (QUEUE // 1024 + 64), "kilobytes")
        end = time.monotonic() + 20
        while server.sessions() > 2:
            self.assertLess(time.monotonic(), end, "all of them are let go")
            time.sleep(0.1)
        speaker.send({"type": "send-message", "ref": "last", "data": {"message": "still here"}})
        while speaker.frame().get("ref") != "last":
            pass
        for member in (*stalled, speaker, reader):
            member.socket.close()


if __name__ == "__main__":
    sys.exit(unittest.main(argv=sys.argv[:1]))
