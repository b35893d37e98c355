// The tutorial's flow with the official Socket.IO client over WebSocket: messages, rooms, history, order, expiry.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ROOMY, ask, claimsOf, cleanUp, connectIo, disconnected, expiredToken, has, heard, heardSoFar, isHealthy, login, pause, refresh,
  refusedIo, register, startServer,
} from './server.mjs';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

async function member(server, name) {
  const account = await register(server, name);
  return Object.assign(account, { socket: await connectIo(server, { token: account.accessToken }) });
}

async function okay(socket, event, ...args) {
  const answer = await ask(socket, event, ...args);
  assert.equal(answer?.ok, true, `${event} is acknowledged with ok: ${JSON.stringify(answer)}`);
  return answer;
}

describe('chatting', () => {
  let server;
  let ada;
  let bob;
  before(async () => {
    server = await startServer({ set: ROOMY });
    ada = await member(server, 'ada');
    bob = await member(server, 'bob');
  });
  after(cleanUp);

  test('a message reaches everybody, the sender included, with all its fields', async () => {
    const answer = await okay(ada.socket, 'send-message', { message: 'hello' });
    const [own, other] = [await heard(ada.socket, 'receive-message'), await heard(bob.socket, 'receive-message')];
    assert.deepEqual(own, other, 'both received the same');
    assert.equal(own.username, 'ada');
    assert.equal(own.message, 'hello');
    assert.equal(own.room, 'lobby');
    assert.equal(own.userId, ada.user.id);
    assert.match(own.timestamp, ISO);
    assert.ok(Math.abs(Date.parse(own.timestamp) - Date.now()) < 60000, 'the timestamp is now');
    assert.equal(typeof own.id, 'string');
    assert.ok(Number.isInteger(own.seq));
    assert.ok(!('clientId' in own), 'no clientId where none was given');
    assert.equal(answer.id, own.id);
    assert.equal(answer.seq, own.seq);
    assert.equal(answer.timestamp, own.timestamp);
  });

  test('a message without an acknowledgement works as in the tutorial', async () => {
    bob.socket.emit('send-message', { message: 'no ack' });
    for (const { socket } of [ada, bob]) {
      assert.equal((await heard(socket, 'receive-message', (m) => m.message === 'no ack')).username, 'bob');
    }
  });

  // Shows: R41 R55
  test('the sender is who he is, whatever the payload says', async () => {
    const name = 'mallory';
    await okay(ada.socket, 'send-message', { message: 'me', username: name, userId: bob.user.id, id: 'x', seq: 1, timestamp: 'now' });
    const message = await heard(bob.socket, 'receive-message', (m) => m.message === 'me');
    assert.equal(message.username, 'ada');
    assert.equal(message.userId, ada.user.id);
    assert.match(message.timestamp, ISO);
  });

  // Shows: R35
  test('the socket has an id of its own, not the transport\'s', () => {
    assert.ok(ada.socket.id.length >= 20);
    assert.notEqual(ada.socket.id, ada.socket.io.engine.id);
    assert.notEqual(ada.socket.id, bob.socket.id);
    assert.ok(!ada.socket.recovered);
  });

  // Shows: R50 R51 S10
  test('rooms: join, talk, leave', async () => {
    const first = await okay(ada.socket, 'join-room', { room: 'red' });
    assert.equal(first.room, 'red');
    assert.equal(first.seq, 0, 'a new room has no messages');
    assert.deepEqual(first.users.map((user) => user.userId), [ada.user.id]);
    const joined = await okay(bob.socket, 'join-room', { room: 'red' });
    assert.deepEqual(joined.users.map((user) => user.username).sort(), ['ada', 'bob']);
    assert.ok(joined.users.every((user) => ['online', 'away'].includes(user.status)));
    has(await heard(ada.socket, 'user-joined', (e) => e.room === 'red'), { room: 'red', userId: bob.user.id, username: 'bob' });
    assert.equal(heardSoFar(bob.socket, 'user-joined', (e) => e.room === 'red').length, 0, 'the one who joins is not told');

    const sent = await okay(ada.socket, 'send-message', { message: 'in red', room: 'red' });
    const got = await heard(bob.socket, 'receive-message', (m) => m.room === 'red');
    assert.equal(got.id, sent.id);
    const listed = await okay(ada.socket, 'room-users', { room: 'red' });
    assert.deepEqual(listed.users.map((user) => user.userId).sort(), [ada.user.id, bob.user.id].sort());

    const left = await okay(bob.socket, 'leave-room', { room: 'red' });
    assert.equal(left.room, 'red');
    assert.equal(left.seq, sent.seq);
    assert.deepEqual(left.users.map((user) => user.userId), [ada.user.id]);
    has(await heard(ada.socket, 'user-left', (e) => e.room === 'red'), { room: 'red', userId: bob.user.id, username: 'bob' });
    await okay(ada.socket, 'send-message', { message: 'alone', room: 'red' });
    await heard(ada.socket, 'receive-message', (m) => m.message === 'alone');
    await okay(bob.socket, 'send-message', { message: 'marker' });
    await heard(bob.socket, 'receive-message', (m) => m.message === 'marker');
    assert.deepEqual(heardSoFar(bob.socket, 'receive-message', (m) => m.message === 'alone'), [], 'who left hears nothing more');
  });

  // Shows: R50 R53
  test('not in the room: refused, with and without an acknowledgement', async () => {
    await okay(ada.socket, 'join-room', { room: 'blue' });
    for (const room of ['blue', 'no-such-room']) {
      const answer = await ask(bob.socket, 'send-message', { message: 'hi', room });
      assert.deepEqual([answer.ok, answer.error], [false, 'Not in room'], room);
      assert.equal(typeof answer.code, 'string');
    }
    assert.deepEqual(heardSoFar(bob.socket, 'error'), [], 'an acknowledged failure gives no error event');
    bob.socket.emit('send-message', { message: 'hi', room: 'blue' });
    assert.equal((await heard(bob.socket, 'error')).message, 'Not in room');
  });

  test('history pages oldest first, before and after exclusive', async () => {
    await okay(ada.socket, 'join-room', { room: 'pages' });
    const sent = [];
    for (let i = 1; i <= 7; i++) sent.push(await okay(ada.socket, 'send-message', { message: `m${i} <`, room: 'pages' }));
    const seqs = sent.map(({ seq }) => seq);
    assert.deepEqual(seqs, seqs.map((_, i) => seqs[0] + i), 'the sequence of a room has no gaps');
    const page = async (more) => {
      const answer = await okay(ada.socket, 'room-history', { room: 'pages', ...more });
      return { seqs: answer.messages.map(({ seq }) => seq), more: answer.more, messages: answer.messages };
    };
    const all = await page({});
    assert.deepEqual(all.seqs, seqs);
    assert.equal(all.more, false);
    const live = heardSoFar(ada.socket, 'receive-message', (m) => m.room === 'pages');
    for (const field of ['id', 'seq', 'message', 'username', 'userId', 'timestamp', 'room']) {
      assert.deepEqual(all.messages.map((m) => m[field]), live.map((m) => m[field]), `history tells the same ${field} as the live message`);
    }
    assert.equal(all.messages[0].message, 'm1 &lt;', 'escaped once');
    const newest = await page({ limit: 3 });
    assert.deepEqual([newest.seqs, newest.more], [seqs.slice(4), true], 'without a position: the newest');
    const middle = await page({ limit: 3, before: newest.seqs[0] });
    assert.deepEqual([middle.seqs, middle.more], [seqs.slice(1, 4), true]);
    const oldest = await page({ limit: 3, before: middle.seqs[0] });
    assert.deepEqual([oldest.seqs, oldest.more], [seqs.slice(0, 1), false]);
    const later = await page({ after: seqs[2] });
    assert.deepEqual([later.seqs, later.more], [seqs.slice(3), false]);
    const next = await page({ after: seqs[2], limit: 2 });
    assert.deepEqual([next.seqs, next.more], [seqs.slice(3, 5), true], 'after with a limit: the ones that follow');
    assert.deepEqual((await page({ after: seqs[6] })).seqs, []);
  });

  // Shows: S39
  test('a clientId makes a send idempotent per user and room', async () => {
    const send = { message: 'once', clientId: 'c-1' };
    const first = await okay(ada.socket, 'send-message', send);
    const second = await okay(ada.socket, 'send-message', send);
    assert.deepEqual(second, first, 'the second gets the first one\'s acknowledgement');
    const others = await okay(bob.socket, 'send-message', send);
    assert.notEqual(others.id, first.id, 'another user has ids of his own');
    await heard(bob.socket, 'receive-message', (m) => m.id === others.id);
    const seen = heardSoFar(bob.socket, 'receive-message', (m) => m.id === first.id);
    assert.equal(seen.length, 1, 'sent once');
    assert.equal(seen[0].clientId, 'c-1');
    for (const clientId of ['', 'x'.repeat(65), 5, null, {}]) {
      const answer = await ask(ada.socket, 'send-message', { message: 'bad id', clientId });
      assert.deepEqual([answer.ok, answer.error], [false, 'Invalid message'], `clientId ${JSON.stringify(clientId)}`);
    }
    await okay(ada.socket, 'send-message', { message: 'long id', clientId: 'x'.repeat(64) });
  });

  // Shows: R48 S31
  test('unknown events are acknowledged as such, else ignored', async () => {
    for (const event of ['no-such-event', 'error', 'receive-message', 'toString', '__proto__']) {
      const answer = await ask(ada.socket, event, { a: 1 });
      assert.deepEqual([answer.ok, answer.error], [false, 'Unknown event'], event);
    }
    ada.socket.emit('no-such-event', 1, 2, 3);
    await okay(ada.socket, 'send-message', { message: 'still here' });
    assert.deepEqual(heardSoFar(ada.socket, 'error'), []);
  });

  // Shows: S45
  test('4 senders with 50 messages each: 20 receivers see one order without gaps', async () => {
    const accounts = [];
    for (let i = 0; i < 5; i++) accounts.push(await register(server, `crowd${i}`));
    const sockets = await Promise.all(Array.from({ length: 20 }, (_, i) => connectIo(server, { token: accounts[i % 5].accessToken })));
    await Promise.all(sockets.map((socket) => okay(socket, 'join-room', { room: 'crowd' })));
    const got = sockets.map(() => []);
    sockets.forEach((socket, i) => socket.on('receive-message', (m) => { if (m.room === 'crowd') got[i].push(m); }));
    const acks = await Promise.all(sockets.slice(0, 4).flatMap((socket, s) =>
      Array.from({ length: 50 }, (_, i) => okay(socket, 'send-message', { message: `${s}:${i}`, room: 'crowd' }))));
    const end = Date.now() + 4000;
    while (got.some((list) => list.length < 200) && Date.now() < end) await pause(20);
    const seqs = got[0].map((m) => m.seq);
    assert.deepEqual(got.map((list) => list.length), Array(20).fill(200), 'everybody received 200');
    assert.deepEqual(seqs, seqs.map((_, i) => seqs[0] + i), 'no gap, no repeat');
    for (const list of got) assert.deepEqual(list.map((m) => m.id), got[0].map((m) => m.id), 'one order for all');
    assert.deepEqual(acks.map(({ seq }) => seq).sort((a, b) => a - b), seqs, 'the acknowledgements name the same messages');
    for (let s = 0; s < 4; s++) {
      const mine = got[0].map((m) => m.message).filter((text) => text.startsWith(`${s}:`));
      assert.deepEqual(mine, mine.map((_, i) => `${s}:${i}`), 'each sender\'s own order is kept');
    }
    sockets.forEach((socket) => socket.disconnect());
    assert.ok(await isHealthy(server));
  });

  // Shows: S1 S5
  test('expired, refreshed, connected: the tutorial\'s client loop', async () => {
    const account = await register(server, 'loop');
    const error = await refusedIo(server, { token: expiredToken(account.accessToken, server.secrets.jwt) });
    assert.equal(error.message, 'TOKEN_EXPIRED');
    assert.equal(error.data?.code, 'TOKEN_EXPIRED');
    const fresh = await refresh(server, account.refreshToken);
    assert.equal(fresh.status, 200, fresh.text);
    const socket = await connectIo(server, { token: fresh.body.accessToken });
    await okay(socket, 'send-message', { message: 'back again' });
  });
});

