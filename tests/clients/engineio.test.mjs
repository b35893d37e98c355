// Engine.IO's handshakes and requests over long-polling, on the real server: what authentication and limits make of them.
// The protocol itself, on a bare echo, is in tests/conformance/engineio.test.mjs.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { FROM_PAGE, OPEN, PATH, Poller, brief } from './poller.mjs';
import { dial, head } from './raw.mjs';
import { ORIGIN, ROOMY, bearer, cleanUp, connectIo, get, register, request, startServer, within } from './server.mjs';

const EVIL = 'http://evil.example';

describe('the open packet', () => {
  after(cleanUp);
  const opened = (packet) => { assert.equal(packet[0], '0'); return JSON.parse(packet.slice(1)); };

  for (const [what, set, expected] of [
    ['by default', {}, { upgrades: ['websocket'], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 }],
    ['as configured', { 'engine.ping_interval': '7s', 'engine.ping_timeout': '1500ms', 'limits.payload': 50000 },
      { upgrades: ['websocket'], pingInterval: 7000, pingTimeout: 1500, maxPayload: 50000 }],
    ['without a transport to change to', { 'engine.transports': 'polling' }, { upgrades: [], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 }],
  ]) {
    test(what, async () => {
      const server = await startServer({ set: { ...ROOMY, ...set } });
      const { sid, ...rest } = opened((await get(server, OPEN, FROM_PAGE)).text);
      assert.match(sid, /^[\w-]{20,}$/);
      assert.deepEqual(rest, expected);
      if (set['engine.transports']) {
        const refused = await get(server, `${PATH}EIO=4&transport=websocket`, FROM_PAGE);
        assert.equal(refused.body.code, 0);
      } else {
        const ws = new WebSocket(`${server.url.replace('http', 'ws')}${PATH}EIO=4&transport=websocket`, { headers: FROM_PAGE });
        const first = await within(new Promise((resolve) => { ws.once('message', resolve); }), 'the open packet');
        const { sid: other, ...same } = opened(first.toString());
        assert.notEqual(other, sid);
        assert.deepEqual(same, { ...expected, upgrades: [] });
        ws.terminate();
      }
    });
  }
});

