// examples/custom_events.c with npm's client: namespaces, events of the host's own, acknowledgements and attachments,
// over each transport and the upgrade between them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ask, cleanUp, connectIo, disconnected, heard, heardSoFar, isHealthy, joinIo, newSecret, refusedIo, register, startProgram, within,
} from './server.mjs';

let server;
let ada;
let bob;
before(async () => {
  server = await startProgram('CUSTOM_EVENTS', {
    JWT_SECRET: newSecret(),
    JWT_REFRESH_SECRET: newSecret(),
    SECURECHAT_LISTEN_PORT: 0,
    SECURECHAT_DB_PATH: ':memory:',
    SECURECHAT_ORIGIN_ALLOWED: 'http://localhost:3000',
    SECURECHAT_AUTH_BCRYPT_COST: 4,
    SECURECHAT_AUTH_ALLOW_WEAK_HASH: true,
    SECURECHAT_LIMITS_CONNECTIONS: 1000,
  });
  ada = await register(server, 'ada');
  bob = await register(server, 'bob');
});
after(async () => {
  if (server) assert.equal(await server.end(), 0);
  await cleanUp();
});

const bytes = (...values) => Buffer.from(values);
const WAYS = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };

for (const [way, transports] of Object.entries(WAYS)) {
  describe(`over ${way}`, () => {
    const join = async (namespace, user = ada, more = {}) => {
      const socket = await connectIo(server, { token: user.accessToken, namespace, transports, ...more });
      if (way === 'upgrade') await upgraded(socket);
      return socket;
    };

    test('an event is acknowledged with what was sent', async () => {
      const socket = await join('/custom');
      const got = await new Promise((resolve) => { socket.emit('echo', 1, 'zwei', { three: [3, null] }, (...all) => resolve(all)); });
      assert.deepEqual(got, [1, 'zwei', { three: [3, null] }]);
      assert.equal(await ask(socket, 'echo', 'ünïcödé 🎈\u2028'), 'ünïcödé 🎈\u2028');
      socket.disconnect();
    });

    test('attachments go both ways, in events and in acknowledgements', async () => {
      const socket = await join('/custom');
      const other = await join('/custom', bob);
      const stroke = { at: [1, 2], ink: bytes(0, 255, 128), more: [bytes(), bytes(4)] };
      assert.deepEqual(await ask(socket, 'echo', stroke), stroke);
      assert.deepEqual(await ask(socket, 'draw', stroke, bytes(9)), { ok: true });
      for (const one of [socket, other]) {
        const { args } = await one.inbox.take(({ event }) => event === 'drawn', 'the drawing');
        assert.deepEqual(args, [stroke, bytes(9)]);
      }
      const large = Buffer.alloc(40_000, 7);
      assert.deepEqual(await ask(socket, 'echo', large), large);
      socket.disconnect();
      other.disconnect();
    });

    // Shows: R60
    test('ten attachments pass, eleven end the connection', async () => {
      const socket = await join('/custom');
      const ten = Array.from({ length: 10 }, (_, i) => bytes(i));
      assert.deepEqual(await ask(socket, 'echo', ten), ten);
      socket.emit('draw', ...ten, bytes(10));
      assert.match(await disconnected(socket), /^transport (close|error)$/);
      const next = await join('/custom');
      assert.deepEqual(heardSoFar(next, 'drawn'), []);
      next.disconnect();
    });

    test('an acknowledgement comes late, from another thread', async () => {
      const socket = await join('/custom');
      const order = [];
      const late = ask(socket, 'slow').then((answer) => { order.push('slow'); return answer; });
      await ask(socket, 'echo', 1).then(() => order.push('echo'));
      assert.deepEqual(await late, { done: true });
      assert.deepEqual(order, ['echo', 'slow']);
      socket.disconnect();
    });

    test('a client gives up an acknowledgement that takes too long', async () => {
      const socket = await join('/custom');
      await assert.rejects(socket.timeout(50).emitWithAck('slow'), /operation has timed out/);
      assert.equal(await ask(socket, 'echo', 'still here'), 'still here');
      socket.disconnect();
    });

    // Shows: R7 R103 S8
    test('whoever leaves before a late acknowledgement harms nobody', async () => {
      const socket = await join('/custom');
      socket.emit('slow', () => assert.fail('nobody is there'));
      await ask(socket, 'echo', 1);
      socket.disconnect();
      const next = await join('/custom');
      assert.deepEqual(await ask(next, 'slow'), { done: true });
      next.disconnect();
    });

    test('the host is answered, and hears of silence', async () => {
      const socket = await join('/custom');
      let answer = (reply) => reply(42);
      socket.on('question', (text, picture, reply) => {
        assert.equal(text, '6 * 7?');
        assert.equal(Buffer.from(picture).toString(), '6*7');
        answer(reply);
      });
      assert.deepEqual(await ask(socket, 'quiz'), { ok: true });
      assert.deepEqual(await heard(socket, 'graded'), { status: 0, answer: [42] });
      answer = () => {};
      socket.emit('quiz');
      assert.deepEqual(await heard(socket, 'graded'), { status: -6, answer: [] });
      answer = (reply) => setTimeout(() => reply('late'), 700);
      socket.emit('quiz');
      assert.deepEqual(await heard(socket, 'graded'), { status: -6, answer: [] });
      const proofs = [bytes(4, 2), bytes(0), bytes(5000, 9)];
      answer = (reply) => reply({ proof: proofs[0] }, proofs[1], [proofs[2]]);
      socket.emit('quiz');
      const { status, answer: [{ proof }, empty, [last]] } = await heard(socket, 'graded');
      assert.equal(status, 0);
      assert.deepEqual([proof, empty, last].map((one) => Buffer.from(one)), proofs.map((one) => Buffer.from(one)));
      assert.equal(heardSoFar(socket, 'graded').length, 0, 'a late answer is not counted');
      socket.disconnect();
    });

    // Shows: R52
    test('namespaces share a connection and nothing else', async () => {
      const main = await join('');
      const custom = await joinIo(main, '/custom', { token: ada.accessToken });
      const red = await joinIo(main, '/team-red', { token: ada.accessToken });
      const blue = await joinIo(main, '/team-blue', { token: ada.accessToken });
      assert.equal(new Set([main.id, custom.id, red.id, blue.id]).size, 4);
      assert.deepEqual(await ask(red, 'cheer', 'red!'), { ok: true });
      assert.equal(await heard(red, 'cheer'), 'red!');
      assert.equal(await ask(custom, 'echo', 1), 1);
      assert.equal((await ask(blue, 'echo', 1)).code, 'UNKNOWN_EVENT');
      assert.equal((await ask(main, 'echo', 1)).code, 'UNKNOWN_EVENT');
      assert.deepEqual([main, custom, blue].flatMap((one) => heardSoFar(one, 'cheer')), []);
      main.disconnect();
    });

    test('one namespace ends while the others live', async () => {
      const custom = await join('/custom');
      const red = await joinIo(custom, '/team-red', { token: ada.accessToken });
      const left = custom.id;
      custom.disconnect();
      assert.equal(await disconnected(custom), 'io client disconnect');
      assert.deepEqual(await ask(red, 'cheer', 'on'), { ok: true });
      assert.equal(custom.io.engine.readyState, 'open');
      custom.connect();
      await heard(custom, 'connect', () => custom.id !== left);
      assert.equal(await ask(custom, 'echo', 'back'), 'back');
      red.disconnect();
      assert.equal(await ask(custom, 'echo', 'alone'), 'alone');
      custom.disconnect();
    });

    test('a namespace that nobody declared is invalid, and its connection goes on', async () => {
      const custom = await join('/custom');
      for (const name of ['/nowhere', '/team-', '/team-red/blue', '/Custom', '/custom/x']) {
        assert.deepEqual(await refusal(custom, name), ['Invalid namespace', 'INVALID_NAMESPACE'], name);
      }
      assert.equal(await ask(custom, 'echo', 1), 1);
      custom.disconnect();
      assert.equal((await refusedIo(server, { token: ada.accessToken, namespace: '/nowhere', transports })).message, 'Invalid namespace');
    });

    // Shows: R8 R50 S9
    test('a filter denies a join, and a token is asked for in every namespace', async () => {
      const red = await join('/team-red');
      assert.deepEqual(await refusal(red, '/team-staff'), ['STAFF_ONLY', 'FORBIDDEN']);
      assert.deepEqual(await refusal(red, '/custom', {}), ['NO_TOKEN', 'NO_TOKEN']);
      assert.deepEqual(await ask(red, 'cheer', 'on'), { ok: true });
      red.disconnect();
    });
  });
}

test('the server outlived all of it', async () => {
  assert.ok(await isHealthy(server));
  assert.equal(server.stderr(), '');
});

// Once the connection has changed over, so that what follows runs over the WebSocket.
async function upgraded({ io }) {
  if (io.engine.transport.name === 'websocket') return;
  await within(new Promise((resolve) => { io.engine.once('upgrade', resolve); }), 'the upgrade');
}

// Why another namespace on the same connection is refused: [message, code].
async function refusal(socket, name, auth = { token: ada.accessToken }) {
  const error = await joinIo(socket, name, auth).then(() => assert.fail(`${name} was joined`), (why) => why);
  if (!error.refusal) throw error;
  return [error.refusal.message, error.refusal.data.code];
}
