// Refresh rotation, logout, password change, and the endpoints that want a bearer token.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import {
  PASSWORD, ROOMY, bearer, claimsOf, cleanUp, connectIo, connectPlain, disconnected, expiredToken, get, has, login, mintToken,
  newSecret, pause, post, refresh, refusedIo, register, startServer,
} from './server.mjs';

const me = (server, token) => get(server, '/api/auth/me', token === undefined ? {} : bearer(token));
const isIn = async (server, token) => (await me(server, token)).status === 200;

function refreshRefused(answer, code, what) {
  assert.equal(answer.status, 401, `${what}: status (${answer.text})`);
  assert.equal(answer.body.error, 'Invalid refresh token', what);
  if (code) assert.equal(answer.body.code, code, `${what}: code`);
}

async function refreshed(server, token, what) {
  const answer = await refresh(server, token);
  assert.equal(answer.status, 200, `${what}: ${answer.text}`);
  return answer.body;
}

// A Socket.IO and a plain client of the session; gone() waits until both are closed and checks the time it took.
async function twoSockets(server, account) {
  const socket = await connectIo(server, { token: account.accessToken });
  const plain = await connectPlain(server, { token: account.accessToken });
  return {
    stillOpen: () => socket.connected && plain.isOpen,
    gone: async (ms = 1000) => { await Promise.all([disconnected(socket, ms), plain.closed(ms)]); },
  };
}

