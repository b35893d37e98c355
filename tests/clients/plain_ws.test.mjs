// The plain WebSocket protocol securechat.v1 with the ws client: welcome, acknowledgements, errors, close codes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ROOMY, ask, bearer, claimsOf, cleanUp, connectIo, connectPlain, expiredToken, has, heard, heardSoFar, isHealthy, login, mintToken, newSecret,
  openPlain, post, refresh, refusedPlain, register, startServer,
} from './server.mjs';

const EVIL = 'http://evil.example';
const PROTOCOL_FAULT = [1002, 1003, 1007, 1008];

async function refused(server, options, name, code, what) {
  const end = await refusedPlain(server, options);
  assert.equal(end.code, code, `${what}: close code (${JSON.stringify(end)})`);
  assert.equal(end.error?.message, name, `${what}: message of the error frame`);
  assert.equal(end.error.code, name, `${what}: code of the error frame`);
}

describe('plain WebSocket', () => {
  let server;
  let ada;
  let bob;
  before(async () => {
    server = await startServer({ set: ROOMY });
    ada = await register(server, 'ada');
    bob = await register(server, 'bob');
  });
  after(cleanUp);

  test('the subprotocol is echoed, the first frame authenticates, welcome follows', async () => {
    const client = await openPlain(server);
    assert.equal(client.ws.protocol, 'securechat.v1');
    client.send({ type: 'auth', token: ada.accessToken });
    const welcome = await client.next('welcome');
    assert.ok(welcome.sid.length >= 20, 'a session id');
    assert.equal(welcome.resumed, false);
    has(welcome.user, { id: ada.user.id, username: 'ada' }, 'the user');
  });

  test('Authorization: Bearer on the upgrade welcomes at once, also without an Origin', async () => {
    for (const origin of [server.origin, null]) {
      const client = await connectPlain(server, { bearer: ada.accessToken, origin });
      assert.equal(client.welcome.user.username, 'ada');
    }
  });

  // Shows: R49
  test('a message: acknowledged by ref, received by all with every field', async () => {
    const [one, two] = [await connectPlain(server, { token: ada.accessToken }), await connectPlain(server, { token: bob.accessToken })];
    one.send({ type: 'send-message', ref: 9007199254740991, data: { message: 'hi <b>' } });
    const ack = await one.next('ack');
    assert.equal(ack.ref, 9007199254740991, 'the ref comes back exactly');
    assert.equal(ack.data.ok, true, JSON.stringify(ack));
    const [own, other] = [(await one.next('receive-message')).data, (await two.next('receive-message')).data];
    assert.deepEqual(own, other);
    has(own, { username: 'ada', message: 'hi &lt;b&gt;', room: 'lobby', userId: ada.user.id, id: ack.data.id, seq: ack.data.seq, timestamp: ack.data.timestamp });
    two.send({ type: 'send-message', data: { message: 'no ref' } });
    assert.equal((await one.next('receive-message')).data.message, 'no ref');
    assert.deepEqual(two.soFar('ack'), [], 'no ref, no acknowledgement');
  });

  test('rooms, history and messages are shared with Socket.IO clients', async () => {
    const plain = await connectPlain(server, { token: ada.accessToken });
    const socket = await connectIo(server, { token: bob.accessToken });
    assert.equal((await plain.request('join-room', { room: 'both' })).ok, true);
    const joined = await ask(socket, 'join-room', { room: 'both' });
    assert.deepEqual(joined.users.map((user) => user.username).sort(), ['ada', 'bob']);
    has((await plain.next('user-joined', (f) => f.data.room === 'both')).data, { room: 'both', userId: bob.user.id, username: 'bob' });
    const first = await plain.request('send-message', { message: 'from plain', room: 'both' });
    const second = await ask(socket, 'send-message', { message: 'from socket.io', room: 'both' });
    assert.equal(second.seq, first.seq + 1);
    assert.equal((await heard(socket, 'receive-message', (m) => m.id === first.id)).message, 'from plain');
    assert.equal((await plain.next('receive-message', (f) => f.data.id === second.id)).data.username, 'bob');
    const here = await plain.request('room-history', { room: 'both' });
    const there = await ask(socket, 'room-history', { room: 'both' });
    assert.deepEqual(here.messages, there.messages);
    assert.deepEqual(here.messages.map((m) => m.id), [first.id, second.id]);
    socket.disconnect();
  });

  // Shows: R40 S7
  test('failures: in the acknowledgement, or in an error frame', async () => {
    const client = await connectPlain(server, { token: ada.accessToken });
    for (const data of [undefined, null, 5, 'x', [], {}, { message: 5 }, { message: '' }, { message: 'a'.repeat(501) }, { message: 'x', room: 5 }]) {
      const answer = await client.request('send-message', data);
      has(answer, { ok: false, error: 'Invalid message' }, `with a ref: ${JSON.stringify(data)?.slice(0, 40)}`);
      assert.deepEqual(client.soFar('error'), [], 'the acknowledgement is the only answer');
      client.send({ type: 'send-message', data });
      const error = await client.next('error');
      assert.equal(error.message, 'Invalid message');
      assert.equal(typeof error.code, 'string');
    }
    has(await client.request('send-message', { message: 'x', room: 'nowhere' }), { ok: false, error: 'Not in room' });
    has(await client.request('no-such-event', {}), { ok: false, error: 'Unknown event' });
    client.send({ type: 'no-such-event' });
    assert.equal((await client.request('send-message', { message: 'still here' })).ok, true);
  });

  // Shows: R10 R14 R21
  test('401 of the plain protocol: 4401 with the reason', async () => {
    const claims = claimsOf(ada.accessToken);
    await refused(server, { first: { type: 'auth' } }, 'NO_TOKEN', 4401, 'auth without a token');
    await refused(server, { first: { type: 'auth', token: '' } }, 'NO_TOKEN', 4401, 'an empty token');
    await refused(server, { first: { type: 'send-message', data: { message: 'x' } } }, 'NO_TOKEN', 4401, 'another frame first');
    for (const [what, token] of [
      ['text', 'a.b.c'], ['another secret', mintToken(claims, newSecret())], ['the refresh token', ada.refreshToken],
      ['alg none', mintToken(claims, '', { alg: 'none', typ: 'JWT' })], ['HS512', mintToken(claims, server.secrets.jwt, { alg: 'HS512', typ: 'JWT' })],
      ['expired and forged', expiredToken(ada.accessToken, newSecret())],
    ]) {
      await refused(server, { token }, 'AUTH_FAILED', 4401, what);
      await refused(server, { bearer: token }, 'AUTH_FAILED', 4401, `bearer: ${what}`);
    }
    await refused(server, { token: expiredToken(ada.accessToken, server.secrets.jwt) }, 'TOKEN_EXPIRED', 4401, 'expired');
    const account = await login(server, 'ada');
    await post(server, '/api/auth/logout', {}, bearer(account.accessToken));
    await refused(server, { token: account.accessToken }, 'AUTH_FAILED', 4401, 'a revoked session');
  });

  // Shows: R1 R2 R82
  test('a wrong or missing Origin closes with 4403', async () => {
    for (const origin of [EVIL, 'null', null]) {
      const { code, error, reason } = await refusedPlain(server, { origin });
      assert.equal(code, 4403, `origin ${origin}`);
      assert.ok(error?.message === 'INVALID_ORIGIN' || reason === 'INVALID_ORIGIN', `a page can see why: ${JSON.stringify({ error, reason })}`);
    }
    assert.equal((await refusedPlain(server, { origin: EVIL, bearer: ada.accessToken })).code, 4403, 'bearer does not help a wrong origin');
  });

  test('other paths refuse the upgrade in HTTP', async () => {
    for (const path of ['/', '/nope', '/ws/more', '/api/auth/login']) {
      const error = await openPlain(server, { path }).then(() => assert.fail(`${path} was upgraded`), (refusal) => refusal);
      assert.ok(error.status >= 400 && error.status < 500, `${path}: an HTTP status, it was ${error.status} (${error.message})`);
      assert.equal(error.headers['x-content-type-options'], 'nosniff', `${path}: the header set is there too`);
    }
  });

  // Shows: R39
  test('broken packets close the connection, before and after authentication', async () => {
    const broken = {
      'no JSON': 'hello',
      'half an object': '{"type":"send-message"',
      'two objects': '{"type":"a"}{"type":"b"}',
      'duplicate keys': '{"type":"send-message","type":"send-message","data":{"message":"x"}}',
      'duplicate keys within': '{"type":"send-message","data":{"message":"x","message":"y"}}',
      'a NUL escape': '{"type":"send-message","data":{"message":"a\\u0000b"}}',
      'a raw control character': '{"type":"send-message","data":{"message":"a\tb"}}',
      'a lone surrogate': '{"type":"send-message","data":{"message":"\\ud800"}}',
      'invalid UTF-8': Buffer.from([0x7b, 0x22, 0x74, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
      'deep nesting': `{"type":"x","data":${'['.repeat(200)}${']'.repeat(200)}}`,
    };
    for (const [what, bytes] of Object.entries(broken)) {
      for (const client of [await openPlain(server), await connectPlain(server, { token: ada.accessToken })]) {
        client.sendRaw(bytes);
        const { code } = await client.closed();
        assert.ok(PROTOCOL_FAULT.includes(code), `${what}: close code ${code}`);
      }
    }
    assert.ok(await isHealthy(server));
  });

  test('a binary frame closes the connection', async () => {
    const client = await connectPlain(server, { token: ada.accessToken });
    client.sendRaw(Buffer.from('{"type":"x"}'), { binary: true });
    const { code } = await client.closed();
    assert.ok(PROTOCOL_FAULT.includes(code), `close code ${code}`);
  });

  // Shows: R58 S38
  test('too big: 16 KiB before authentication, limits.payload after it', async () => {
    const small = await startServer({ set: { ...ROOMY, 'limits.payload': 60000 } });
    const { accessToken: token } = await register(small, 'ada');
    const frame = (bytes) => JSON.stringify({ type: 'send-message', data: { message: 'x'.repeat(bytes) } });
    const stranger = await openPlain(small);
    stranger.sendRaw(frame(16384));
    assert.equal((await stranger.closed()).code, 1009, 'unauthenticated');
    const client = await connectPlain(small, { token });
    client.sendRaw(frame(20000));
    assert.equal((await client.next('error')).message, 'Invalid message', 'after authentication 20000 bytes are only a too long message');
    client.sendRaw(frame(60001));
    assert.equal((await client.closed()).code, 1009, 'over limits.payload');
    await small.stop();
  });

  // Shows: R57
  test('who stays silent is closed with 4408', async () => {
    const quick = await startServer({ set: { ...ROOMY, 'limits.auth_timeout': '500ms' } });
    const { accessToken: token } = await register(quick, 'ada');
    const start = Date.now();
    const silent = await openPlain(quick);
    const member = await connectPlain(quick, { token });
    const { code, at } = await silent.closed(3000);
    assert.equal(code, 4408);
    assert.ok(at - start >= 400, `not before its time: ${at - start} ms`);
    assert.equal((await member.request('send-message', { message: 'x' })).ok, true, 'a member stays');
    await quick.stop();
  });

  // Shows: R37
  test('CSRF_FAILED closes with 4403', async () => {
    const csrf = await startServer({ set: { ...ROOMY, 'auth.csrf': 'required' } });
    const account = await register(csrf, 'ada');
    await refused(csrf, { token: account.accessToken }, 'CSRF_FAILED', 4403, 'none');
    await refused(csrf, { token: account.accessToken, csrfToken: 'x' }, 'CSRF_FAILED', 4403, 'a wrong one');
    await connectPlain(csrf, { token: account.accessToken, csrfToken: account.csrfToken });
    await csrf.stop();
  });

  // Shows: R63 R65
  test('limits: TOO_MANY_CONNECTIONS closes with 4429, the message limit does not close', async () => {
    const strict = await startServer({ set: { ...ROOMY, 'limits.connections': 3, 'limits.messages': 2 } });
    const { accessToken: token } = await register(strict, 'ada');
    const client = await connectPlain(strict, { token });
    await refused(strict, { token: 'a.b.c' }, 'AUTH_FAILED', 4401, 'the second attempt');
    const socket = await connectIo(strict, { token });
    await refused(strict, { token }, 'TOO_MANY_CONNECTIONS', 4429, 'the fourth attempt');
    for (let i = 0; i < 2; i++) assert.equal((await client.request('send-message', { message: 'x' })).ok, true);
    has(await client.request('send-message', { message: 'x' }), { ok: false, error: 'Rate limit exceeded' });
    client.send({ type: 'send-message', data: { message: 'x' } });
    assert.equal((await client.next('error')).message, 'Rate limit exceeded');
    has(await ask(socket, 'send-message', { message: 'x' }), { ok: false, error: 'Rate limit exceeded' }, 'shared with Socket.IO');
    assert.deepEqual(heardSoFar(socket, 'error'), []);
    assert.ok(client.isOpen);
    await strict.stop();
  });

  // Shows: R22 S16
  test('at the end of the token: a warning, an error frame, 4401; refresh-auth prolongs', async () => {
    const short = await startServer({ set: ROOMY, env: { JWT_EXPIRES_IN: '3s' } });
    const account = await register(short, 'ada');
    const { exp } = claimsOf(account.accessToken);
    const [ending, staying] = [await connectPlain(short, { token: account.accessToken }), await connectPlain(short, { token: account.accessToken })];
    const warning = await ending.next('auth-expiring', () => true, 1000);
    assert.equal(Math.floor(Date.parse(warning.data.expiresAt) / 1000), exp);
    await new Promise((resolve) => { setTimeout(resolve, exp * 1000 - 900 - Date.now()); });
    const fresh = await refresh(short, account.refreshToken);
    has(await staying.request('refresh-auth', { token: fresh.body.accessToken }), { ok: true }, 'refresh-auth');
    assert.equal((await ending.next('error')).message, 'TOKEN_EXPIRED');
    const { code, at } = await ending.closed(1000);
    assert.equal(code, 4401);
    assert.ok(at >= exp * 1000 - 100, 'not before the end of the token');
    assert.ok(staying.isOpen, 'the refreshed one stays');
    await short.stop();
  });
});
