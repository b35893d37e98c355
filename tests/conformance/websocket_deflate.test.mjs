// permessage-deflate (RFC 7692), which conformance-host speaks with --deflate: its handshake, what `ws` makes of it with all its
// options, and frames made by hand.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import test, { after, before } from 'node:test';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { Inbox, within } from '../clients/wait.mjs';
import { BINARY, CLOSE, close, closePayload, frame, last, more, ping, pong, TEXT, text } from './frames.mjs';
import { startHost } from './host.mjs';
import { brief, says, WebSocketPeer } from './websocket_peer.mjs';

const WebSocket = createRequire(new URL('../clients/package.json', import.meta.url))('ws');
const NAME = 'permessage-deflate';
const LIMIT = 16 << 20;
const TAIL = Buffer.from('0000ffff', 'hex');

let host;
before(async () => { host = await startHost('websocket', '--deflate'); });
after(() => host.stop());

function offering(value) {
  return { change: { 'Sec-WebSocket-Extensions': value } };
}

// ---------------------------------------------------------------- the handshake

const four = 'server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=12';
const handshakes = [
  { rfc: '7.1', asks: 'without an offer there is no extension', answer: undefined },
  { rfc: '7.1', asks: 'an offer without parameters', offer: NAME, answer: NAME },
  { rfc: '7.1', asks: 'another extension is passed over', offer: `x-other; ${NAME}, ${NAME}`, answer: NAME },
  { rfc: '7.1', asks: 'another extension alone is not accepted', offer: 'x-webkit-deflate-frame', answer: undefined },
  { rfc: '7.1.1.1', asks: 'server_no_context_takeover is confirmed', offer: `${NAME}; server_no_context_takeover`, answer: `${NAME}; server_no_context_takeover` },
  { rfc: '7.1.1.1', asks: 'it has no value', offer: `${NAME}; server_no_context_takeover=1`, answer: undefined },
  { rfc: '7.1.1.2', asks: 'client_no_context_takeover is confirmed', offer: `${NAME}; client_no_context_takeover`, answer: `${NAME}; client_no_context_takeover` },
  ...[8, 9, 12, 15].map((bits) => (
    { rfc: '7.1.2.1', asks: `server_max_window_bits=${bits} is confirmed`, offer: `${NAME}; server_max_window_bits=${bits}`, answer: `${NAME}; server_max_window_bits=${bits}` })),
  ...['', '=7', '=16', '=08', '=1000', '=ten'].map((value) => (
    { rfc: '7.1.2.1', asks: `server_max_window_bits${value} declines`, offer: `${NAME}; server_max_window_bits${value}`, answer: undefined })),
  { rfc: '7.1.2.2', asks: 'client_max_window_bits is a hint', offer: `${NAME}; client_max_window_bits`, answer: NAME },
  { rfc: '7.1.2.2', asks: 'client_max_window_bits with a value is confirmed', offer: `${NAME}; client_max_window_bits="9"`, answer: `${NAME}; client_max_window_bits=9` },
  { rfc: '7.1.2.2', asks: 'client_max_window_bits=16 declines', offer: `${NAME}; client_max_window_bits=16`, answer: undefined },
  { rfc: '7.1', asks: 'an unknown parameter declines', offer: `${NAME}; unknown`, answer: undefined },
  { rfc: '7.1', asks: 'a repeated parameter declines', offer: `${NAME}; client_max_window_bits; client_max_window_bits=10`, answer: undefined },
  { rfc: '5.1', asks: 'all parameters at once', offer: `${NAME}; ${four}`, answer: `${NAME}; ${four}` },
  { rfc: '5.2', asks: 'of several offers the first that is possible', offer: `${NAME}; server_max_window_bits=7, ${NAME}; ${four}, ${NAME}`, answer: `${NAME}; ${four}` },
  { rfc: '5.2', asks: 'the same offer twice', offer: `${NAME}, ${NAME}`, answer: NAME },
  { rfc: '5.2', asks: 'three offers of 300 bytes', offer: `${NAME}; ${four}, ${NAME}; ${four}, ${NAME}; client_max_window_bits`, answer: `${NAME}; ${four}` },
];

for (const { rfc, asks, offer, answer } of handshakes) {
  test(`${rfc}: ${asks}`, async () => {
    const peer = await WebSocketPeer.open(host.port, offering(offer));
    assert.equal(peer.headers['sec-websocket-extensions'], answer);
    peer.send(text('x'));
    assert.equal((await peer.hearFrame()).rsv, answer ? 4 : 0);
    peer.destroy();
  });
}

