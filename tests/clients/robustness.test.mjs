// Peers that break the protocols, over raw sockets. After each the server still answers.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { dial, frame, head, upgrade } from './raw.mjs';
import { ROOMY, cleanUp, connectIo, connectPlain, isHealthy, pause, register, startServer, within } from './server.mjs';

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

  // Shows: R57
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

  // Shows: R57
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

  // Shows: R59 R66
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

  // Shows: R48 R58
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

  // Shows: R7 S8
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
