// Register, login and the checks before them: bodies, statuses, texts, their order, and the attempt limit.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  PASSWORD, ROOMY, bearer, claimsOf, cleanUp, get, has, headerOf, login, mintToken, pause, post, register, startServer,
} from './server.mjs';

const REGISTER = '/api/auth/register';
const LOGIN = '/api/auth/login';

function refusedWith(answer, status, text, what) {
  assert.equal(answer.status, status, `${what}: status (answer: ${answer.text})`);
  assert.equal(answer.body?.error, text, `${what}: error text`);
  assert.match(String(answer.body?.code), /^[A-Z][A-Z_0-9]*$/, `${what}: a code in capitals`);
  assert.match(answer.headers['content-type'], /^application\/json; charset=utf-8$/i, `${what}: content type`);
}

describe('register and login', () => {
  let server;
  before(async () => { server = await startServer({ set: ROOMY }); });
  after(cleanUp);

  test('register answers 201 with tokens and the user', async () => {
    const answer = await post(server, REGISTER, { username: 'ada', email: 'ada@example.com', password: PASSWORD });
    assert.equal(answer.status, 201, answer.text);
    const { body } = answer;
    assert.equal(body.success, true);
    assert.match(body.user.id, /^[0-9a-f]{32}$/, 'the id is 32 hex digits');
    assert.equal(body.user.username, 'ada');
    assert.equal(body.user.email, 'ada@example.com');
    assert.equal(typeof body.csrfToken, 'string');
    assert.ok(body.csrfToken.length >= 32, 'the CSRF token is long');
    assert.equal(body.expiresIn, 3600, 'expiresIn is the access life in seconds');
    assert.ok(!/password|hash|\$2/i.test(answer.text.replace(body.accessToken, '').replace(body.refreshToken, '')), 'nothing of the password comes back');
  });

  // Shows: R13 R14 S43
  test('the tokens are HS256 with the named claims; access and refresh differ', async () => {
    const { accessToken, refreshToken, user } = await register(server, 'claims');
    for (const token of [accessToken, refreshToken]) {
      assert.equal(headerOf(token).alg, 'HS256');
      const claims = claimsOf(token);
      for (const name of ['userId', 'username', 'email', 'iss', 'aud', 'sub', 'iat', 'exp', 'jti', 'sid', 'token_use']) {
        assert.ok(name in claims, `claim ${name} is there`);
      }
      assert.equal(claims.userId, user.id);
      assert.equal(claims.sub, user.id);
      assert.equal(claims.username, 'claims');
      assert.equal(claims.iss, 'securechat');
    }
    const [access, fresh] = [claimsOf(accessToken), claimsOf(refreshToken)];
    assert.equal(access.exp - access.iat, 3600);
    assert.equal(fresh.exp - fresh.iat, 7 * 86400);
    assert.equal(access.sid, fresh.sid, 'one session');
    assert.notEqual(access.jti, fresh.jti);
    assert.notEqual(access.aud, fresh.aud);
    assert.notEqual(access.token_use, fresh.token_use);
    assert.equal(mintToken(access, server.secrets.jwt).split('.').length, 3);
  });

  // Shows: R32 S43
  test('login answers 200 with the same body and a session of its own', async () => {
    const first = await register(server, 'bob');
    const answer = await post(server, LOGIN, { email: 'bob@example.com', password: PASSWORD });
    assert.equal(answer.status, 200, answer.text);
    const { id, username, email } = first.user;
    has(answer.body.user, { id, username, email }, 'the user');
    assert.equal(answer.body.success, true);
    assert.equal(answer.body.expiresIn, 3600);
    assert.notEqual(answer.body.accessToken, first.accessToken);
    assert.notEqual(claimsOf(answer.body.accessToken).sid, claimsOf(first.accessToken).sid);
    const again = await login(server, 'bob');
    assert.notEqual(again.accessToken, answer.body.accessToken, 'two logins in one second differ');
    assert.notEqual(again.refreshToken, answer.body.refreshToken);
  });

  // Shows: R41
  test('unknown fields are ignored', async () => {
    const answer = await post(server, REGISTER, {
      username: 'extra', email: 'extra@example.com', password: PASSWORD, role: 'admin', id: '0'.repeat(32), admin: true,
    });
    assert.equal(answer.status, 201, answer.text);
    assert.notEqual(answer.body.user.id, '0'.repeat(32));
    const me = await get(server, '/api/auth/me', bearer(answer.body.accessToken));
    assert.notEqual(me.body.user.role, 'admin', 'nobody makes himself admin');
  });

  // Shows: R40 R42 R43 S20
  test('register: e-mail, then password, then username', async () => {
    const good = { username: 'order', email: 'order@example.com', password: PASSWORD };
    const cases = [
      [{ username: '', email: 'no', password: 'x' }, 'Invalid email'],
      [{ ...good, email: undefined }, 'Invalid email'],
      [{ ...good, email: 5 }, 'Invalid email'],
      [{ ...good, email: ['order@example.com'] }, 'Invalid email'],
      [{ ...good, email: { $ne: null } }, 'Invalid email'],
      [{ ...good, email: 'a b@example.com' }, 'Invalid email'],
      [{ ...good, email: 'a@b@example.com' }, 'Invalid email'],
      [{ ...good, email: '@example.com' }, 'Invalid email'],
      [{ ...good, email: `${'a'.repeat(250)}@example.com` }, 'Invalid email'],
      [{ username: '', email: good.email, password: 'aA1' }, 'Password min 8 chars'],
      [{ username: '', email: good.email, password: 'abcdefgh' }, 'Need upper and lowercase'],
      [{ username: '', email: good.email, password: 'ABCDEFG1' }, 'Need upper and lowercase'],
      [{ username: '', email: good.email, password: 'Abcdefgh' }, 'Need number'],
      [{ username: '', email: good.email, password: `Aa1${'x'.repeat(70)}` }, 'Password too long'],
      [{ username: '', email: good.email, password: `Aa1${'é'.repeat(35)}` }, 'Password too long'],
      [{ ...good, username: undefined }, 'Invalid username'],
      [{ ...good, username: null }, 'Invalid username'],
      [{ ...good, username: 42 }, 'Invalid username'],
      [{ ...good, username: {} }, 'Invalid username'],
      [{ ...good, username: '' }, 'Invalid username'],
      [{ ...good, username: 'u'.repeat(65) }, 'Invalid username'],
    ];
    for (const [body, text] of cases) {
      refusedWith(await post(server, REGISTER, body), 400, text, `register ${JSON.stringify(body).slice(0, 90)}`);
    }
  });

  // Shows: R25 R40 S20 S21
  test('register: a password of a wrong type is 400, never 500; a NUL in it is 400', async () => {
    for (const password of [12345678, null, ['Passw0rd1'], { a: 1 }, true, undefined]) {
      const answer = await post(server, REGISTER, { username: 'types', email: 'types@example.com', password });
      assert.equal(answer.status, 400, `password ${JSON.stringify(password)}: ${answer.text}`);
      assert.match(answer.body.error, /^(Password min 8 chars|Invalid password)$/);
    }
    const nul = await post(server, REGISTER, '{"username":"nul","email":"nul@example.com","password":"Passw0rd\\u0000x"}');
    assert.equal(nul.status, 400, nul.text);
    assert.match(nul.body.error, /^Invalid (password|JSON)$/);
  });

  // Shows: R43 S6
  test('register: the characters a username must not have', async () => {
    for (const bad of ['<', '>', '&', '"', "'", '/', '\\', '`', '\u0001', '\n', '\u007f', '\u0085', '\u202e', '\u2066', '\u200b', '\ufeff']) {
      const body = { username: `a${bad}b`, email: 'chars@example.com', password: PASSWORD };
      refusedWith(await post(server, REGISTER, body), 400, 'Invalid username', `U+${bad.codePointAt(0).toString(16)}`);
    }
  });

  test('register: the longest username, 72 bytes of password, other scripts', async () => {
    await register(server, 'n'.repeat(64), { email: 'long@example.com', password: `Aa1${'x'.repeat(69)}` });
    await register(server, '😀'.repeat(64), { email: 'emoji@example.com' });
    await register(server, 'Zoë Ångström', { email: 'zoe@example.com' });
    await login(server, { email: 'long@example.com', password: `Aa1${'x'.repeat(69)}` });
  });

  // Shows: R42 S19
  test('an e-mail counts trimmed and lower-cased', async () => {
    const answer = await post(server, REGISTER, { username: 'norm', email: '  Norm@Example.COM ', password: PASSWORD });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.user.email.toLowerCase(), 'norm@example.com');
    const twice = await post(server, REGISTER, { username: 'norm2', email: 'norm@example.com', password: PASSWORD });
    refusedWith(twice, 409, 'Email exists', 'the same e-mail in other letters');
    const invalidName = await post(server, REGISTER, { username: '', email: 'norm@example.com', password: PASSWORD });
    refusedWith(invalidName, 400, 'Invalid username', 'the username is checked before the e-mail is looked up');
    await login(server, { email: ' NORM@example.com  ', password: PASSWORD });
  });

  // Shows: R93 S18
  test('ten parallel registrations of one e-mail make one account', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) =>
      post(server, REGISTER, { username: `race${i}`, email: i % 2 ? 'race@example.com' : 'RACE@example.com', password: PASSWORD })));
    const statuses = answers.map((answer) => answer.status).sort();
    assert.deepEqual(statuses, [201, ...Array(9).fill(409)], 'one 201, nine 409');
    for (const answer of answers.filter(({ status }) => status === 409)) refusedWith(answer, 409, 'Email exists', 'a loser');
  });

  // Shows: R27 R40 S17
  test('login: any mismatch and any wrong type is 401', async () => {
    await register(server, 'lena');
    const email = 'lena@example.com';
    const cases = [
      {}, { email }, { password: PASSWORD }, { email, password: 'wrong' }, { email, password: 'Wrong0000' }, { email, password: '' },
      { email: 'nobody@example.com', password: PASSWORD }, { email: 'not an e-mail', password: PASSWORD }, { email, password: 1 },
      { email, password: null }, { email, password: [PASSWORD] }, { email: 1, password: PASSWORD }, { email: [email], password: PASSWORD },
      { email: { $gt: '' }, password: PASSWORD }, { email, password: `${PASSWORD}${'x'.repeat(100)}` },
    ];
    for (const body of cases) refusedWith(await post(server, LOGIN, body), 401, 'Invalid credentials', `login ${JSON.stringify(body).slice(0, 80)}`);
    await login(server, 'lena');
  });
});