test('RFC 6455 9.1: what is no list of extensions fails the handshake', async () => {
  for (const offer of [`${NAME};`, `${NAME}; a=`, `${NAME}; a="b c"`, `${NAME} x`]) {
    const peer = await WebSocketPeer.handshake(host.port, offering(offer));
    assert.equal(peer.status, 400, offer);
    peer.destroy();
  }
});

test('without --deflate, and in the other roles with it, nothing is negotiated', async () => {
  for (const [role, path, ...flags] of [
    ['websocket', '/echo'],
    ['engineio', '/engine.io/?EIO=4&transport=websocket', '--deflate'],
    ['socketio', '/socket.io/?EIO=4&transport=websocket', '--deflate'],
  ]) {
    const other = await startHost(role, ...flags);
    const peer = await WebSocketPeer.open(other.port, { path, ...offering(NAME) });
    assert.equal(peer.headers['sec-websocket-extensions'], undefined, role);
    peer.destroy();
    assert.deepEqual(await other.stop(), { code: 0, signal: null });
  }
});

// ---------------------------------------------------------------- with `ws`

const words = 'It was a bright cold day in April, and the clocks were striking thirteen. ';
const payloads = [
  '', 'x', 'exactly8', '\u00e4\u20ac\u{1f600}', words, words.repeat(500), 'a'.repeat(1 << 17),
  Buffer.alloc(0), Buffer.from('exactly8'), randomBytes(125), randomBytes(65536), Buffer.alloc(1 << 17),
];

async function connected(perMessageDeflate) {
  const ws = new WebSocket(`ws://127.0.0.1:${host.port}/echo`, { perMessageDeflate });
  const inbox = new Inbox();
  ws.on('message', (data, isBinary) => inbox.push(isBinary ? data : data.toString('utf8')));
  ws.on('error', (error) => inbox.push(error));
  await within(new Promise((resolve, reject) => { ws.once('open', resolve); ws.once('error', reject); }), 'the WebSocket to open');
  assert.match(ws.extensions, /^permessage-deflate/);
  return {
    ws,
    next: () => inbox.take(() => true, 'an echo', 20000),
    async end() {
      const closed = new Promise((resolve) => { ws.once('close', resolve); });
      ws.close(1000);
      assert.equal(await within(closed, 'the close'), 1000);
    },
  };
}

async function expectEchoes(client, sent) {
  for (const payload of sent) {
    const got = await client.next();
    assert.equal(typeof got, typeof payload);
    assert.ok(typeof got === 'string' ? got === payload : got.equals(payload), `${payload.length} bytes come back`);
  }
}

const choices = [
  {},
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true },
  { serverNoContextTakeover: true, clientNoContextTakeover: true },
  ...[8, 9, 11, 15].flatMap((bits) => [
    { serverMaxWindowBits: bits }, { clientMaxWindowBits: bits },
    { serverMaxWindowBits: bits, clientMaxWindowBits: 23 - bits, serverNoContextTakeover: bits % 2 === 1, clientNoContextTakeover: bits > 10 },
  ]),
];

for (const choice of choices) {
  test(`ws with ${JSON.stringify(choice)}: messages of all kinds, one after another and at once`, async () => {
    const client = await connected({ threshold: 0, ...choice });
    for (const payload of payloads) {
      client.ws.send(payload);
      await expectEchoes(client, [payload]);
    }
    for (const payload of payloads) client.ws.send(payload);
    await expectEchoes(client, payloads);
    await client.end();
  });
}

test('ws: large messages', async () => {
  const client = await connected({ threshold: 0 });
  const sent = ['a'.repeat(1 << 20), words.repeat(10000), Buffer.alloc(1 << 20), randomBytes(1 << 20)];
  for (const payload of sent) client.ws.send(payload);
  await expectEchoes(client, sent);
  await client.end();
});

test('ws: many small messages, compressed and not', async () => {
  const client = await connected({ threshold: 20 });
  const sent = Array.from({ length: 2000 }, (_, i) => (i % 7 === 0 ? randomBytes(i % 64) : `${words.slice(i % 40, i % 70)} ${i}`));
  for (const payload of sent) client.ws.send(payload);
  await expectEchoes(client, sent);
  await client.end();
});

test('ws: fragments of every size, with pings between', async () => {
  const client = await connected({ threshold: 0 });
  for (const size of [1, 7, 1000, 40000]) {
    const whole = words.repeat(Math.max(1, size / 20));
    for (let at = 0; at < whole.length; at += size) {
      client.ws.send(whole.slice(at, at + size), { fin: at + size >= whole.length });
      client.ws.ping('between');
    }
    await expectEchoes(client, [whole]);
  }
  await client.end();
});

