// Connection state recovery with the official client: what was missed comes, once, in order, and nobody comes back who may not.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  ROOMY, ask, bearer, cleanUp, closeClients, connectIo, heard, heardSoFar, pause, post, register, startServer,
} from './server.mjs';

const RECONNECTS = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 60, randomizationFactor: 0 };

const say = async (socket, message, room) => {
  const answer = await ask(socket, 'send-message', { message, ...(room ? { room } : {}) });
  assert.equal(answer.ok, true, JSON.stringify(answer));
  return answer;
};
const messages = (socket) => heardSoFar(socket, 'receive-message').map((m) => m.message);

// Breaks the transport as a dead network would, and keeps the client away until back() is called.
function lose(socket) {
  socket.io.reconnection(false);
  socket.io.engine.close();
  return {
    async back() {
      socket.inbox.drain(({ event }) => event === 'connect');
      socket.io.reconnection(true);
      socket.connect();
      await socket.inbox.take(({ event }) => event === 'connect', 'the connect after the loss');
    },
  };
}

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
  describe(`recovery over ${transports.join(' then ')}`, () => {
    let server;
    let ada;
    let bob;
    before(async () => {
      server = await startServer({ set: { ...ROOMY, 'auth.jwt_expires_in': '1h' } });
      ada = await register(server, 'ada');
      bob = await register(server, 'bob');
    });
    afterEach(closeClients);
    after(cleanUp);
    const join = (account, more = {}) => connectIo(server, { token: account.accessToken, transports, ...RECONNECTS, ...more });

    test('a client that was away gets exactly what it missed, in order, before anything new', async () => {
      const [one, two] = [await join(ada), await join(bob)];
      assert.equal((await ask(one, 'join-room', { room: 'den' })).ok, true);
      assert.equal((await ask(two, 'join-room', { room: 'den' })).ok, true);
      await say(two, 'seen');
      await heard(one, 'receive-message', (m) => m.message === 'seen');
      const id = one.id;
      const lost = lose(one);
      await pause(50);
      for (let i = 0; i < 6; i += 1) await say(two, `missed ${i}`, i % 2 ? 'den' : undefined);
      await lost.back();
      assert.equal(one.recovered, true);
      assert.equal(one.id, id, 'the session id is the same');
      await say(two, 'live');
      await heard(one, 'receive-message', (m) => m.message === 'live');
      assert.deepEqual(messages(one), [0, 1, 2, 3, 4, 5].map((i) => `missed ${i}`));
      await say(two, 'in the den', 'den');
      await heard(one, 'receive-message', (m) => m.message === 'in the den');
    });

    test('twice in a row, and with nothing received before', async () => {
      const [one, two] = [await join(ada), await join(bob)];
      for (let round = 0; round < 2; round += 1) {
        const lost = lose(one);
        await pause(50);
        await say(two, `round ${round}`);
        await lost.back();
        assert.equal(one.recovered, true, `round ${round}`);
        await heard(one, 'receive-message', (m) => m.message === `round ${round}`);
      }
      assert.deepEqual(messages(one), []);
    });

    test('while others talk, nothing is lost and nothing comes twice', async () => {
      const [one, two] = [await join(ada), await join(bob)];
      await say(two, 'start');
      await heard(one, 'receive-message', (m) => m.message === 'start');
      let talking = true;
      let said = 0;
      const talk = (async () => {
        while (talking) { await say(two, `n${said}`); said += 1; }
      })();
      for (let round = 0; round < 5; round += 1) {
        await pause(60);
        await lose(one).back();
        assert.equal(one.recovered, true);
      }
      talking = false;
      await talk;
      const last = await heard(one, 'receive-message', (m) => m.message === `n${said - 1}`);
      const seqs = [...heardSoFar(one, 'receive-message'), last].map((m) => m.seq);
      assert.deepEqual(seqs, Array.from({ length: said }, (_, i) => last.seq - said + 1 + i));
    });

    test('a server that restarts is taken up again', async () => {
      const one = await join(ada);
      const two = await join(bob);
      await say(two, 'before');
      await heard(one, 'receive-message', (m) => m.message === 'before');
      const id = one.id;
      await server.restart();
      for (const socket of [one, two]) {
        await socket.inbox.take(({ event }, ) => event === 'connect', 'the connect after the restart', 20000);
        if (!socket.connected) await pause(500);
      }
      assert.equal(one.recovered, true);
      assert.equal(one.id, id);
      await say(two, 'after');
      await heard(one, 'receive-message', (m) => m.message === 'after');
      assert.deepEqual(messages(one), []);
    });
  });
}

