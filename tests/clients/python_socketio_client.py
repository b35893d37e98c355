#!/usr/bin/python3
"""Debian's python3-socketio against securechatd: python_socketio_client.py URL TRANSPORT, with TOKEN in the environment.

It sends headers on its first request only, and over WebSocket an Origin of its own making."""
import os
import queue
import sys

import socketio

WAIT = 10


def main(url, transport):
    headers = {"Authorization": "Bearer " + os.environ["TOKEN"]}
    client = socketio.Client(reconnection=False)
    received = queue.Queue()
    client.on("receive-message", lambda message, *offset: received.put(message))
    client.connect(url, headers=headers, transports=[transport], wait_timeout=WAIT)
    answer = client.call("send-message", {"message": "grüße <b>"}, timeout=WAIT)
    assert answer["ok"] is True, answer
    message = received.get(timeout=WAIT)
    assert message["message"] == "grüße &lt;b&gt;" and message["id"] == answer["id"], message
    assert client.call("join-room", {"room": "snakes"}, timeout=WAIT)["ok"] is True
    assert client.call("nobody-knows-this", timeout=WAIT)["error"] == "Unknown event"
    client.disconnect()

    refused = socketio.Client(reconnection=False)
    errors = queue.Queue()
    refused.on("connect_error", errors.put)
    try:
        refused.connect(url, headers=headers, auth={"token": "none"}, transports=[transport],
                        wait_timeout=WAIT)
    except socketio.exceptions.ConnectionError:
        pass
    assert errors.get(timeout=WAIT)["message"] == "AUTH_FAILED"
    print("passed")


main(*sys.argv[1:])
