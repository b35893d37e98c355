// What outlives a restart, a crash, a drain and a reload.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  ORIGIN, ROOMY, ask, bearer, cleanUp, connectIo, connectPlain, disconnected, eventually, get, isHealthy, login, newFolder, newSecret, openIo, pause,
  post, refresh, refusedIo, register, startServer,
} from './server.mjs';

async function okay(socket, event, data) {
  const answer = await ask(socket, event, data);
  assert.equal(answer?.ok, true, `${event}: ${JSON.stringify(answer)}`);
  return answer;
}

// A room's whole history, page by page, oldest first.
async function history(socket, room) {
  const all = [];
  for (;;) {
    const answer = await okay(socket, 'room-history', { room, limit: 200, after: all.at(-1)?.seq ?? 0 });
    all.push(...answer.messages);
    if (!answer.more) return all;
    assert.ok(answer.messages.length > 0, 'a page that promises more is not empty');
  }
}

describe('durability', () => {
  after(cleanUp);

  // Shows: S2 S39
  test('a restart keeps accounts, sessions, rooms and history', async () => {
    const server = await startServer({ set: ROOMY });
    const ada = await register(server, 'ada');
    const socket = await connectIo(server, { token: ada.accessToken });
    await okay(socket, 'join-room', { room: 'red' });
    const sent = [];
    for (const message of ['one', 'two <b>', 'three']) sent.push(await okay(socket, 'send-message', { message, room: 'red', clientId: message }));
    const before = await history(socket, 'red');
    assert.equal(await server.stop(), 0, 'a clean stop');

    await server.restart();
    assert.equal((await get(server, '/api/auth/me', bearer(ada.accessToken))).status, 200, 'the access token still works');
    assert.equal((await refresh(server, ada.refreshToken)).status, 200, 'so does the refresh token');
    const again = await connectIo(server, { token: (await login(server, 'ada')).accessToken });
    const joined = await okay(again, 'join-room', { room: 'red' });
    assert.equal(joined.seq, sent[2].seq, 'the room knows its newest message');
    assert.deepEqual(await history(again, 'red'), before, 'the same history');
    const repeated = await okay(again, 'send-message', { message: 'three', room: 'red', clientId: 'three' });
    assert.equal(repeated.id, sent[2].id, 'a clientId is remembered');
    assert.equal((await okay(again, 'send-message', { message: 'four', room: 'red' })).seq, sent[2].seq + 1, 'the sequence goes on');
    assert.equal(await server.stop(), 0);
  });

  // Shows: R92
  test('kill -9 under load, five times: every acknowledged message is there exactly once', async () => {
    const server = await startServer({ set: ROOMY });
    const users = [];
    for (let i = 0; i < 5; i++) users.push({ ...await register(server, `user${i}`), waiting: null, count: 0 });
    const acked = new Map();

    // One sender: each message waits for its acknowledgement; the one the crash cut off is sent again with its clientId.
    async function work(user, socket, done) {
      const gone = new Promise((resolve) => { socket.once('disconnect', () => resolve(null)); });
      while (!done()) {
        user.waiting ??= `${user.name}-${++user.count}`;
        const clientId = user.waiting;
        const answer = await Promise.race([
          new Promise((resolve) => { socket.emit('send-message', { message: clientId, room: 'load', clientId }, resolve); }),
          gone,
        ]);
        if (!answer) return;
        assert.equal(answer.ok, true, JSON.stringify(answer));
        acked.set(clientId, answer);
        user.waiting = null;
      }
    }

    for (let cycle = 1; cycle <= 5; cycle++) {
      const sockets = await Promise.all(users.map((user) => connectIo(server, { token: user.accessToken })));
      for (const socket of sockets) await okay(socket, 'join-room', { room: 'load' });
      const before = acked.size;
      const working = Promise.all(users.map((user, i) => work(user, sockets[i], () => false)));
      await eventually(() => acked.size >= before + 20, `20 acknowledgements in cycle ${cycle}`);
      await pause(cycle * 17);
      assert.equal(await server.kill9(), 'SIGKILL');
      await working;
      await server.restart();
    }

    const sockets = await Promise.all(users.map((user) => connectIo(server, { token: user.accessToken })));
    for (const socket of sockets) await okay(socket, 'join-room', { room: 'load' });
    await Promise.all(users.map((user, i) => (user.waiting ? work(user, sockets[i], () => user.waiting === null && acked.has(`${user.name}-${user.count}`)) : null)));
    const stored = await history(sockets[0], 'load');
    const bySender = new Map();
    for (const message of stored) {
      assert.ok(!bySender.has(message.message), `${message.message} is stored once`);
      bySender.set(message.message, message);
    }
    for (const [clientId, answer] of acked) {
      const message = bySender.get(clientId);
      assert.ok(message, `${clientId} was acknowledged and is stored`);
      assert.deepEqual([message.id, message.seq, message.timestamp], [answer.id, answer.seq, answer.timestamp], clientId);
    }
    const seqs = stored.map((message) => message.seq);
    assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b), 'one sequence, ascending, no number twice');
    assert.equal(new Set(stored.map((message) => message.id)).size, stored.length, 'no id twice');
    assert.equal(await server.stop(), 0);
  });

  test('SIGTERM drains: acknowledgements, then close 1001, exit code 0', async () => {
    const server = await startServer({ set: ROOMY });
    const { accessToken: token } = await register(server, 'ada');
    const plain = await connectPlain(server, { token });
    const socket = await connectIo(server, { token });
    for (let ref = 1; ref <= 20; ref++) plain.send({ type: 'send-message', ref, data: { message: `m${ref}` } });
    await plain.next('ack');
    const stopping = server.stop('SIGTERM');
    assert.equal((await plain.closed()).code, 1001, 'the plain client is told that the server shuts down');
    assert.equal(await disconnected(socket), 'transport close', 'a Socket.IO client may come back by itself');
    assert.equal(await stopping, 0, 'exit code');
    const refs = [1, ...plain.soFar('ack').map((frame) => { assert.equal(frame.data.ok, true); return frame.ref; })];
    assert.deepEqual(refs, Array.from({ length: 20 }, (_, i) => i + 1), 'every acknowledgement due was given before the close');
    await server.restart();
    const again = await connectIo(server, { token });
    assert.deepEqual((await history(again, 'lobby')).map((m) => m.message), refs.map((ref) => `m${ref}`));
    assert.equal(await server.stop(), 0);
  });

  test('after a restart a Socket.IO client comes back by itself', async () => {
    const server = await startServer({ set: ROOMY });
    const { accessToken: token } = await register(server, 'ada');
    const socket = openIo(server, { token, reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200 });
    await socket.inbox.take(({ event }) => event === 'connect', 'the first connect');
    await server.restart();
    await socket.inbox.take(({ event }) => event === 'disconnect', 'the disconnect');
    await socket.inbox.take(({ event }) => event === 'connect', 'the connect after the restart');
    assert.equal((await okay(socket, 'send-message', { message: 'back' })).ok, true);
    socket.disconnect();
    assert.equal(await server.stop(), 0);
  });
});

