// Why a Socket.IO connect is refused, and which reason is told when there are several.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ORIGIN, ROOMY, ask, bearer, claimsOf, cleanUp, connectIo, connectPlain, expiredToken, get, isHealthy, login, mintToken, newSecret, openIo,
  pause, post, refresh, refusedIo, refusedPlain, register, request, startServer,
} from './server.mjs';

const EVIL = 'http://evil.example';

async function refused(server, options, message, what) {
  const error = await refusedIo(server, options);
  assert.equal(error.message, message, what);
  assert.equal(error.data?.code, message === 'Invalid namespace' ? 'INVALID_NAMESPACE' : message, `${what}: data.code`);
}

async function accepted(server, options, what) {
  const socket = await connectIo(server, options).catch((error) => assert.fail(`${what}: ${error.message}`));
  assert.equal((await ask(socket, 'send-message', { message: what })).ok, true, `${what}: it can talk`);
  socket.disconnect();
}

describe('refused connects', () => {
  let server;
  let user;
  let forgeries;
  before(async () => {
    server = await startServer({ set: ROOMY });
    user = await register(server, 'ada');
    const claims = claimsOf(user.accessToken);
    const { jwt, refresh: other } = server.secrets;
    const [head, body, signature] = user.accessToken.split('.');
    const without = (name) => { const rest = { ...claims }; delete rest[name]; return mintToken(rest, jwt); };
    forgeries = {
      'not a token': 'a.b.c',
      'no dots': 'token',
      'four parts': `${user.accessToken}.x`,
      'another secret': mintToken(claims, newSecret()),
      'an empty secret': mintToken(claims, ''),
      'the refresh secret': mintToken(claims, other),
      'the refresh token': user.refreshToken,
      'refresh claims under the access secret': mintToken(claimsOf(user.refreshToken), jwt),
      'alg none': mintToken(claims, '', { alg: 'none', typ: 'JWT' }),
      'alg none with the old signature': `${mintToken(claims, '', { alg: 'none', typ: 'JWT' })}${signature}`,
      'alg HS512': mintToken(claims, jwt, { alg: 'HS512', typ: 'JWT' }),
      'alg HS384': mintToken(claims, jwt, { alg: 'HS384', typ: 'JWT' }),
      'changed claims': `${head}.${Buffer.from(JSON.stringify({ ...claims, username: 'root' })).toString('base64url')}.${signature}`,
      'a cut signature': `${head}.${body}.${signature.slice(0, -4)}`,
      'no signature': `${head}.${body}.`,
      'a crit header': mintToken(claims, jwt, { alg: 'HS256', typ: 'JWT', crit: ['exp'] }),
      'a token from the future': mintToken({ ...claims, iat: claims.iat + 3600, exp: claims.exp + 7200 }, jwt),
      'another issuer': mintToken({ ...claims, iss: 'evil' }, jwt),
      'another audience': mintToken({ ...claims, aud: 'evil' }, jwt),
      'no such session': mintToken({ ...claims, sid: '0'.repeat(32) }, jwt),
      'no such user': mintToken({ ...claims, sub: 'f'.repeat(32), userId: 'f'.repeat(32) }, jwt),
      'exp as text': mintToken({ ...claims, exp: String(claims.exp) }, jwt),
      'no exp': without('exp'), 'no iss': without('iss'), 'no aud': without('aud'), 'no sub': without('sub'),
      'no jti': without('jti'), 'no sid': without('sid'), 'no token_use': without('token_use'),
      'expired and a bad signature': expiredToken(user.accessToken, newSecret()),
      'expired refresh token': expiredToken(user.refreshToken, server.secrets.refresh),
      'a very long token': `${head}.${'A'.repeat(6000)}.${signature}`,
    };
  });
  after(cleanUp);

  test('no token: NO_TOKEN', async () => {
    for (const auth of [{}, { token: '' }, { token: null }, { csrfToken: user.csrfToken }, { Token: user.accessToken }]) {
      await refused(server, { auth }, 'NO_TOKEN', JSON.stringify(auth));
    }
  });

  // Shows: R40
  test('anything but a text as token is refused', async () => {
    for (const token of [5, true, [user.accessToken], { token: user.accessToken }]) {
      assert.match((await refusedIo(server, { auth: { token } })).message, /^(NO_TOKEN|AUTH_FAILED)$/, JSON.stringify(token));
    }
  });

  // Shows: R10 R12 R13 R14 S2 S13
  test('forged tokens: AUTH_FAILED', async () => {
    for (const [what, token] of Object.entries(forgeries)) await refused(server, { token }, 'AUTH_FAILED', what);
    await accepted(server, { token: user.accessToken }, 'the real token');
    await accepted(server, { token: mintToken(claimsOf(user.accessToken), server.secrets.jwt) }, 'the same claims signed by the same key');
  });

  // Shows: S5
  test('expired with a good signature: TOKEN_EXPIRED', async () => {
    await refused(server, { token: expiredToken(user.accessToken, server.secrets.jwt) }, 'TOKEN_EXPIRED', 'an hour ago');
  });

  // Shows: R21
  test('a revoked session: AUTH_FAILED', async () => {
    const account = await login(server, 'ada');
    await accepted(server, { token: account.accessToken }, 'before logout');
    assert.equal((await post(server, '/api/auth/logout', {}, bearer(account.accessToken))).status, 204);
    await refused(server, { token: account.accessToken }, 'AUTH_FAILED', 'after logout');
  });

  // Shows: R1 R82 S12
  test('origins: only the listed one, byte for byte', async () => {
    const others = [EVIL, 'null', 'http://localhost:3001', 'https://localhost:3000', 'http://localhost', 'http://localhost:3000/', 'http://localhost:3000.evil.example',
      'http://evil.example#http://localhost:3000', 'HTTP://LOCALHOST:3000', 'http://127.0.0.1:3000', 'http://localhost:3000, http://evil.example'];
    for (const origin of others) await refused(server, { token: user.accessToken, origin }, 'INVALID_ORIGIN', origin);
    await accepted(server, { token: user.accessToken, origin: ORIGIN }, 'the listed origin');
  });

  // Shows: R2
  test('no origin: refused, unless a bearer token on the handshake tells a native client', async () => {
    await refused(server, { token: user.accessToken, origin: null }, 'INVALID_ORIGIN', 'no origin');
    await accepted(server, { origin: null, headers: bearer(user.accessToken) }, 'bearer without an origin');
    await accepted(server, { headers: bearer(user.accessToken) }, 'bearer with the listed origin');
    await refused(server, { origin: EVIL, headers: bearer(user.accessToken) }, 'INVALID_ORIGIN', 'bearer with another origin');
    await refused(server, { origin: null, headers: bearer(forgeries['another secret']) }, 'AUTH_FAILED', 'a forged bearer');
    const lax = await startServer({ set: { ...ROOMY, 'origin.allow_missing': true } });
    const guest = await register(lax, 'guest');
    await accepted(lax, { token: guest.accessToken, origin: null }, 'origin.allow_missing');
    await refused(lax, { token: guest.accessToken, origin: EVIL }, 'INVALID_ORIGIN', 'a wrong origin is still wrong');
    await lax.stop();
    assert.match(server.stderr() + lax.stderr(), /origin\.allow_missing/, 'the log names the option');
  });

  // Shows: R35
  test('a page of the listening origin keeps its session, whatever is listed; another origin ends it', async () => {
    const own = server.url;
    const path = '/socket.io/?EIO=4&transport=polling';
    const open = await get(server, path, { 'Sec-Fetch-Site': 'same-origin' });
    const { sid } = JSON.parse(open.text.slice(1));
    const send = (body, headers) => request(server, { method: 'POST', path: `${path}&sid=${sid}`, body, headers });
    const joined = await send(`40${JSON.stringify({ token: user.accessToken })}`, { Origin: own, 'Sec-Fetch-Site': 'same-origin' });
    assert.deepEqual([joined.status, joined.text], [200, 'ok'], 'a browser names the origin on a POST only');
    const answer = await get(server, `${path}&sid=${sid}`, { 'Sec-Fetch-Site': 'same-origin' });
    assert.match(answer.text, /^40\{"sid":/);
    assert.equal((await send('41', { Origin: EVIL })).status, 403);
    assert.equal((await send('41', { Origin: own })).status, 400, 'the session is over');
    assert.equal((await refusedIo(server, { token: user.accessToken, origin: own })).message, 'INVALID_ORIGIN', 'named from the start, it must be listed');
  });

  // Shows: R1
  test('origin.strict answers 403 at the handshake', async () => {
    const strict = await startServer({ set: { ...ROOMY, 'origin.strict': 'on' } });
    const guest = await register(strict, 'guest');
    const error = await refusedIo(strict, { token: guest.accessToken, origin: EVIL });
    assert.equal(error.type, 'TransportError', `refused below Socket.IO: ${error.message}`);
    await assert.rejects(refusedPlain(strict, { token: guest.accessToken, origin: EVIL }), { status: 403 });
    await accepted(strict, { token: guest.accessToken }, 'the listed origin');
    await strict.stop();
  });

  // Shows: R6
  test('a token in the query is not taken', async () => {
    for (const options of [{ query: { token: user.accessToken } }, { query: { token: user.accessToken, access_token: user.accessToken }, auth: {} }]) {
      const socket = openIo(server, options);
      const first = await socket.inbox.take(({ event }) => event === 'connect' || event === 'connect_error', 'a refusal');
      assert.equal(first.event, 'connect_error', 'refused');
      socket.disconnect();
    }
    assert.ok(!server.stderr().includes(user.accessToken), 'the log does not hold the token');
  });

  // Shows: R8 S9
  test('an undeclared namespace: Invalid namespace', async () => {
    await refused(server, { token: user.accessToken, namespace: '/nope' }, 'Invalid namespace', '/nope');
    await refused(server, { namespace: '/nope' }, 'NO_TOKEN', '/nope without a token');
  });

  // Shows: R9
  test('several faults: the first of the list is told', async () => {
    const expired = expiredToken(user.accessToken, server.secrets.jwt);
    await refused(server, { origin: EVIL }, 'NO_TOKEN', 'no token, wrong origin');
    await refused(server, { origin: null }, 'NO_TOKEN', 'no token, no origin');
    await refused(server, { origin: EVIL, token: expired }, 'TOKEN_EXPIRED', 'expired, wrong origin');
    await refused(server, { origin: EVIL, token: 'a.b.c' }, 'AUTH_FAILED', 'forged, wrong origin');
    await refused(server, { origin: EVIL, token: user.accessToken, namespace: '/nope' }, 'INVALID_ORIGIN', 'wrong origin, wrong namespace');
  });

  test('engine.error_data=off drops data', async () => {
    const plain = await startServer({ set: { ...ROOMY, 'engine.error_data': 'off' } });
    const error = await refusedIo(plain, {});
    assert.equal(error.message, 'NO_TOKEN');
    assert.equal(error.data, undefined);
    await plain.stop();
  });

  test('the server outlived all that', async () => {
    assert.ok(await isHealthy(server));
    assert.ok(!server.stderr().includes(user.refreshToken), 'no refresh token in the log');
  });
});

describe('connection limits and CSRF', () => {
  after(cleanUp);

  // Shows: R9 R63 S4 S11
  test('the attempt after the limit is refused, exactly; refused ones and /ws count', async () => {
    const server = await startServer({ set: { ...ROOMY, 'limits.connections': 5, 'limits.connections_window': '3s' } });
    const { accessToken: token } = await register(server, 'ada');
    await accepted(server, { token }, 'first');
    await refused(server, {}, 'NO_TOKEN', 'second');
    await refused(server, { token, origin: EVIL }, 'INVALID_ORIGIN', 'third');
    await connectPlain(server, { token });
    await accepted(server, { token }, 'fifth');
    await refused(server, { token }, 'TOO_MANY_CONNECTIONS', 'sixth');
    assert.equal((await refusedPlain(server, { token })).code, 4429, 'the same for a plain client');
    await refused(server, {}, 'NO_TOKEN', 'no token comes before the limit');
    await refused(server, { token: 'a.b.c' }, 'AUTH_FAILED', 'so does a forged one');
    await refused(server, { token, origin: EVIL }, 'INVALID_ORIGIN', 'so does the origin');
    await refused(server, { token, namespace: '/nope' }, 'TOO_MANY_CONNECTIONS', 'the namespace comes after it');
    await pause(3300);
    await accepted(server, { token }, 'after the window');
  });

  // Shows: R33 S35
  test('the seventeenth socket of a user is refused', async () => {
    const server = await startServer({ set: ROOMY });
    const { accessToken: token } = await register(server, 'ada');
    const sockets = await Promise.all(Array.from({ length: 16 }, () => connectIo(server, { token })));
    await refused(server, { token }, 'TOO_MANY_CONNECTIONS', 'one more');
    sockets[0].disconnect();
    await pause(300);
    await accepted(server, { token }, 'after one left');
  });

  // Shows: R37 S28
  test('auth.csrf=required wants the token of the same session', async () => {
    const server = await startServer({ set: { ...ROOMY, 'auth.csrf': 'required', 'limits.connections': 9 } });
    const user = await register(server, 'ada');
    const other = await login(server, 'ada');
    const { accessToken: token, csrfToken } = user;
    await refused(server, { token }, 'CSRF_FAILED', 'none');
    await refused(server, { token, csrfToken: other.csrfToken }, 'CSRF_FAILED', 'of another session');
    await refused(server, { token, csrfToken: `${csrfToken.slice(0, -2)}zz` }, 'CSRF_FAILED', 'changed');
    await refused(server, { token, csrfToken: 5 }, 'CSRF_FAILED', 'a number');
    await refused(server, { token, origin: EVIL }, 'INVALID_ORIGIN', 'the origin comes first');
    await refused(server, { csrfToken }, 'NO_TOKEN', 'the token comes first');
    await accepted(server, { token, csrfToken }, 'its own');
    const fresh = (await refresh(server, user.refreshToken)).body;
    await accepted(server, { token: fresh.accessToken, csrfToken: fresh.csrfToken }, 'after a refresh');
    assert.equal((await refusedPlain(server, { token })).code, 4403, 'plain: CSRF_FAILED closes with 4403');
    await refused(server, { token }, 'TOO_MANY_CONNECTIONS', 'the limit comes first');
  });
});