describe('who does not come back', () => {
  let server;
  before(async () => {
    server = await startServer({ set: { ...ROOMY, 'chat.recovery_window': '1500ms' } });
  });
  afterEach(closeClients);
  after(cleanUp);
  const raw = (auth) => connectIo(server, { auth, ...RECONNECTS, reconnection: false });
  const kept = async (account) => {
    const socket = await raw({ token: account.accessToken });
    await say(socket, 'one');
    await heard(socket, 'receive-message');
    const state = { pid: socket._pid, offset: socket._lastOffset, id: socket.id };
    assert.match(state.pid, /^[\w-]{24}$/);
    assert.match(state.offset, /^\d+$/);
    return { socket, state };
  };

  // Shows: R35
  test('somebody else, with the pid of another', async () => {
    const [eve, victim] = [await register(server, 'eve'), await register(server, 'victim')];
    const { socket, state } = await kept(victim);
    socket.io.engine.close();
    await pause(100);
    const thief = await raw({ token: eve.accessToken, pid: state.pid, offset: state.offset });
    assert.notEqual(thief.id, state.id);
    assert.notEqual(thief._pid, state.pid);
    const owner = await raw({ token: victim.accessToken, pid: state.pid, offset: state.offset });
    assert.equal(owner.id, state.id, 'the owner still can');
    const again = await raw({ token: victim.accessToken, pid: 'x'.repeat(24), offset: state.offset });
    assert.notEqual(again.id, state.id);
  });

  // Shows: R51
  test('a session that its client, the host or a logout ended', async () => {
    const account = await register(server, 'leaver');
    const { socket, state } = await kept(account);
    socket.disconnect();
    await pause(100);
    assert.notEqual((await raw({ token: account.accessToken, pid: state.pid, offset: state.offset })).id, state.id);
    const out = await register(server, 'out');
    const gone = await kept(out);
    assert.equal((await post(server, '/api/auth/logout-all', {}, bearer(out.accessToken))).status, 204);
    await assert.rejects(raw({ token: out.accessToken, pid: gone.state.pid, offset: gone.state.offset }), /AUTH_FAILED/);
  });

  test('anything malformed, ahead of what exists, or too late', async () => {
    const account = await register(server, 'odd');
    for (const change of [{ pid: 7 }, { pid: '' }, { pid: null }, { offset: 7 }, { offset: '-1' }, { offset: '1x' }, { offset: {} }, { offset: '99999999' }]) {
      const { socket, state } = await kept(account);
      socket.io.engine.close();
      await pause(60);
      const fresh = await raw({ token: account.accessToken, ...{ pid: state.pid, offset: state.offset }, ...change });
      assert.notEqual(fresh.id, state.id, JSON.stringify(change));
      fresh.disconnect();
    }
    const { socket, state } = await kept(account);
    socket.io.engine.close();
    await pause(1900);
    assert.notEqual((await raw({ token: account.accessToken, pid: state.pid, offset: state.offset })).id, state.id, 'too late');
  });

  test('a client that returns before its loss was noticed takes its old place', async () => {
    const account = await register(server, 'quick');
    const { socket, state } = await kept(account);
    const second = await raw({ token: account.accessToken, pid: state.pid, offset: state.offset });
    assert.equal(second.id, state.id);
    await socket.inbox.take(({ event }) => event === 'disconnect', 'the end of the old connection');
    await say(second, 'still here');
    await heard(second, 'receive-message', (m) => m.message === 'still here');
  });
});

test('switched off, nothing of it is on the wire', async () => {
  for (const set of [{ 'engine.recovery': false }, { 'chat.history': 'off' }]) {
    const server = await startServer({ set: { ...ROOMY, ...set } });
    const account = await register(server, 'plain');
    const socket = await connectIo(server, { token: account.accessToken });
    let args = -1;
    socket.on('receive-message', (...all) => { args = all.length; });
    await say(socket, 'one');
    await heard(socket, 'receive-message');
    assert.equal(args, 1);
    assert.equal(socket._pid, undefined);
    await server.stop();
  }
  await cleanUp();
});