describe('refresh with grace, logout, password', () => {
  let server;
  before(async () => { server = await startServer({ set: ROOMY }); });
  after(cleanUp);

  test('a refresh gives new tokens of the same session', async () => {
    const account = await register(server, 'fresh');
    const body = await refreshed(server, account.refreshToken, 'first use');
    assert.equal(body.success, true);
    assert.equal(body.expiresIn, 3600);
    assert.equal(typeof body.csrfToken, 'string');
    assert.notEqual(body.refreshToken, account.refreshToken, 'it rotates');
    assert.notEqual(body.accessToken, account.accessToken);
    assert.equal(claimsOf(body.accessToken).sid, claimsOf(account.accessToken).sid);
    assert.ok(claimsOf(body.refreshToken).exp <= claimsOf(account.refreshToken).exp + 1, 'the family still ends 7 days after login');
    assert.ok(await isIn(server, body.accessToken));
  });

  // Shows: R19
  test('the database holds the hash of a refresh token, never what could be presented', async () => {
    const account = await register(server, 'hashed');
    const next = await refreshed(server, account.refreshToken, 'first use');
    const stored = Buffer.concat([server.dbPath, `${server.dbPath}-wal`].map((file) => readFileSync(file)));
    for (const { refreshToken, accessToken } of [account, next]) {
      const { jti, sid } = claimsOf(refreshToken);
      assert.equal(Buffer.from(jti, 'base64url').length, 32, '256 bits name it');
      assert.ok(stored.includes(createHash('sha256').update(jti).digest()), 'its hash is there');
      assert.ok(stored.includes(sid), 'that the search would find a text is shown by the sid');
      for (const text of [jti, refreshToken, refreshToken.split('.')[2], accessToken.split('.')[2], account.csrfToken]) assert.ok(!stored.includes(text), text);
    }
  });

  test('a client that never stores the new one keeps working', async () => {
    const account = await register(server, 'forgetful');
    for (let i = 0; i < 4; i++) {
      const body = await refreshed(server, account.refreshToken, `use ${i + 1} of the same token`);
      assert.ok(await isIn(server, body.accessToken));
    }
  });

  // Shows: R17 R21
  test('once a successor was used, an ancestor revokes the family and closes its sockets', async () => {
    const account = await register(server, 'reuse');
    const other = await login(server, 'reuse');
    const sockets = await twoSockets(server, account);
    const second = await refreshed(server, account.refreshToken, 'first');
    const third = await refreshed(server, second.refreshToken, 'the successor');
    assert.ok(sockets.stillOpen(), 'nothing was closed so far');
    refreshRefused(await refresh(server, account.refreshToken), 'TOKEN_REUSED', 'the ancestor');
    await sockets.gone();
    refreshRefused(await refresh(server, third.refreshToken), null, 'the newest of the family');
    assert.ok(!(await isIn(server, third.accessToken)), 'the access token died with the family');
    assert.equal((await refusedIo(server, { token: third.accessToken })).message, 'AUTH_FAILED');
    assert.ok(await isIn(server, other.accessToken), 'another session of the user lives on');
  });

  test('a repeat voids the earlier unused successor', async () => {
    const account = await register(server, 'voided');
    const lost = await refreshed(server, account.refreshToken, 'first');
    const kept = await refreshed(server, account.refreshToken, 'repeat');
    const next = await refreshed(server, kept.refreshToken, 'the newer successor');
    assert.ok(await isIn(server, next.accessToken));
    const again = await register(server, 'voided2');
    const first = await refreshed(server, again.refreshToken, 'first');
    await refreshed(server, again.refreshToken, 'repeat');
    refreshRefused(await refresh(server, first.refreshToken), null, 'the voided successor');
    assert.notEqual(lost.refreshToken, kept.refreshToken);
  });

  // Shows: R10 R14 S1
  test('whatever is wrong with a refresh token is 401', async () => {
    const account = await register(server, 'bad');
    const claims = claimsOf(account.refreshToken);
    for (const [what, token] of [
      ['missing', undefined], ['null', null], ['a number', 5], ['an array', [account.refreshToken]], ['empty', ''], ['text', 'a.b.c'],
      ['the access token', account.accessToken],
      ['a changed signature', `${account.refreshToken.slice(0, -6)}AAAAAA`],
      ['another secret', mintToken(claims, newSecret())],
      ['the access secret', mintToken(claims, server.secrets.jwt)],
      ['HS512', mintToken(claims, server.secrets.refresh, { alg: 'HS512', typ: 'JWT' })],
      ['none', mintToken(claims, '', { alg: 'none', typ: 'JWT' })],
      ['the access claims under the refresh secret', mintToken(claimsOf(account.accessToken), server.secrets.refresh)],
    ]) {
      refreshRefused(await refresh(server, token), 'INVALID_TOKEN', what);
    }
    await refreshed(server, account.refreshToken, 'the good one still works');
  });

  // Shows: R34 S14
  test('an expired refresh token is named so', async () => {
    const short = await startServer({ set: ROOMY, env: { JWT_REFRESH_EXPIRES_IN: '1s' } });
    const account = await register(short, 'late');
    assert.equal(claimsOf(account.refreshToken).exp - claimsOf(account.refreshToken).iat, 1);
    await pause(1600);
    refreshRefused(await refresh(short, account.refreshToken), 'TOKEN_EXPIRED', 'expired');
    await short.stop();
  });

  // Shows: R13 R14
  test('me answers the user; anything but a good access token is 401 Unauthorized', async () => {
    const account = await register(server, 'mia');
    const answer = await me(server, account.accessToken);
    assert.equal(answer.status, 200, answer.text);
    const { id, username, email } = account.user;
    has(answer.body.user, { id, username, email }, 'the user');
    assert.equal(typeof answer.body.user.role, 'string');
    const claims = claimsOf(account.accessToken);
    const headers = [
      {}, { Authorization: '' }, { Authorization: 'Bearer' }, { Authorization: 'Basic YTpi' }, bearer('x'), bearer(account.refreshToken),
      bearer(mintToken(claims, newSecret())), bearer(mintToken(claims, server.secrets.refresh)), bearer(mintToken(claims, '', { alg: 'none' })),
      bearer(mintToken(claimsOf(account.refreshToken), server.secrets.jwt)), bearer(expiredToken(account.accessToken, server.secrets.jwt)),
      bearer(mintToken({ ...claims, userId: 'f'.repeat(32), sub: 'f'.repeat(32) }, server.secrets.jwt)),
    ];
    for (const header of headers) {
      const refused = await get(server, '/api/auth/me', header);
      assert.equal(refused.status, 401, `${JSON.stringify(header).slice(0, 60)}: ${refused.text}`);
      assert.equal(refused.body.error, 'Unauthorized');
    }
    const noToken = [['/api/auth/logout', {}], ['/api/auth/logout-all', {}], ['/api/auth/password', { currentPassword: PASSWORD, newPassword: 'Passw0rd2' }]];
    for (const [path, body] of noToken) {
      const refused = await post(server, path, body);
      assert.equal(refused.status, 401, `${path}: ${refused.text}`);
      assert.equal(refused.body.error, 'Unauthorized', path);
    }
  });

  for (const [how, logout] of [
    ['by refresh token', (server, account) => post(server, '/api/auth/logout', { refreshToken: account.refreshToken })],
    ['by bearer with an empty object', (server, account) => post(server, '/api/auth/logout', {}, bearer(account.accessToken))],
    ['by bearer without a body', (server, account) => post(server, '/api/auth/logout', '', { ...bearer(account.accessToken), 'Content-Length': 0 })],
  ]) {
    // Shows: R20 R21 R32 S16
    test(`logout ${how} is 204 and ends that session within a second`, async () => {
      const name = `out${how.length}`;
      const account = await register(server, name);
      const other = await login(server, name);
      const [leaving, staying] = [await twoSockets(server, account), await twoSockets(server, other)];
      const answer = await logout(server, account);
      assert.equal(answer.status, 204, answer.text);
      assert.equal(answer.text, '');
      await leaving.gone(1000);
      refreshRefused(await refresh(server, account.refreshToken), null, 'after logout');
      assert.ok(!(await isIn(server, account.accessToken)), 'the access token is revoked');
      assert.equal((await refusedIo(server, { token: account.accessToken })).message, 'AUTH_FAILED');
      assert.ok(staying.stillOpen(), 'the other session stays');
      assert.ok(await isIn(server, other.accessToken));
    });
  }

  // Shows: R21 R32
  test('logout-all ends every session of the user and no other', async () => {
    const [first, stranger] = [await register(server, 'all'), await register(server, 'stranger')];
    const second = await login(server, 'all');
    const sockets = await Promise.all([first, second].map((account) => twoSockets(server, account)));
    const untouched = await twoSockets(server, stranger);
    assert.equal((await post(server, '/api/auth/logout-all', {}, bearer(first.accessToken))).status, 204);
    await Promise.all(sockets.map((pair) => pair.gone(1000)));
    for (const account of [first, second]) assert.ok(!(await isIn(server, account.accessToken)));
    assert.ok(untouched.stillOpen());
  });

  // Shows: R30
  test('a password change needs the current one and ends the other sessions', async () => {
    const account = await register(server, 'change');
    const other = await login(server, 'change');
    const sockets = await twoSockets(server, other);
    const change = (body) => post(server, '/api/auth/password', body, bearer(account.accessToken));
    const wrong = await change({ currentPassword: 'Wrong0000', newPassword: 'Passw0rd2' });
    assert.deepEqual([wrong.status, wrong.body.error], [401, 'Invalid credentials']);
    const weak = await change({ currentPassword: PASSWORD, newPassword: 'short' });
    assert.deepEqual([weak.status, weak.body.error], [400, 'Password min 8 chars']);
    const done = await change({ currentPassword: PASSWORD, newPassword: 'Passw0rd2' });
    assert.equal(done.status, 200, done.text);
    await sockets.gone(1000);
    assert.ok(!(await isIn(server, other.accessToken)));
    assert.ok(await isIn(server, account.accessToken), 'the session that changed it stays');
    assert.equal((await post(server, '/api/auth/login', { email: account.email, password: PASSWORD })).status, 401);
    await login(server, { ...account, password: 'Passw0rd2' });
  });

  // Shows: R33
  test('the eleventh session ends the oldest', async () => {
    const first = await register(server, 'many');
    for (let i = 0; i < 9; i++) await login(server, 'many');
    assert.ok(await isIn(server, first.accessToken), 'ten sessions are allowed');
    await login(server, 'many');
    assert.ok(!(await isIn(server, first.accessToken)), 'the oldest one ended');
  });
});