describe('the end of a token on a live socket', () => {
  let server;
  before(async () => { server = await startServer({ set: ROOMY, env: { JWT_EXPIRES_IN: '2s' } }); });
  after(cleanUp);

  // Shows: R22 S16
  test('auth-expiring at once, then TOKEN_EXPIRED and a disconnect by the server', async () => {
    const account = await register(server, 'ends');
    assert.equal(account.expiresIn, 2);
    const { exp } = claimsOf(account.accessToken);
    const socket = await connectIo(server, { token: account.accessToken });
    const warning = await heard(socket, 'auth-expiring', () => true, 1000);
    assert.match(warning.expiresAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.equal(Math.floor(Date.parse(warning.expiresAt) / 1000), exp);
    assert.equal((await heard(socket, 'error', () => true, 3500)).message, 'TOKEN_EXPIRED');
    assert.equal(await disconnected(socket, 1000), 'io server disconnect');
    const late = Date.now() - exp * 1000;
    assert.ok(late > -100 && late < 1200, `it ended at the end of the token (${late} ms after it)`);
  });

  // Shows: R22
  test('refresh-auth keeps the socket alive; a token of another user does not', async () => {
    const account = await register(server, 'stays');
    const stranger = await register(server, 'stranger');
    const socket = await connectIo(server, { token: account.accessToken });
    const { exp } = claimsOf(account.accessToken);
    for (const token of [stranger.accessToken, 'x', 5, undefined]) {
      assert.equal((await ask(socket, 'refresh-auth', { token })).ok, false, `refused: ${String(token).slice(0, 10)}`);
    }
    await pause(exp * 1000 - 600 - Date.now());
    const fresh = await refresh(server, account.refreshToken);
    assert.ok(claimsOf(fresh.body.accessToken).exp > exp, 'the new token ends later');
    await okay(socket, 'refresh-auth', { token: fresh.body.accessToken });
    await pause(exp * 1000 + 400 - Date.now());
    assert.ok(socket.connected, 'still connected after the end of the first token');
    assert.equal(await disconnected(socket, 3000), 'io server disconnect');
    assert.equal((await login(server, 'stays')).expiresIn, 2);
  });
});
