// The logs: what names a request and a connection in them, that nobody fills them, and that nobody who does not read them
// holds the server up.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { head, dial } from './raw.mjs';
import {
  ROOMY, cleanUp, connectIo, eventually, get, isHealthy, newFolder, openPlain, pause, post, refusedIo, register, request, startServer,
} from './server.mjs';

const GENERATED = /^[A-Za-z0-9_-]{12}$/;
const logOf = (server) => server.stderr().split('\n').filter(Boolean).map((line) => JSON.parse(line));
const eventsOf = (path) => readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

describe('the id of a request', () => {
  after(cleanUp);

  test('is on every answer, and each has its own', async () => {
    const server = await startServer({ set: ROOMY });
    const ids = new Set();
    const bad = dial(server).write(head('GET / HTTP/1.1', 'Host: a', 'Host: b'));
    await bad.closed();
    ids.add(/\r\nX-Request-Id: (\S+)\r\n/i.exec(bad.text())?.[1]);
    const refused = dial(server).write(head('GET /nope HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket',
      'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='));
    await refused.closed();
    ids.add(/\r\nX-Request-Id: (\S+)\r\n/i.exec(refused.text())?.[1]);
    const big = `{"pad":"${'x'.repeat(11000)}"}`;
    const answers = [
      await get(server, '/'), await get(server, '/healthz'), await get(server, '/metrics'), await get(server, '/nope'),
      await post(server, '/api/auth/login', {}), await post(server, '/api/auth/login', big), await get(server, '/ws'),
      await get(server, '/socket.io/?EIO=4&transport=nonsense'), await request(server, { method: 'OPTIONS', path: '/api/auth/login' }),
      await get(server, '/socket.io/?EIO=4&transport=polling', { Origin: server.origin }),
    ];
    for (const { headers } of answers) ids.add(headers['x-request-id']);
    assert.equal(ids.size, answers.length + 2);
    for (const id of ids) assert.match(id, GENERATED);
  });

  // Shows: R86
  test('stands in the audit lines and the log lines about it', async () => {
    const path = join(newFolder(), 'audit.log');
    const server = await startServer({ set: { ...ROOMY, 'log.audit_file': path, 'log.format': 'json', 'log.level': 'debug' } });
    const login = await post(server, '/api/auth/login', { email: 'nobody@example.com', password: 'Wrong0ne' });
    const fault = dial(server).write(head('GET / HTTP/1.1', 'Host: a', 'Host: b'));
    await fault.closed();
    const { accessToken: token } = await register(server, 'ada');
    const socket = await connectIo(server, { token, transports: ['websocket'] });
    socket.disconnect();
    await server.stop();
    const id = login.headers['x-request-id'];
    assert.equal(eventsOf(path).find((event) => event.event === 'login.fail').request_id, id);
    const line = logOf(server).find((entry) => entry.request_id === id);
    assert.deepEqual([line.path, line.status, line.address], ['/api/auth/login', 401, '127.0.0.1']);
    const faultId = /\r\nX-Request-Id: (\S+)\r\n/i.exec(fault.text())[1];
    assert.equal(eventsOf(path).find((event) => event.event === 'protocol.error').request_id, faultId);
    // From the handshake's request to its connection, and from there to what is said of that.
    const begun = logOf(server).find((entry) => entry.connection);
    assert.match(begun.request_id, GENERATED);
    const joined = eventsOf(path).find((event) => event.event === 'connect.ok');
    assert.ok(logOf(server).some((entry) => entry.connection === joined.request_id), 'the connection is in both logs');
  });

  // Shows: R85
  test('of a trusted proxy is taken over when it is well formed, of nobody else', async () => {
    const ask = async (server, id) => (await get(server, '/healthz', { 'X-Request-Id': id })).headers['x-request-id'];
    const trusting = await startServer({ set: { 'proxy.trusted': '127.0.0.1/32' } });
    for (const id of ['a', 'Root=1-67891233-abcdef012345678912345678'.replace('=', '-'), '7b7b.9_x-Z', 'x'.repeat(64)]) {
      assert.equal(await ask(trusting, id), id);
    }
    for (const id of ['x'.repeat(65), 'a b', 'a"b', 'a,b', 'a/b', '', 'ä']) {
      assert.match(await ask(trusting, Buffer.from(id).toString('latin1')), GENERATED, `"${id}" is not well formed`);
    }
    const twice = dial(trusting).write(head('GET /healthz HTTP/1.1', 'Host: a', 'X-Request-Id: first', 'X-Request-Id: second'));
    assert.equal(await twice.answer(), 200);
    assert.match(/\r\nX-Request-Id: (\S+)\r\n/i.exec(twice.text())[1], GENERATED, 'of two neither counts');
    twice.socket.destroy();
    await trusting.stop();
    const wary = await startServer();
    assert.match(await ask(wary, 'mine'), GENERATED);
  });
});

describe('a flood of what is logged', () => {
  after(cleanUp);

  // Shows: R90
  test('thousands of refusals are a few lines and their number', async () => {
    const server = await startServer({ set: ROOMY });
    const peers = 40;
    const joins = 50;
    await Promise.all([...Array(peers)].map(async () => {
      for (let i = 0; i < joins; ++i) {
        const client = await openPlain(server);
        client.send({ type: 'auth', token: 'nonsense' });
        await client.closed();
      }
    }));
    const said = () => server.stderr().split('\n').filter((line) => line.includes('a peer was refused'));
    await server.stop();
    const counted = said().filter((line) => line.includes('more like this in 10 s'));
    assert.ok(said().length < 40, `${said().length} lines`);
    assert.ok(counted.length >= 1, 'the rest is counted');
    const left = counted.reduce((sum, line) => sum + Number(/: (\d+) more like this/.exec(line)[1]), 0);
    assert.ok(left + said().length - counted.length >= peers * joins, `${left} were left out: ${said().join('\n')}`);
  });

  test('the number is in /metrics, and is said when nobody provokes any more', async () => {
    const server = await startServer({ set: ROOMY });
    for (let i = 0; i < 9; ++i) await refusedIo(server, { token: 'nonsense', transports: ['websocket'] });
    const { text } = await get(server, '/metrics');
    assert.match(text, /^securechat_log_lines_dropped_total 4$/m);
    await eventually(() => server.stderr().includes('a peer was refused: 4 more like this in 10 s'), 'the number', 25_000);
  });

  // Shows: R90
  test('a log that nobody reads holds nobody up', async () => {
    const server = await startServer({ set: { ...ROOMY, 'log.level': 'debug' }, deaf: true });
    const lines = 12_000;
    for (let i = 0; i < lines / 100; ++i) {
      await Promise.all([...Array(10)].map(async () => {
        const peer = dial(server);
        peer.write(head('GET /nope HTTP/1.1', 'Host: a').repeat(9) + head('GET /nope HTTP/1.1', 'Host: a', 'Connection: close'));
        await peer.closed();
      }));
    }
    assert.ok(await isHealthy(server), 'the server answers');
    server.listen();
    await eventually(() => server.stderr().includes('/nope'), 'what was kept');
    await pause(200);
    await get(server, '/healthz');
    await eventually(() => /lines of the log were lost, because nobody took them count=\d+/.test(server.stderr()), 'how many were lost');
    assert.equal(await server.stop(), 0);
  });
});