// Shows: R28 R30 R85
test('guesses at a current password are counted for its user, wherever they come from', async () => {
  const server = await startServer({ set: { ...ROOMY, 'limits.auth_attempts': 3, 'proxy.trusted': '127.0.0.1' } });
  const [account, neighbour] = [await register(server, 'guessed'), await register(server, 'neighbour')];
  const change = ({ accessToken }, currentPassword, address) => post(
    server, '/api/auth/password', { currentPassword, newPassword: 'Passw0rd2' }, { ...bearer(accessToken), 'X-Forwarded-For': address },
  );
  for (let i = 1; i <= 3; i += 1) assert.equal((await change(account, 'Wrong0000', `10.0.0.${i}`)).status, 401);
  const over = await change(account, PASSWORD, '10.0.0.4');
  assert.deepEqual([over.status, over.body.error], [429, 'Too many attempts']);
  assert.equal((await change(neighbour, PASSWORD, '10.0.0.4')).status, 200);
  await cleanUp();
});

describe('refresh with strict', () => {
  after(cleanUp);

  // Shows: R17
  test('any second use revokes the family', async () => {
    const server = await startServer({ set: { ...ROOMY, 'auth.refresh_rotation': 'strict' } });
    const account = await register(server, 'strict');
    const sockets = await twoSockets(server, account);
    const second = await refreshed(server, account.refreshToken, 'first use');
    assert.ok(sockets.stillOpen());
    refreshRefused(await refresh(server, account.refreshToken), 'TOKEN_REUSED', 'second use');
    await sockets.gone(1000);
    refreshRefused(await refresh(server, second.refreshToken), null, 'its successor');
    assert.ok(!(await isIn(server, second.accessToken)));
  });
});
