// Two hundred clients that lose their server at once: all return, all hear the next message once, nothing is left behind.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { ROOMY, ask, cleanUp, closeClients, connectIo, eventually, metric, pause, register, startServer } from './server.mjs';

const CLIENTS = 200;
const RECONNECTS = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200, randomizationFactor: 0.5 };

// What the server's process holds: descriptors, and kilobytes of resident memory.
const held = (pid) => ({
  descriptors: readdirSync(`/proc/${pid}/fd`).length,
  kilobytes: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]),
});

describe(`${CLIENTS} clients`, () => {
  let server;
  let account;
  let clients;
  before(async () => {
    server = await startServer({ set: { ...ROOMY, 'limits.sockets_per_user': 1000, 'limits.auth_timeout': '30s' } });
    account = await register(server, 'crowd');
    clients = [];
    while (clients.length < CLIENTS) {
      clients.push(...await Promise.all(Array.from({ length: 20 }, (_, i) => connectIo(server, {
        token: account.accessToken, ...RECONNECTS,
        transports: [['polling', 'websocket'], ['websocket'], ['polling']][i % 3],
      }))));
    }
  });
  after(cleanUp);

  const everyoneHears = async (what) => {
    for (const { inbox } of clients) inbox.drain(() => true);
    const answer = await ask(clients[0], 'send-message', { message: what });
    assert.equal(answer.ok, true);
    await Promise.all(clients.map(({ inbox }) => inbox.take(({ event, args }) => event === 'receive-message' && args[0].id === answer.id, what)));
    await pause(100);
    for (const { inbox } of clients) assert.equal(inbox.drain(({ event }) => event === 'receive-message').length, 0, 'once');
  };

  // Shows: R69
  test('all return to a server that restarted', async () => {
    await everyoneHears('before');
    await server.restart();
    await eventually(() => clients.every((socket) => socket.connected), 'all to be connected again', 10000);
    await everyoneHears('after the restart');
    assert.ok(clients.filter((socket) => socket.recovered).length > CLIENTS * 0.9, 'most of them with their state');
  });

  // Shows: R69 S30
  test('all return after their connections broke at once, again and again, and nothing is left behind', async () => {
    const rounds = [];
    for (let round = 0; round < 5; round += 1) {
      for (const socket of clients) socket.io.engine.close();
      await pause(100);
      await eventually(() => clients.every((socket) => socket.connected), `all to be connected again in round ${round}`, 10000);
      await everyoneHears(`round ${round}`);
      await eventually(async () => await metric(server, 'securechat_sessions') === CLIENTS, 'the old sessions to end', 10000);
      rounds.push(held(server.pid));
    }
    const [first, last] = [rounds[1], rounds.at(-1)];
    assert.ok(last.descriptors <= first.descriptors + 20, `descriptors: ${JSON.stringify(rounds)}`);
    assert.ok(last.kilobytes <= first.kilobytes * 1.25 + 4096, `memory: ${JSON.stringify(rounds)}`);
  });

  test('when they have left, they have left', async () => {
    closeClients();
    await eventually(async () => await metric(server, 'securechat_sessions') === 0 && await metric(server, 'securechat_engine_sessions') === 0, 'no session to be left', 10000);
    await eventually(async () => await metric(server, 'securechat_connections') <= 2, 'no connection to be left', 10000);
  });
});
