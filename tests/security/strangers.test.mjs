// What strangers can hold: places, time and memory. Whoever has an account is served meanwhile.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { dial, frame, head, upgrade, withCertificate } from '../clients/raw.mjs';
import {
  ORIGIN, ROOMY, cleanUp, connectIo, ask, eventually, get, isHealthy, metric, pause, register, startServer, within,
} from '../clients/server.mjs';

const residentKb = (server) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]);
const ending = (peer) => new Promise((resolve) => { peer.socket.once('close', resolve); peer.socket.resume(); });

describe('half-open handshakes', () => {
  after(cleanUp);

  for (const [over, options] of [['plain HTTP', () => ({})], ['TLS', withCertificate]]) {
    // Shows: R57 R63 R75
    test(`500 over ${over} hold up nobody, and end in time`, async () => {
      const server = await startServer({ set: { ...ROOMY, ...options(), 'limits.auth_timeout': '3s' } });
      const ada = await register(server, 'ada');
      const raw = { url: 'http://127.0.0.1', port: server.port };  // Never TLS: half a hello at most.
      const parts = over === 'TLS'
        ? [Buffer.alloc(0), Buffer.from([0x16]), Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])]
        : ['', 'GET /ws HTTP/1.1\r\nHost: x\r\n', upgrade('/ws'), upgrade('/socket.io/?EIO=4&transport=websocket'),
          head('POST /api/auth/login HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 100')];
      const start = Date.now();
      const peers = Array.from({ length: 500 }, (_, i) => dial(raw).write(parts[i % parts.length]));
      const ends = peers.map(ending);
      await eventually(async () => await metric(server, 'securechat_connections') >= 500, '500 connections');
      const socket = await connectIo(server, { token: ada.accessToken, rejectUnauthorized: false });
      assert.equal((await ask(socket, 'send-message', { message: 'in between' })).ok, true);
      await register(server, 'bob');
      assert.ok(Date.now() - start < 3000, 'they were served while the others were half open');
      // A body has ten seconds of its own.
      await within(Promise.all(ends.filter((_, i) => over === 'TLS' || i % 5 !== 4)), 'the end of the half-open ones', 8000);
      assert.ok(socket.connected);
      for (const peer of peers) peer.socket.destroy();
      socket.disconnect();
      await server.stop();
    });
  }
});

describe('memory of strangers', () => {
  after(cleanUp);

  const POLLING = '/socket.io/?EIO=4&transport=polling';
  const unfinished = (bytes) => frame(0x81, Buffer.alloc(bytes, 0x20), 16_300);
  // What each sends, and then waits: as much as it may, and never whole.
  const KINDS = {
    'a head of almost 8 KiB': (peer) => peer.write(`GET / HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 60 }, (_, i) => `X-${i}: ${'a'.repeat(110)}\r\n`).join('')}`),
    'a message of almost 16 KiB on /ws': async (peer) => { peer.write(upgrade('/ws')); await peer.answer(); peer.write(unfinished(16_200)); },
    'fragments': async (peer) => {
      peer.write(upgrade('/ws'));
      await peer.answer();
      peer.write(Buffer.concat([frame(0x01, Buffer.alloc(60, 0x20)), ...Array.from({ length: 250 }, () => frame(0x00, Buffer.alloc(60, 0x20)))]));
    },
    'a message over WebSocket of Engine.IO': async (peer) => {
      peer.write(upgrade('/socket.io/?EIO=4&transport=websocket'));
      await peer.answer();
      peer.write(unfinished(16_200));
    },
    'most of a POST': async (peer, server) => {
      const { sid } = JSON.parse((await get(server, POLLING, { Origin: ORIGIN })).text.slice(1));
      peer.write(`${head(`POST ${POLLING}&sid=${sid} HTTP/1.1`, 'Host: x', `Origin: ${ORIGIN}`, 'Content-Length: 16000')}${'4'.repeat(15_900)}`);
    },
    'most of a body of the API': (peer) => peer.write(
      `${head('POST /api/auth/login HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 10240')}${' '.repeat(10_200)}`),
  };

  // Shows: R58 R72
  test('each holds 64 KiB at most', async () => {
    for (const [what, send] of Object.entries(KINDS)) {
      const server = await startServer({ set: { ...ROOMY, 'limits.auth_timeout': '1m' } });
      const open = async (count) => {
        const peers = Array.from({ length: count }, () => dial(server));
        await Promise.all(peers.map((peer) => send(peer, server)));
        return peers;
      };
      const first = await open(20);  // What is made once is not theirs.
      await pause(300);
      const before = residentKb(server);
      const peers = await open(200);
      await pause(500);
      const each = (residentKb(server) - before) / 200;
      assert.ok(peers.every((peer) => !peer.socket.readableEnded), `${what}: all of them are still waited for`);
      assert.ok(each <= 64, `${what}: ${each} KiB each`);
      for (const peer of [...first, ...peers]) peer.socket.destroy();
      assert.ok(await isHealthy(server));
      await server.stop();
    }
  });
});