describe('requests', () => {
  let server;
  let user;
  before(async () => {
    server = await startServer({ set: ROOMY });
    user = await register(server, 'ada');
  });
  after(cleanUp);

  const ERRORS = ['Transport unknown', 'Session ID unknown', 'Bad handshake method', 'Bad request', 'Forbidden', 'Unsupported protocol version'];

  // In the order of the checks: where two faults meet, the earlier one is told.
  for (const [what, query, method, code, headers = FROM_PAGE] of [
    ['no transport', 'EIO=4', 'GET', 0],
    ['an unknown transport, an unknown session, a wrong method', 'EIO=3&transport=smoke&sid=none', 'POST', 0],
    ['webtransport', 'EIO=4&transport=webtransport', 'GET', 0],
    ['an unknown session', 'EIO=4&transport=polling&sid=none', 'GET', 1],
    ['an unknown session and a version that is none', 'EIO=3&transport=polling&sid=none', 'POST', 1],
    ['an unknown session from another origin', 'EIO=4&transport=polling&sid=none', 'GET', 1, { Origin: EVIL }],
    ['a handshake by POST', 'EIO=4&transport=polling', 'POST', 2],
    ['a handshake by POST with an empty sid', 'EIO=4&transport=polling&sid=', 'POST', 2],
    ['a handshake by PUT, of an old version', 'EIO=3&transport=polling', 'PUT', 2],
    ['WebSocket without an upgrade', 'EIO=4&transport=websocket', 'GET', 3],
    ['WebSocket without an upgrade, of an old version', 'EIO=3&transport=websocket', 'GET', 3],
    ['no version', 'transport=polling', 'GET', 5],
    ['an old version', 'EIO=3&transport=polling', 'GET', 5],
    ['an old version with an empty sid', 'EIO=3&transport=polling&sid=', 'GET', 5],
  ]) {
    test(`${what}: ${code}`, async () => {
      const answer = await request(server, { method, path: PATH + query, headers });
      assert.deepEqual([answer.status, answer.body], [400, { code, message: ERRORS[code] }]);
      assert.equal(answer.headers['content-type'], 'application/json');
    });
  }

  test('an empty sid is none: a handshake', async () => {
    const answer = await get(server, `${OPEN}&sid=`, FROM_PAGE);
    assert.equal(answer.status, 200);
    assert.match(answer.text, /^0\{"sid":"[\w-]+"/);
  });

  test('of a session: another method, another transport', async () => {
    const poller = await Poller.open(server);
    for (const [method, path] of [['PUT', poller.path], ['DELETE', poller.path], ['GET', poller.path.replace('polling', 'websocket')]]) {
      const answer = await request(server, { method, path, headers: FROM_PAGE });
      assert.deepEqual([answer.status, answer.body], [400, { code: 3, message: ERRORS[3] }], `${method} ${path}`);
    }
    assert.deepEqual(brief(await poller.post('3')), [200, 'ok'], 'the session goes on');
  });

  // Shows: R1
  test('origin.strict: another origin is 4, before the version is looked at and behind everything else', async () => {
    const strict = await startServer({ set: { ...ROOMY, 'origin.strict': 'on' } });
    for (const [query, status, code] of [['EIO=4&transport=polling', 403, 4], ['EIO=3&transport=polling', 403, 4], ['EIO=4&transport=smoke', 400, 0],
      ['EIO=4&transport=polling&sid=none', 400, 1], ['EIO=4&transport=websocket', 400, 3]]) {
      const answer = await get(strict, PATH + query, { Origin: EVIL });
      assert.deepEqual([answer.status, answer.body.code], [status, code], query);
    }
  });

  // Shows: R81
  test('types, caching and CORS of every kind of answer', async () => {
    const poller = await Poller.open(server);
    const rows = [
      ['the open packet', await get(server, OPEN, FROM_PAGE), 200, 'text/plain; charset=UTF-8'],
      ['a POST', await poller.post('40{}'), 200, 'text/html'],
      ['a poll', await poller.get(), 200, 'text/plain; charset=UTF-8'],
      ['an error', await get(server, PATH, FROM_PAGE), 400, 'application/json'],
      ['a POST that is too large', await poller.post('x'.repeat(16385)), 413, 'application/json; charset=utf-8'],
    ];
    for (const [what, answer, status, type] of rows) {
      assert.equal(answer.status, status, what);
      assert.equal(answer.headers['content-type'], type, what);
      assert.equal(answer.headers['cache-control'], 'no-store', what);
      assert.equal(answer.headers['access-control-allow-origin'], ORIGIN, what);
      assert.equal(answer.headers.vary, 'Origin', what);
    }
    const elsewhere = await get(server, OPEN, { Origin: EVIL });
    assert.equal(elsewhere.status, 200, 'a stranger learns of his origin from Socket.IO');
    assert.equal(elsewhere.headers['access-control-allow-origin'], undefined);
    assert.equal(elsewhere.headers.vary, 'Origin');
    const preflight = await request(server, { method: 'OPTIONS', path: poller.path, headers: { ...FROM_PAGE, 'Access-Control-Request-Method': 'POST' } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-origin'], ORIGIN);
    assert.match(preflight.headers['access-control-allow-methods'], /\bPOST\b/);
  });

  test('several packets and binary ones in a payload, in both directions', async () => {
    const poller = await Poller.open(server);
    const event = (id, message) => `42${id}${JSON.stringify(['send-message', { message }])}`;
    const connect = `40${JSON.stringify({ token: user.accessToken })}`;
    const sent = [connect, event(1, '€ one'), '451-2["upload",{"_placeholder":true,"num":0}]', 'bAQID/w==', event(3, 'three')];
    assert.deepEqual(brief(await poller.post(sent.join('\x1e'))), [200, 'ok']);
    const packets = [];
    const acknowledged = (id) => packets.find((packet) => packet.startsWith(`43${id}[`));
    while (![1, 2, 3].every(acknowledged)) packets.push(...await poller.poll());
    assert.match(packets[0], /^40\{"sid":/);
    assert.equal(JSON.parse(acknowledged(2).slice(3))[0].error, 'Unknown event', 'the attachment found its event');
    const heardHere = packets.filter((packet) => packet.startsWith('42["receive-message"')).map((packet) => JSON.parse(packet.slice(2))[1].message);
    assert.deepEqual(heardHere, ['€ one', 'three']);
  });

  // Shows: R62
  test('64 packets are a payload, 65 are none', async () => {
    const poller = await Poller.open(server);
    assert.deepEqual(brief(await poller.post(Array(64).fill('3').join('\x1e'))), [200, 'ok']);
    assert.equal((await poller.post(Array(65).fill('3').join('\x1e'))).status, 400);
    await poller.isOver();
  });

  // Shows: R58 S38
  test('a POST over the limit is 413 unread, and the session goes on', async () => {
    const poller = await Poller.open(server);
    const connect = `40${JSON.stringify({ token: user.accessToken, pad: '' })}`;
    const padded = (bytes) => connect.replace('""', `"${'x'.repeat(bytes - connect.length)}"`);
    assert.equal((await poller.post(padded(16385))).status, 413, 'a stranger may send 16 KiB');
    const unread = dial(server).write(head(`POST ${poller.path} HTTP/1.1`, 'Host: x', `Origin: ${ORIGIN}`, 'Content-Length: 900000000'));
    assert.equal(await unread.answer(), 413, 'the declared length decides');
    await unread.closed();
    assert.deepEqual(brief(await poller.post(padded(16384))), [200, 'ok']);
    assert.match((await poller.poll())[0], /^40\{"sid":/);
    const waiting = poller.until(/^437\[/, 'the acknowledgement');
    assert.equal((await poller.post('x'.repeat(1000001))).status, 413, 'a member a million bytes');
    const large = `427${JSON.stringify(['upload', 'x'.repeat(500000)])}`;
    assert.deepEqual(brief(await poller.post(large)), [200, 'ok']);
    assert.match(await waiting, /Unknown event/);
  });

  // Shows: R35
  test('a token on the handshake binds the session to it', async () => {
    const native = { ...bearer(user.accessToken) };
    const { sid } = JSON.parse((await get(server, OPEN, native)).text.slice(1));
    const path = `${OPEN}&sid=${sid}`;
    assert.equal((await request(server, { method: 'POST', path, body: '40', headers: {} })).text, 'ok');
    assert.match((await get(server, path, native)).text, /^40\{"sid":/);
    const other = await register(server, 'mallory');
    const answer = await get(server, path, bearer(other.accessToken));
    assert.deepEqual([answer.status, answer.body.code], [403, 4]);
    assert.equal((await get(server, path, native)).body.code, 1, 'the session is over');
  });
});

describe('strangers', () => {
  after(cleanUp);

  // Shows: R63 R69
  test('the 1025th stranger of an address has to wait', async () => {
    const server = await startServer({ set: ROOMY });
    const { accessToken: token } = await register(server, 'ada');
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    const handshake = () => new Promise((resolve, reject) => {
      http.get({ agent, port: server.port, host: '127.0.0.1', path: OPEN, headers: FROM_PAGE }, (answer) => {
        answer.setEncoding('utf8');
        let text = '';
        answer.on('data', (part) => { text += part; });
        answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
      }).on('error', reject);
    });
    const answers = await within(Promise.all(Array.from({ length: 1100 }, handshake)), 'eleven hundred handshakes', 20000);
    agent.destroy();
    const refused = answers.filter(({ status }) => status !== 200);
    assert.ok(refused.length >= 1100 - 1024);
    for (const answer of refused) {
      assert.equal(answer.status, 429);
      assert.match(answer.headers['retry-after'], /^\d+$/);
      assert.equal(JSON.parse(answer.text).error, 'Too many requests');
    }
    const ws = await connectIo(server, { token, transports: ['websocket'] });
    assert.ok(ws.connected, 'a WebSocket needs no place among them');
    ws.disconnect();
  });
});
