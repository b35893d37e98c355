// What a message may be: its length, its escaping, its type, and how many of them a user may send.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ROOMY, ask, cleanUp, connectIo, connectPlain, heard, heardSoFar, isHealthy, login, pause, register, startServer,
} from './server.mjs';

const invalid = (answer, what) => {
  assert.deepEqual([answer?.ok, answer?.error], [false, 'Invalid message'], `${what}: ${JSON.stringify(answer)}`);
  assert.equal(typeof answer.code, 'string', `${what}: a code`);
};

describe('the text of a message', () => {
  let server;
  let socket;
  before(async () => {
    server = await startServer({ set: ROOMY });
    const { accessToken: token } = await register(server, 'ada');
    socket = await connectIo(server, { token });
  });
  after(cleanUp);

  // What everybody reads after this was sent.
  async function read(message) {
    const answer = await ask(socket, 'send-message', { message });
    assert.equal(answer?.ok, true, `accepted: ${JSON.stringify(message).slice(0, 60)}: ${JSON.stringify(answer)}`);
    return (await heard(socket, 'receive-message', (m) => m.id === answer.id)).message;
  }

  // Shows: R44 S26
  test('it is escaped exactly once, live and in history', async () => {
    const cases = [
      ['<script>alert("x")</script>', '&lt;script&gt;alert(&quot;x&quot;)&lt;&#x2F;script&gt;'],
      ['& < > " \' / \\ `', '&amp; &lt; &gt; &quot; &#x27; &#x2F; &#x5C; &#96;'],
      ['&amp;', '&amp;amp;'],
      ['&lt;b&gt;', '&amp;lt;b&amp;gt;'],
      ['plain text, = and ; stay: ?!', 'plain text, = and ; stay: ?!'],
      ['Größe 日本 😀', 'Größe 日本 😀'],
      ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
    ];
    for (const [sent, expected] of cases) assert.equal(await read(sent), expected, `live: ${sent}`);
    const { messages } = await ask(socket, 'room-history', { room: 'lobby', limit: cases.length });
    assert.deepEqual(messages.map((m) => m.message), cases.map(([, expected]) => expected), 'the same in history');
  });

  test('it is trimmed, and must not be empty', async () => {
    assert.equal(await read('  padded \n'), 'padded');
    for (const message of ['', ' ', '\n\t ', '   ']) invalid(await ask(socket, 'send-message', { message }), JSON.stringify(message));
  });

  // Shows: R44
  test('500 units pass, 501 do not; spaces around do not count', async () => {
    assert.equal((await read('a'.repeat(500))).length, 500);
    assert.equal((await read(`  ${'b'.repeat(500)}  `)).length, 500);
    invalid(await ask(socket, 'send-message', { message: 'a'.repeat(501) }), '501 letters');
    invalid(await ask(socket, 'send-message', { message: 'a'.repeat(5000) }), '5000 letters');
  });

  // Shows: R44 S26
  test('the length counts after escaping', async () => {
    assert.equal((await read('"'.repeat(83))).length, 498);
    invalid(await ask(socket, 'send-message', { message: '"'.repeat(84) }), '84 double quotes are 504 units');
    assert.equal((await read('&'.repeat(100))).length, 500);
    invalid(await ask(socket, 'send-message', { message: '&'.repeat(101) }), '101 ampersands');
    assert.equal((await read(`${'`'.repeat(100)}`)).length, 500);
    assert.equal((await read('<'.repeat(125))).length, 500);
    invalid(await ask(socket, 'send-message', { message: '<'.repeat(126) }), '126 brackets');
  });

  test('the length counts UTF-16 units', async () => {
    assert.equal((await read('😀'.repeat(250))).length, 500);
    invalid(await ask(socket, 'send-message', { message: '😀'.repeat(251) }), '251 emoji');
    invalid(await ask(socket, 'send-message', { message: `a${'😀'.repeat(250)}` }), '501 units');
    assert.equal((await read('é'.repeat(500))).length, 500, '500 letters of two bytes');
    assert.equal((await read('日'.repeat(500))).length, 500, '500 letters of three bytes');
  });

  // Shows: R40 S7
  test('wrong types are Invalid message, with an acknowledgement and without', async () => {
    const wrong = [
      [], [null], [5], [true], ['text'], [[]], [[{ message: 'x' }]], [{}], [{ message: null }], [{ message: 5 }], [{ message: true }],
      [{ message: ['x'] }], [{ message: { toString: 'x' } }], [{ Message: 'x' }], [{ message: 'x', room: 5 }], [{ message: 'x', room: {} }],
      [{ message: 'x', room: ['lobby'] }],
    ];
    for (const args of wrong) {
      invalid(await ask(socket, 'send-message', ...args), JSON.stringify(args));
      assert.equal(heardSoFar(socket, 'error').length, 0, 'the acknowledgement is the only answer');
      socket.emit('send-message', ...args);
      assert.equal((await heard(socket, 'error')).message, 'Invalid message', JSON.stringify(args));
    }
    assert.ok(socket.connected, 'the socket stays');
    assert.ok(await isHealthy(server), 'the process stays');
  });

  test('wrong types in the other events are Invalid message', async () => {
    for (const event of ['join-room', 'leave-room', 'room-users', 'room-history', 'typing']) {
      for (const args of [[], [null], [5], [[]], [{}], [{ room: 5, id: 5, query: 5 }], [{ room: { a: 1 }, id: {}, query: [] }]]) {
        invalid(await ask(socket, event, ...args), `${event} ${JSON.stringify(args)}`);
      }
    }
    for (const more of [{ limit: 'x' }, { before: 'x' }, { after: {} }, { limit: 1.5 }]) {
      invalid(await ask(socket, 'room-history', { room: 'lobby', ...more }), JSON.stringify(more));
    }
    assert.ok(socket.connected);
  });

  test('extra arguments do no harm', async () => {
    assert.equal((await ask(socket, 'send-message', { message: 'extra' }, 'more', [1, 2])).ok, true);
    await heard(socket, 'receive-message', (m) => m.message === 'extra');
  });
});

describe('how many messages', () => {
  let server;
  before(async () => { server = await startServer({ set: { 'limits.auth_attempts': 1000, 'limits.connections': 1000 } }); });
  after(cleanUp);

  async function newSocket(name) {
    return connectIo(server, { token: (await register(server, name)).accessToken });
  }
  const limited = (answer, what) => assert.deepEqual([answer?.ok, answer?.error], [false, 'Rate limit exceeded'], what);

  // Shows: R65 S4
  test('the thirty-first in a minute is refused, acknowledged or not', async () => {
    const [socket, other] = [await newSocket('ada'), await newSocket('bob')];
    for (let i = 1; i <= 30; i++) assert.equal((await ask(socket, 'send-message', { message: `m${i}` })).ok, true, `message ${i}`);
    const refused = await ask(socket, 'send-message', { message: 'm31' });
    limited(refused, 'message 31');
    assert.equal(typeof refused.code, 'string');
    assert.equal(heardSoFar(socket, 'error').length, 0);
    socket.emit('send-message', { message: 'm32' });
    assert.equal((await heard(socket, 'error')).message, 'Rate limit exceeded');
    assert.equal((await ask(other, 'send-message', { message: 'mine' })).ok, true, 'another user has a limit of his own');
    await heard(other, 'receive-message', (m) => m.message === 'mine');
    assert.deepEqual(heardSoFar(other, 'receive-message', (m) => /^m3[12]$/.test(m.message)), [], 'refused messages reach nobody');
    assert.ok(socket.connected, 'the socket stays');
  });

  // Shows: R65 S25
  test('invalid messages count', async () => {
    const socket = await newSocket('carol');
    for (let i = 0; i < 15; i++) invalid(await ask(socket, 'send-message', { message: '' }), 'an empty one');
    for (let i = 0; i < 15; i++) invalid(await ask(socket, 'send-message'), 'none at all');
    limited(await ask(socket, 'send-message', { message: 'valid' }), 'the 31st');
    limited(await ask(socket, 'send-message', null), 'the limit comes before the look at the message');
  });

  // Shows: R65 S25
  test('two sockets, two sessions and two protocols of a user share the limit', async () => {
    const account = await register(server, 'dora');
    const again = await login(server, 'dora');
    const [one, two] = [await connectIo(server, { token: account.accessToken }), await connectIo(server, { token: again.accessToken })];
    const plain = await connectPlain(server, { token: account.accessToken });
    for (let i = 0; i < 10; i++) {
      assert.equal((await ask(one, 'send-message', { message: 'x' })).ok, true);
      assert.equal((await ask(two, 'send-message', { message: 'x' })).ok, true);
      assert.equal((await plain.request('send-message', { message: 'x' })).ok, true);
    }
    limited(await ask(one, 'send-message', { message: 'x' }), 'the first socket');
    limited(await ask(two, 'send-message', { message: 'x' }), 'the second socket');
    limited(await plain.request('send-message', { message: 'x' }), 'the plain socket');
    one.disconnect();
    limited(await ask(await connectIo(server, { token: account.accessToken }), 'send-message', { message: 'x' }), 'a new socket');
  });

  test('the window passes', async () => {
    const quick = await startServer({ set: { ...ROOMY, 'limits.messages': 3, 'limits.messages_window': '1s' } });
    const socket = await connectIo(quick, { token: (await register(quick, 'ada')).accessToken });
    for (let i = 0; i < 3; i++) assert.equal((await ask(socket, 'send-message', { message: 'x' })).ok, true);
    limited(await ask(socket, 'send-message', { message: 'x' }), 'the fourth');
    await pause(2100);
    assert.equal((await ask(socket, 'send-message', { message: 'x' })).ok, true, 'two windows later');
  });
});
