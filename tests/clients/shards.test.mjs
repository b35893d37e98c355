// Several event loops: whichever of them a connection reaches, rooms, order, people and sessions are those of one server.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PATH, Poller } from './poller.mjs';
import {
  ORIGIN, ROOMY, ask, bearer, cleanUp, connectIo, connectPlain, disconnected, eventually, heard, heardSoFar, metric, openPlain, pause, post,
  register, startServer,
} from './server.mjs';

const TRANSPORTS = [['polling', 'websocket'], ['polling'], ['websocket']];

describe('four event loops', () => {
  let server;
  let people;
  before(async () => {
    server = await startServer({ set: { ...ROOMY, 'listen.threads': 4 } });
    people = [];
    for (let i = 0; i < 12; i += 1) {
      const account = await register(server, `person${i}`);
      const transports = TRANSPORTS[i % TRANSPORTS.length];
      people.push({ ...account, socket: await connectIo(server, { token: account.accessToken, transports }) });
    }
    await pause(300);
  });
  after(cleanUp);

  test('polling clients reach their session on every loop, and upgrade', () => {
    for (const [i, { socket }] of people.entries()) {
      const expected = TRANSPORTS[i % TRANSPORTS.length].at(-1);
      assert.equal(socket.io.engine.transport.name, expected);
      assert.ok(socket.connected);
    }
  });

  test('everybody receives everything in one order without gaps', async () => {
    const EACH = 20;
    const acks = await Promise.all(people.flatMap(({ socket }, who) =>
      Array.from({ length: EACH }, (_, n) => ask(socket, 'send-message', { message: `${who}:${n}` }))));
    assert.ok(acks.every((ack) => ack.ok), 'all are acknowledged');
    const last = Math.max(...acks.map((ack) => ack.seq));
    const orders = [];
    for (const { socket } of people) {
      const newest = await heard(socket, 'receive-message', (m) => m.seq === last);
      orders.push([...heardSoFar(socket, 'receive-message'), newest].map((m) => `${m.seq} ${m.message}`));
    }
    assert.equal(orders[0].length, people.length * EACH);
    for (const order of orders) assert.deepEqual(order, orders[0]);
    assert.deepEqual(orders[0].map((line) => Number(line.split(' ')[0])), Array.from({ length: last }, (_, i) => i + 1));
  });

  test('people are counted over all loops', async () => {
    const { users } = await ask(people[0].socket, 'room-users', { room: 'lobby' });
    assert.equal(users.length, people.length);
    for (const { socket } of people) assert.equal((await ask(socket, 'join-room', { room: 'den' })).ok, true);
    const answer = await ask(people[5].socket, 'room-users', { room: 'den' });
    assert.deepEqual(answer.users.map((user) => user.username).sort(), people.map((person) => person.user.username).sort());
    // Whoever was in the room heard of each that came later, once.
    for (let i = 1; i < people.length; i += 1) {
      await heard(people[0].socket, 'user-joined', (event) => event.room === 'den' && event.userId === people[i].user.id);
    }
    assert.equal(heardSoFar(people[0].socket, 'user-joined').length, 0, 'once each');
    await ask(people[3].socket, 'typing', { room: 'den', typing: true });
    for (const [i, { socket }] of people.entries()) {
      if (i !== 3) await heard(socket, 'typing', (event) => event.userId === people[3].user.id);
    }
    assert.equal((await ask(people[7].socket, 'leave-room', { room: 'den' })).ok, true);
    for (const [i, { socket }] of people.entries()) {
      if (i !== 7) await heard(socket, 'user-left', (event) => event.userId === people[7].user.id);
    }
  });

  // Shows: R65
  test('limits of an address and of a user hold over all loops', async () => {
    const strict = await startServer({ set: { ...ROOMY, 'listen.threads': 4, 'limits.messages': 30, 'limits.sockets_per_user': 6 } });
    const account = await register(strict, 'busy');
    const sockets = [];
    for (let i = 0; i < 6; i += 1) sockets.push(await connectPlain(strict, { token: account.accessToken }));
    await assert.rejects(connectPlain(strict, { token: account.accessToken }), 'the seventh socket is refused');
    const answers = await Promise.all(Array.from({ length: 36 }, (_, i) => sockets[i % 6].request('send-message', { message: `${i}` })));
    assert.equal(answers.filter((answer) => answer.ok).length, 30);
  });

  test('metrics count all loops', async () => {
    assert.equal(await metric(server, 'securechat_sessions'), people.length);
    assert.equal(await metric(server, 'securechat_engine_sessions'), people.length);
    // A poll that has just been answered is followed by the next one soon. The request that asks waits, too.
    const polling = people.filter(({ socket }) => socket.io.engine.transport.name === 'polling').length;
    await eventually(async () => await metric(server, 'securechat_http_waiting') === polling + 1, `${polling} polls to be counted, once each`);
  });

  // Shows: R35
  test('whichever loop it reaches, an upgrade from another origin is 403 and ends the session', async () => {
    const upgrade = (sid, transport, origin) => openPlain(server, { path: `${PATH}EIO=4&transport=${transport}&sid=${sid}`, protocols: [], origin });
    for (let i = 0; i < 12; i += 1) {  // Three of four reach another loop than that of the session.
      const poller = await Poller.open(server);
      await assert.rejects(upgrade(poller.sid, 'polling', ORIGIN), { status: 400 }, 'not a transport to change to');
      assert.equal((await poller.post('3')).text, 'ok');
      await assert.rejects(upgrade(poller.sid, 'websocket', 'http://evil.example'), { status: 403 });
      await eventually(async () => (await poller.get()).body?.code === 1, 'the end of the session');
    }
  });

  test('a session that ends, ends on every loop', async () => {
    const twice = people[2];
    const second = await connectIo(server, { token: twice.accessToken });
    assert.equal((await post(server, '/api/auth/logout-all', {}, bearer(twice.accessToken))).status, 204);
    for (const socket of [twice.socket, second]) assert.equal(await disconnected(socket), 'io server disconnect');
    people.splice(2, 1);
  });

  test('a server that stops lets go of everybody', async () => {
    const ends = people.map(({ socket }) => disconnected(socket));
    await server.stop();
    for (const reason of await Promise.all(ends)) assert.equal(reason, 'transport close');
  });
});
