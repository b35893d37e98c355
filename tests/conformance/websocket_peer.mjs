// A WebSocket client on a raw socket, which says what it is told to, and the run of a table of such conversations.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import test from 'node:test';
import { Inbox, within } from '../clients/wait.mjs';
import * as frames from './frames.mjs';

const WAIT = 5000;
const NAMES = { 0: 'continuation', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };

export function acceptOf(key) {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

export class WebSocketPeer {
  #socket;
  #inbox = new Inbox();
  #reader = new frames.FrameReader();
  #head = '';
  status = 0;
  headers = {};

  constructor(port) {
    this.#socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#socket.on('data', (bytes) => this.#receive(bytes));
    this.#socket.on('end', () => this.#inbox.push({ end: 'fin' }));
    this.#socket.on('error', (error) => this.#inbox.push({ end: error.code }));
  }

  // The handshake as RFC 6455 section 4.1 asks; `change` may spoil it: a value of undefined leaves a header out.
  static async handshake(port, { method = 'GET', path = '/echo', protocol = 'HTTP/1.1', change = {} } = {}) {
    const peer = new WebSocketPeer(port);
    peer.key = randomBytes(16).toString('base64');
    const headers = {
      Host: `127.0.0.1:${port}`,
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': peer.key,
      'Sec-WebSocket-Version': '13',
      ...change,
    };
    const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().filter((one) => one !== undefined).map((one) => `${name}: ${one}\r\n`));
    peer.send(`${method} ${path} ${protocol}\r\n${lines.join('')}\r\n`);
    await peer.#inbox.take((item) => item.head || item.end, 'the answer to the handshake', WAIT);
    return peer;
  }

  // A WebSocket that is open.
  static async open(port, options) {
    const peer = await WebSocketPeer.handshake(port, options);
    assert.equal(peer.status, 101, 'the handshake is accepted');
    return peer;
  }

  send(...parts) {
    this.#socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
  }

  // Octet by octet, each in a segment of its own as far as the system does that.
  async sendOctets(...parts) {
    for (const octet of Buffer.concat(parts)) {
      this.#socket.write(Buffer.from([octet]));
      await new Promise(setImmediate);
    }
  }

  // The next frame as a short text, or how the stream ended: "text hello", "close 1000", "end".
  async hear(ms = WAIT) {
    const item = await this.hearFrame(ms);
    return item.end ? (item.end === 'fin' ? 'end' : item.end) : brief(item);
  }

  async hearFrame(ms = WAIT) {
    return this.#inbox.take((item) => !item.head, 'a frame of the server', ms);
  }

  // Until resume() nothing is taken from the wire.
  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  finish() {
    this.#socket.end();
  }

  destroy() {
    this.#socket.destroy();
  }

  #receive(bytes) {
    if (this.status === 0) {
      this.#head += bytes.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const [first, ...lines] = this.#head.slice(0, end).split('\r\n');
      this.status = Number(first.split(' ')[1]);
      for (const line of lines) {
        const colon = line.indexOf(':');
        this.headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
      }
      this.#inbox.push({ head: true });
      bytes = Buffer.from(this.#head.slice(end + 4), 'latin1');
      if (this.status !== 101) return;
    }
    if (this.status !== 101) return;
    this.#reader.push(bytes);
    try {
      for (let frame = this.#reader.next(); frame; frame = this.#reader.next()) this.#inbox.push(frame);
    } catch (error) {
      this.#inbox.push({ end: error.message });
    }
  }
}

// A frame in few words; long payloads by their length.
export function brief({ fin = true, rsv = 0, opcode, payload }) {
  const name = `${NAMES[opcode] ?? opcode}${fin ? '' : ' (not final)'}${rsv ? ` (rsv ${rsv})` : ''}`;
  if (opcode === frames.CLOSE) return payload.length < 2 ? `close${payload.length}` : `close ${payload.readUInt16BE(0)}`;
  const shown = payload.length > 40 ? `of ${payload.length} bytes` : opcode === frames.TEXT ? payload.toString() : payload.toString('latin1');
  return `${name} ${shown}`.trimEnd();
}

// What a row expects to hear.
export const says = {
  text: (payload) => brief({ opcode: frames.TEXT, payload: Buffer.from(payload) }),
  binary: (payload) => brief({ opcode: frames.BINARY, payload: Buffer.from(payload) }),
  pong: (payload) => brief({ opcode: frames.PONG, payload: Buffer.from(payload) }),
  close: (code) => (code === undefined ? 'close0' : `close ${code}`),
};

// Each row is a test: { rfc, asks, send, hears, octets?, deviates? }.
//   rfc, asks   the section and what it asks of a server,
//   send        what the client says, in one segment, or octet by octet with `octets`,
//   hears       what the server must answer, in order: a close frame ends it, and the stream with it; without one the
//               connection must still be alive behind it,
//   deviates    why `hears` is not what the RFC asks: what is known of the server, so that a change is noticed.
export function conversations(host, rows) {
  for (const row of rows) {
    test(`${row.rfc}: ${row.asks}${row.deviates ? ` (deviates: ${row.deviates})` : ''}`, async () => {
      const peer = await WebSocketPeer.open(host().port, row.handshake);
      try {
        if (row.octets) await peer.sendOctets(...row.send);
        else peer.send(...row.send);
        for (const [index, expected] of row.hears.entries()) {
          assert.equal(await peer.hear(), expected, `answer ${index + 1} of ${row.hears.length}`);
        }
        if (row.hears.at(-1)?.startsWith('close') || row.hears.at(-1) === 'end') {
          if (row.hears.at(-1) !== 'end') assert.equal(await peer.hear(2000), 'end', 'the server closes the TCP connection');
        } else {
          await expectAlive(peer);
        }
      } finally {
        peer.destroy();
      }
    });
  }
}

// A closing handshake as the client begins it (RFC 6455 section 7.1.2).
export async function expectAlive(peer) {
  peer.send(frames.text('still there?'));
  assert.equal(await peer.hear(), says.text('still there?'), 'the connection is alive, and nothing else was said');
  peer.send(frames.close(1000));
  assert.equal(await peer.hear(), says.close(1000), 'the close frame is answered');
  assert.equal(await within(peer.hear(), 'the end of the stream', 2000), 'end');
}
