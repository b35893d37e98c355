// Peers that break the protocols, over raw sockets. After each the server still answers.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { ORIGIN, ROOMY, cleanUp, connectIo, connectPlain, isHealthy, pause, register, startServer, within } from './server.mjs';

// A raw connection that collects what comes until the end.
function dial(server) {
  const socket = net.connect(server.port, '127.0.0.1');
  const peer = { socket, bytes: Buffer.alloc(0), start: Date.now() };
  socket.on('data', (part) => { peer.bytes = Buffer.concat([peer.bytes, part]); });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => {
    const done = () => resolve(Date.now() - peer.start);
    socket.once('end', done);
    socket.once('close', done);
  });
  peer.text = () => peer.bytes.toString('latin1');
  peer.write = (data) => { if (!socket.destroyed) socket.write(data); return peer; };
  peer.closed = (ms = 3000, what = 'the server to close the connection') => within(closed, what, ms).finally(() => socket.destroy());
  peer.status = () => Number(/^HTTP\/1\.[01] (\d{3})/.exec(peer.text())?.[1] ?? 0);
  // Waits for a status line, however the connection goes on.
  peer.answer = async (ms = 3000) => {
    const end = Date.now() + ms;
    while (!peer.text().includes('\r\n\r\n') && !socket.destroyed && Date.now() < end) await pause(10);
    return peer.status();
  };
  return peer;
}