test('ws: a message of the limit passes; one byte more is 1009', async () => {
  const client = await connected({ threshold: 0 });
  const whole = Buffer.alloc(LIMIT, 'limit');
  client.ws.send(whole);
  await expectEchoes(client, [whole]);
  const closed = new Promise((resolve) => { client.ws.once('close', resolve); });
  client.ws.send(Buffer.alloc(LIMIT + 1, 'limit'));
  assert.equal(await within(closed, 'the close'), 1009);
});

// ---------------------------------------------------------------- frames made by hand

function deflated(payload, options = {}) {
  const bytes = deflateRawSync(Buffer.from(payload), { finishFlush: constants.Z_SYNC_FLUSH, ...options });
  assert.deepEqual(bytes.subarray(-4), TAIL);
  return bytes.subarray(0, -4);
}
function inflated(payload) {
  return inflateRawSync(Buffer.concat([payload, TAIL]), { finishFlush: constants.Z_SYNC_FLUSH });
}
const hex = (digits) => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const rsv1 = { rsv: 4 };
const open = { rsv: 4, fin: false };
const hello = hex('f2 48 cd c9 c9 07 00');
const long = deflated(words.repeat(100));

const rows = [
  { rfc: '7.2.3.1', asks: 'a message of one block', send: [text(hello, rsv1)], hears: [says.text('Hello')] },
  { rfc: '6.1', asks: 'a message that is not compressed', send: [text('Hello')], hears: [says.text('Hello')] },
  { rfc: '6.1', asks: 'both in turn', send: [text('a'), text(hello, rsv1), text('b'), text(hello, rsv1)],
    hears: ['a', 'Hello', 'b', 'Hello'].map(says.text) },
  { rfc: '7.2.3.2', asks: 'the second refers to the first', send: [text(hello, rsv1), text(hex('f2 00 11 00 00'), rsv1)], hears: [says.text('Hello'), says.text('Hello')] },
  { rfc: '7.2.3.2', asks: 'not after client_no_context_takeover', parameters: '; client_no_context_takeover',
    send: [text(hello, rsv1), text(hex('f2 00 11 00 00'), rsv1)], hears: [says.text('Hello'), says.close(1007)] },
  { rfc: '7.2.3.3', asks: 'a block that is stored', send: [text(hex('00 05 00 fa ff 48 65 6c 6c 6f 00'), rsv1)], hears: [says.text('Hello')] },
  { rfc: '7.2.3.4', asks: 'a block that is marked final', send: [text(hex('f3 48 cd c9 c9 07 00 00'), rsv1)], hears: [says.text('Hello')] },
  { rfc: '7.2.3.4', asks: 'and nothing behind it', send: [text(hex('f3 48 cd c9 c9 07 00'), rsv1), text(hello, rsv1)], hears: [says.text('Hello'), says.text('Hello')] },
  { rfc: '7.2.3.5', asks: 'two blocks', send: [text(hex('f2 48 05 00 00 00 ff ff ca c9 c9 07 00'), rsv1)], hears: [says.text('Hello')] },
  { rfc: '7.2.3.6', asks: 'the empty message', send: [text(hex('00'), rsv1), frame(BINARY, hex('00'), rsv1)], hears: [says.text(''), says.binary('')] },
  { rfc: '6.1', asks: 'fragments of which the first has RSV1', send: [text(hello.subarray(0, 3), open), last(hello.subarray(3))], hears: [says.text('Hello')] },
  { rfc: '6.1', asks: 'fragments of nothing', send: [text('', open), more(''), more(hello), last('')], hears: [says.text('Hello')] },
  { rfc: '6.1', asks: 'a ping between fragments is not compressed', send: [text(hello.subarray(0, 3), open), ping('ping'), last(hello.subarray(3))],
    hears: [says.pong('ping'), says.text('Hello')] },
  { rfc: '6.1', asks: 'octet by octet', octets: true, send: [text(long.subarray(0, 50), open), ping('ping'), last(long.subarray(50))],
    hears: [says.pong('ping'), says.text(words.repeat(100))] },
  { rfc: '6.1', asks: 'RSV1 on a continuation closes', send: [text(hello.subarray(0, 3), open), last(hello.subarray(3), rsv1)], hears: [says.close(1002)] },
  { rfc: '6.1', asks: 'RSV1 on the continuation of a plain message closes', send: [text('a', { fin: false }), last(hello, rsv1)], hears: [says.close(1002)] },
  { rfc: '6.1', asks: 'RSV1 on a pong closes', send: [pong('x', rsv1)], hears: [says.close(1002)] },
  { rfc: '6.1', asks: 'RSV1 on a close frame is answered with 1002', send: [frame(CLOSE, closePayload(1000), rsv1)], hears: [says.close(1002)] },
  { rfc: '6.1', asks: 'RSV1 on a ping closes', send: [ping('x', rsv1)], hears: [says.pong('x')],
    deviates: 'libwebsockets answers pings itself, and with an extension it lets RSV1 pass' },
  ...[1, 2, 3, 5, 6, 7].map((rsv) => ({ rfc: '6', asks: `RSV bits ${rsv} close`, send: [text(hello, { rsv })], hears: [says.close(1002)] })),
  { rfc: '7.2.2', asks: 'data that does not inflate closes', send: [text(hex('07'), rsv1)], hears: [says.close(1007)] },
  { rfc: '7.2.2', asks: 'plain text that is called compressed closes', send: [text('Hello', rsv1)], hears: [says.close(1007)] },
  { rfc: '7.2.2', asks: 'a message that is cut closes', send: [text(hello.subarray(0, 4), rsv1)], hears: [says.close(1007)] },
  { rfc: '7.2.1', asks: 'a tail that was not taken off closes', send: [text(Buffer.concat([hello, TAIL]), rsv1)], hears: [says.close(1007)] },
  { rfc: '7.2.3.6', asks: 'a compressed message of no octet closes', send: [text('', rsv1)], hears: [says.close(1007)] },
  { rfc: '6455 8.1', asks: 'what inflates to broken UTF-8 closes', send: [text(deflated(hex('68 ff')), rsv1)], hears: [says.close(1007)] },
  { rfc: '6455 8.1', asks: 'a binary message may inflate to it', send: [frame(BINARY, deflated(hex('68 ff')), rsv1)], hears: [says.binary(hex('68 ff'))] },
  { rfc: '6455 8.1', asks: 'half a character at the end closes', send: [text(deflated(hex('c3')), rsv1)], hears: [says.close(1007)] },
  { rfc: '6455 8.1', asks: 'broken UTF-8 closes before the message is whole', send: [text(Buffer.concat([deflated(hex('ff')), TAIL]), open)], hears: [says.close(1007)] },
  { rfc: '8', asks: 'little that inflates to more than the limit closes', send: [text(deflated(Buffer.alloc(LIMIT + 1, 'a')), rsv1)], hears: [says.close(1009)] },
];