describe('SIGHUP', () => {
  after(cleanUp);

  const OTHER = 'https://chat.example.com';
  const config = (origins, length) => ({
    origin: { allowed: origins },
    limits: { auth_attempts: 1000, connections: 1000, messages: 1000, message_length: length },
  });

  test('new origins, limits and secrets hold without dropping a connection; a bad file changes nothing', async () => {
    const envFile = join(newFolder(), 'secrets.env');
    const writeSecrets = (jwt, other) => writeFileSync(envFile, `JWT_SECRET=${jwt}\nJWT_REFRESH_SECRET=${other}\n`, { mode: 0o600 });
    writeSecrets(newSecret(), newSecret());
    const server = await startServer({
      config: config(ORIGIN, 500),
      args: ['--env-file', envFile],
      env: { JWT_SECRET: undefined, JWT_REFRESH_SECRET: undefined },
    });
    const reload = (value) => {
      writeFileSync(server.configPath, typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o600 });
      server.signal('SIGHUP');
    };
    const allows = async (origin) => (await get(server, '/healthz', { Origin: origin })).headers['access-control-allow-origin'] === origin;
    const { accessToken: token } = await register(server, 'ada');
    const socket = await connectIo(server, { token, origin: ORIGIN });
    const plain = await connectPlain(server, { token, origin: ORIGIN });
    const stillThere = async (what) => {
      assert.equal((await ask(socket, 'send-message', { message: 'hi' })).ok, true, `${what}: Socket.IO`);
      assert.equal((await plain.request('send-message', { message: 'hi' })).ok, true, `${what}: plain`);
    };
    assert.equal((await refusedIo(server, { token, origin: OTHER })).message, 'INVALID_ORIGIN');

    reload(config(`${ORIGIN}, ${OTHER}`, 10));
    await eventually(() => allows(OTHER), 'the new origin to be allowed after SIGHUP');
    (await connectIo(server, { token, origin: OTHER })).disconnect();
    assert.equal((await ask(socket, 'send-message', { message: 'x'.repeat(11) })).error, 'Invalid message', 'the new message_length holds for live sockets');
    await stillThere('after new origins and limits');

    for (const [what, bad] of [['broken JSON', '{"origin":'], ['an unknown key', { ...config('', 20), limts: { messages: 5 } }], ['a bad value', config('not an origin', 20)]]) {
      const from = server.stderr().length;
      reload(bad);
      const words = /config|reload|unknown|invalid|malformed|limts|origin\.allowed/i;
      await eventually(() => words.test(server.stderr().slice(from)), `a line on stderr about ${what}`);
      await pause(150);
      assert.ok(server.alive(), `${what}: the server goes on`);
      assert.ok(await allows(OTHER), `${what}: the old origins stay`);
      assert.equal((await ask(socket, 'send-message', { message: 'x'.repeat(11) })).error, 'Invalid message', `${what}: the old limit stays`);
      await stillThere(what);
    }

    const tight = config(ORIGIN, 500);
    Object.assign(tight.limits, { auth_attempts: 3, messages: 4 });
    reload(tight);
    await eventually(async () => !(await allows(OTHER)), 'the origin to be gone after SIGHUP');
    // What was counted before counts: three messages have been sent and two refused for their length, at least.
    assert.equal((await ask(socket, 'send-message', { message: 'hi' })).error, 'Rate limit exceeded', 'the new limit of messages');
    assert.equal((await plain.request('send-message', { message: 'hi' })).error, 'Rate limit exceeded', 'on every connection');
    const attempts = [];
    for (let i = 0; i < 4; ++i) attempts.push((await post(server, '/api/auth/login', {})).status);
    assert.deepEqual(attempts, [401, 401, 429, 429], 'the new limit of attempts, with the registration');
    reload(config(`${ORIGIN}, ${OTHER}`, 500));
    await eventually(() => allows(OTHER), 'the wide limits to be back');

    const secret = newSecret();
    writeSecrets(secret, newSecret());
    reload(config(ORIGIN, 500));
    await eventually(async () => !(await allows(OTHER)), 'the origin to be gone after SIGHUP');
    const fresh = await login(server, 'ada');
    const [head, body, signature] = fresh.accessToken.split('.');
    assert.equal(signature, createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url'), 'new tokens are signed with the new secret');
    (await connectIo(server, { token: fresh.accessToken, origin: ORIGIN })).disconnect();
    await stillThere('after new secrets');
    assert.ok(!server.stderr().includes(secret), 'the secret is not in the log');
    assert.ok(await isHealthy(server));
    assert.equal(await server.stop(), 0);
  });
});