const head = (...lines) => `${lines.join('\r\n')}\r\n\r\n`;
const key = () => randomBytes(16).toString('base64');
const upgrade = (path, { version = '13', extra = [], method = 'GET', protocol = 'HTTP/1.1', origin = ORIGIN } = {}) => head(
  `${method} ${path} ${protocol}`, 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Key: ${key()}`,
  ...(version === null ? [] : [`Sec-WebSocket-Version: ${version}`]), 'Sec-WebSocket-Protocol: securechat.v1', `Origin: ${origin}`, ...extra);

// A masked frame; first is its first byte, declared a length other than the true one.
function frame(first, payload = Buffer.alloc(0), declared = payload.length) {
  const mask = randomBytes(4);
  const long = Buffer.alloc(8);
  long.writeBigUInt64BE(BigInt(declared));
  const size = declared < 126 ? Buffer.from([0x80 | declared])
    : declared < 65536 ? Buffer.concat([Buffer.from([0x80 | 126]), long.subarray(6)])
      : Buffer.concat([Buffer.from([0x80 | 127]), long]);
  return Buffer.concat([Buffer.from([first]), size, mask, payload.map((byte, i) => byte ^ mask[i % 4])]);
}

describe('robustness', () => {
  let server;
  let user;
  before(async () => {
    server = await startServer({ set: { ...ROOMY, 'limits.auth_timeout': '700ms' } });
    user = await register(server, 'ada');
  });
  afterEach(async () => {
    assert.ok(server.alive(), `the process ended: ${server.stderr().slice(-2000)}`);
    assert.ok(await isHealthy(server), 'the server still answers /healthz');
  });
  after(cleanUp);

  async function sends(text, statuses, what, { closes = true } = {}) {
    const peer = dial(server).write(text);
    const status = await peer.answer();
    assert.ok(statuses.includes(status), `${what}: status ${status} (expected ${statuses.join(' or ')}); it sent ${JSON.stringify(peer.text().slice(0, 200))}`);
    if (closes) await peer.closed(3000, `the close after: ${what}`);
    peer.socket.destroy();
    return peer;
  }

  test('silence, half a head and a drip are closed within limits.auth_timeout', async () => {
    const silent = dial(server);
    const half = dial(server).write('GET /healthz HTTP/1.1\r\nHost: 127.');
    const drip = dial(server).write('GET /healthz HTTP/1.1\r\n');
    const timer = setInterval(() => drip.write('X-Drip: 1\r\n'), 100);
    try {
      for (const [what, peer] of Object.entries({ silent, half, drip })) {
        const took = await peer.closed(4000, `the close of a connection: ${what}`);
        assert.ok(took >= 500 && took < 3000, `${what}: closed after ${took} ms, limits.auth_timeout is 700 ms`);
      }
    } finally {
      clearInterval(timer);
    }
  });

  test('a connect without a CONNECT packet, and an idle /ws, are closed too', async () => {
    for (const path of ['/socket.io/?EIO=4&transport=websocket', '/ws']) {
      const peer = dial(server).write(upgrade(path));
      assert.equal(await peer.answer(), 101, path);
      const took = await peer.closed(4000, `the close of ${path}`);
      assert.ok(took < 3000, `${path}: closed after ${took} ms`);
    }
  });

  test('garbage', async () => {
    const all = [Buffer.from([0, 255, 13, 10, 13, 10]), randomBytes(200), Buffer.from('\r\n\r\n\r\n'), Buffer.from('GET\r\n\r\n'), Buffer.from('\x16\x03\x01\x02\x00\x01\x00'),
      Buffer.from(head('GET / HTTP/9.9', 'Host: x')), Buffer.from(head('G\0T / HTTP/1.1', 'Host: x')), Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')];
    for (const bytes of all) {
      const peer = dial(server).write(bytes);
      await peer.closed(4000, `the close after garbage ${bytes.toString('hex').slice(0, 40)}`);
      assert.ok(![101, 200].includes(peer.status()), `no success for ${JSON.stringify(bytes.toString('latin1').slice(0, 30))}`);
    }
  });

  test('Content-Length that is none, twice, or beside another', async () => {
    const post = (...lines) => `${head('POST /api/auth/login HTTP/1.1', 'Host: 127.0.0.1', 'Content-Type: application/json', ...lines)}{}`;
    for (const lines of [['Content-Length: -5'], ['Content-Length: 2x'], ['Content-Length: +2'], ['Content-Length: 0x2'], ['Content-Length: 2, 2'], ['Content-Length: '],
      ['Content-Length: 2', 'Content-Length: 2'], ['Content-Length: 2', 'Content-Length: 30'], ['Content-Length: 99999999999999999999']]) {
      await sends(post(...lines), [400, 411, 413], lines.join(' + '));
    }
  });

  test('chunked bodies are 501 and close, also beside a Content-Length', async () => {
    const smuggled = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    const chunked = await sends(`${head('POST /api/auth/login HTTP/1.1', 'Host: 127.0.0.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\n\r\n`, [501], 'chunked');
    assert.match(chunked.text(), /nosniff/i, 'the header set');
    const both = await sends(`${head('POST /api/auth/login HTTP/1.1', 'Host: 127.0.0.1', 'Content-Type: application/json', 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n${smuggled}`, [400, 501], 'both');
    assert.equal(both.text().match(/HTTP\/1\.1 \d/g).length, 1, 'one answer only: nothing was smuggled');
  });

  async function refusesRequest(text, what) {
    const peer = dial(server).write(text);
    await peer.closed(4000, `the close after ${what}`);
    assert.ok(peer.status() === 0 || peer.status() >= 400, `${what}: status ${peer.status()}`);
  }

  test('no Host, two Host, CONNECT, TRACE', async () => {
    await refusesRequest(head('GET /healthz HTTP/1.1', 'Host: a', 'Host: b'), 'two Host');
    await refusesRequest(head('GET /healthz HTTP/1.1', 'X: y'), 'no Host');
    await refusesRequest(head('CONNECT x:1 HTTP/1.1', 'Host: x'), 'CONNECT');
    await refusesRequest(head('TRACE / HTTP/1.1', 'Host: x'), 'TRACE');
  });

  test('header syntax a smuggler uses', async () => {
    await refusesRequest(head('GET /healthz HTTP/1.1', 'Host : a'), 'a space before the colon');
    await refusesRequest(head('GET /healthz HTTP/1.1', 'Host: a', 'X: y', ' folded'), 'a folded line');
    await refusesRequest(head('GET /healthz HTTP/1.1', 'Host: a', 'X: a\0b'), 'a NUL in a header');
  });

  test('a wrong WebSocket version is 426 on every path', async () => {
    for (const path of ['/ws', '/socket.io/?EIO=4&transport=websocket', '/nope']) {
      for (const version of ['8', '14', null]) {
        const peer = await sends(upgrade(path, { version }), [426], `version ${version} on ${path}`);
        assert.match(peer.text(), /^Sec-WebSocket-Version: 13\r$/im, `${path}: the version that is spoken`);
      }
    }
  });

  test('bad upgrades are not upgraded', async () => {
    const good = upgrade('/ws');
    for (const [what, text] of Object.entries({
      'POST': upgrade('/ws', { method: 'POST', extra: ['Content-Length: 0'] }),
      'HTTP/1.0': upgrade('/ws', { protocol: 'HTTP/1.0' }),
      'a short key': good.replace(/Sec-WebSocket-Key: .*/, 'Sec-WebSocket-Key: abc'),
      'no key': good.replace(/Sec-WebSocket-Key: .*\r\n/, ''),
      'h2c': head('GET / HTTP/1.1', 'Host: x', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'),
      'another protocol': head('GET / HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: foo'),
      'two Origins': upgrade('/ws', { extra: [`Origin: ${ORIGIN}`] }),
    })) {
      const peer = dial(server).write(text);
      const status = await peer.answer(2000);
      if (what === 'two Origins' && status === 101) await peer.closed(3000, 'the close of a peer with two Origins');
      else assert.notEqual(status, 101, `${what} was upgraded`);
      peer.socket.destroy();
    }
  });

  test('huge heads: 431, long addresses: 414', async () => {
    await sends(head('GET /healthz HTTP/1.1', 'Host: x', `X-Big: ${'a'.repeat(9000)}`), [431], 'one header of 9000 bytes');
    await sends(head('GET /healthz HTTP/1.1', 'Host: x', ...Array.from({ length: 70 }, (_, i) => `X-${i}: a`)), [431], '71 headers');
    await sends(head(`GET /${'a'.repeat(2100)} HTTP/1.1`, 'Host: x'), [414], 'an address of 2101 bytes');
    await sends(head('GET /healthz HTTP/1.1', 'Host: x', 'Connection: close', ...Array.from({ length: 50 }, (_, i) => `X-${i}: ${'a'.repeat(60)}`)), [200], '52 headers are fine');
  });

  test('garbage frames on an upgraded connection close it', async () => {
    const text = Buffer.from('{"type":"x"}');
    const cases = {
      'a reserved bit': frame(0xc1, text), 'a reserved opcode': frame(0x83, text), 'a reserved control opcode': frame(0x8b),
      'a long control frame': frame(0x89, Buffer.alloc(126)), 'a fragmented control frame': frame(0x09, text), 'a lone continuation': frame(0x80, text),
      'a text within a text': Buffer.concat([frame(0x01, text), frame(0x81, text)]), 'a length of 2^63-1': frame(0x81, text, 2n ** 63n - 1n),
      'a length over the limit': frame(0x81, text, 2000000), '300 fragments': Buffer.concat([frame(0x01), ...Array.from({ length: 300 }, () => frame(0x00))]),
      'noise': randomBytes(64),
    };
    for (const path of ['/ws', '/socket.io/?EIO=4&transport=websocket']) {
      for (const [what, bytes] of Object.entries(cases)) {
        const peer = dial(server).write(upgrade(path));
        assert.equal(await peer.answer(), 101, `${path} for ${what}`);
        peer.write(bytes);
        await peer.closed(4000, `the close of ${path} after ${what}`);
      }
    }
  });

  test('garbage packets of an authenticated member close the connection, and only his', async () => {
    const member = await connectPlain(server, { token: user.accessToken });
    const fragments = Buffer.concat([frame(0x01), ...Array.from({ length: 300 }, () => frame(0x00))]);
    for (const bytes of [frame(0xc1, Buffer.from('x')), frame(0x80), frame(0x81, Buffer.from('{}'), 1000001), fragments]) {
      const peer = dial(server).write(upgrade('/ws', { extra: [`Authorization: Bearer ${user.accessToken}`] }));
      assert.equal(await peer.answer(), 101);
      await pause(100);
      peer.write(bytes);
      await peer.closed(3000, 'the close of the garbage');
    }
    const socket = await connectIo(server, { token: user.accessToken });
    socket.io.engine.transport.ws.send('42["send-message"');
    await within(new Promise((resolve) => { socket.once('disconnect', resolve); }), 'the close after a broken Socket.IO packet');
    assert.equal((await member.request('send-message', { message: 'still here' })).ok, true);
  });

  test('aborted handshakes and sudden ends leave nothing behind', async () => {
    const parts = ['', 'GET', upgrade('/ws').slice(0, 60), upgrade('/ws'), upgrade('/socket.io/?EIO=4&transport=websocket'),
      upgrade('/ws', { extra: [`Authorization: Bearer ${user.accessToken}`] }), `${head('POST /api/auth/login HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 50')}{`];
    for (let round = 0; round < 10; round++) {
      for (const [i, part] of parts.entries()) {
        const peer = dial(server);
        if (part) peer.write(part);
        await pause((round + i) % 3);
        if (round % 2) peer.socket.resetAndDestroy();
        else peer.socket.destroy();
      }
    }
    assert.ok(await isHealthy(server));
    const client = await connectPlain(server, { token: user.accessToken });
    assert.equal((await client.request('send-message', { message: 'fine' })).ok, true);
  });
});