function heard({ rsv, ...rest }) {
  if (rsv !== 4) return brief({ rsv, ...rest });
  return brief({ ...rest, payload: inflated(rest.payload) });
}

for (const { rfc, asks, deviates, parameters = '', send, octets, hears } of rows) {
  test(`${rfc}: ${asks}${deviates ? ` (deviates: ${deviates})` : ''}`, async () => {
    const peer = await WebSocketPeer.open(host.port, offering(`${NAME}; server_no_context_takeover${parameters}`));
    if (octets) await peer.sendOctets(...send);
    else peer.send(...send);
    const expect = async (expected) => {
      const item = await peer.hearFrame();
      assert.ok(!item.end, `${expected} is the answer, not ${item.end}`);
      if (item.opcode === TEXT || item.opcode === BINARY) assert.equal(item.rsv, 4, 'every message of the server is compressed');
      assert.equal(heard(item), expected);
    };
    for (const expected of hears) await expect(expected);
    if (!hears.at(-1).startsWith('close')) {
      peer.send(text('still there?'), close(1000));
      await expect(says.text('still there?'));
      await expect(says.close(1000));
    }
    assert.equal(await peer.hear(2000), 'end', 'the server closes the TCP connection');
    peer.destroy();
  });
}

test('7.1.2.1: a window of the server\'s is not left', async () => {
  for (const bits of [8, 9, 10]) {
    const peer = await WebSocketPeer.open(host.port, offering(`${NAME}; server_no_context_takeover; server_max_window_bits=${bits}`));
    const block = randomBytes(1 << bits);
    peer.send(frame(BINARY, Buffer.concat([block, block])));
    const { payload } = await peer.hearFrame();
    assert.ok(payload.length > 2 * block.length, 'what lies further back than the window is not referred to');
    assert.ok(inflated(payload).equals(Buffer.concat([block, block])));
    peer.destroy();
  }
});
