#!/usr/bin/python3
"""Drives host.c over plain WebSocket: host_test.py PATH-OF-THE-HOST."""
import asyncio
import inspect
import json
import subprocess
import sys

import websockets

WAIT = 10


async def take(peer, wanted):
    """The next frame of that type, other ones passed over."""
    while True:
        frame = json.loads(await asyncio.wait_for(peer.recv(), WAIT))
        if frame["type"] == wanted:
            return frame


async def send(peer, ref, text):
    frame = {"type": "send-message", "ref": ref, "data": {"message": text}}
    await peer.send(json.dumps(frame))
    return (await take(peer, "ack"))["data"]


def address(url):
    return url.strip().replace("http://", "ws://") + "/ws"


def with_headers(**headers):
    """The argument for headers of one's own, which websockets 14 renamed."""
    names = inspect.signature(websockets.connect).parameters
    name = "additional_headers" if "additional_headers" in names else "extra_headers"
    return {name: {key.replace("_", "-"): value for key, value in headers.items()}}


def status_of(refused):
    """Where the status of a refused handshake is, which websockets 14 moved."""
    response = getattr(refused, "response", None)
    return refused.status_code if response is None else response.status_code


async def drive(open_url, closed_url):
    peer = await websockets.connect(
        address(open_url), subprotocols=["securechat.v1"], **with_headers(X_Host_User="ada"))
    await peer.send(json.dumps({"type": "auth"}))
    await take(peer, "welcome")
    hello = await take(peer, "hello")
    assert hello["data"] == {"user": "ada"}, hello
    assert (await take(peer, "tick"))["data"] == {"n": 1}

    denied = await send(peer, 1, "forbidden")
    assert denied["ok"] is False and denied["error"] == "Not in this house", denied
    assert denied["code"] == "FORBIDDEN", denied

    frame = {"type": "send-message", "ref": 2, "data": {"message": "rewrite me"}}
    await peer.send(json.dumps(frame))
    received = (await take(peer, "receive-message"))["data"]
    assert received["message"] == "rewritten" and received["username"] == "ada", received
    await peer.close()

    try:
        await websockets.connect(address(closed_url), subprotocols=["securechat.v1"])
        raise AssertionError("the closed server let a peer in")
    except websockets.exceptions.InvalidHandshake as refused:
        assert status_of(refused) == 451, refused


def main():
    host = subprocess.Popen(
        [sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        open_url, closed_url = host.stdout.readline(), host.stdout.readline()
        assert open_url and closed_url, "the host did not start"
        asyncio.run(asyncio.wait_for(drive(open_url, closed_url), 30))
        host.stdin.close()
        assert host.wait(WAIT) == 0, f"the host ended with {host.returncode}"
    finally:
        if host.poll() is None:
            host.kill()
            host.wait()


main()