describe('the attempt limit', () => {
  after(cleanUp);

  // Shows: R28 S23
  test('the sixth attempt of an address is 429, register and login together', async () => {
    const server = await startServer();
    assert.equal((await post(server, REGISTER, { username: 'one', email: 'one@example.com', password: PASSWORD })).status, 201);
    assert.equal((await post(server, REGISTER, { username: 'x', email: 'no', password: '' })).status, 400, 'a refused body counts too');
    assert.equal((await post(server, LOGIN, { email: 'one@example.com', password: PASSWORD })).status, 200);
    for (const { type, body, status } of [
      { type: 'application/json', body: `{"pad":"${'x'.repeat(11000)}"}`, status: 413 },
      { type: 'text/plain', body: '{}', status: 415 },
      { type: 'application/json', body: '{', status: 400 },
      { type: 'application/json', body: '[]', status: 400 },
    ]) {
      assert.equal((await post(server, LOGIN, body, { 'Content-Type': type })).status, status, `${status} is not counted`);
    }
    assert.equal((await post(server, LOGIN, { email: 'one@example.com', password: 'bad' })).status, 401);
    assert.equal((await post(server, LOGIN, {})).status, 401, 'the fifth attempt is answered');
    for (const [path, body] of [[LOGIN, { email: 'one@example.com', password: PASSWORD }], [REGISTER, { email: 'no' }]]) {
      const answer = await post(server, path, body);
      refusedWith(answer, 429, 'Too many attempts', path);
      const wait = Number(answer.headers['retry-after']);
      assert.ok(wait >= 1 && wait <= 900, `Retry-After within the window: ${answer.headers['retry-after']}`);
      assert.equal(answer.headers['x-ratelimit-limit'], '5');
      assert.equal(answer.headers['x-ratelimit-remaining'], '0');
      assert.match(answer.headers['x-ratelimit-reset'] ?? '', /^\d+$/);
    }
    assert.equal((await post(server, LOGIN, '{}', { 'Content-Type': 'text/plain' })).status, 415, 'the type is checked before the limit');
    assert.equal((await post(server, LOGIN, '{')).body.error, 'Invalid JSON', 'the JSON is checked before the limit');
  });

  test('the window passes', async () => {
    const server = await startServer({ set: { 'limits.auth_attempts': 2, 'limits.auth_window': '1s' } });
    assert.equal((await post(server, LOGIN, {})).status, 401);
    assert.equal((await post(server, LOGIN, {})).status, 401);
    assert.equal((await post(server, LOGIN, {})).status, 429);
    await pause(2200);
    assert.equal((await post(server, LOGIN, {})).status, 401, 'after two windows without an attempt');
  });
});
