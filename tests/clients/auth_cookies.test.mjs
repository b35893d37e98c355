// auth.cookies: tokens as cookies that no script can read, and the CSRF token that shows who asked.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ACCESS, Page, REFRESH, cookiesOf } from './cookies.mjs';
import {
  ORIGIN, PASSWORD, ROOMY, ask, bearer, cleanUp, claimsOf, connectIo, connectPlain, disconnected, eventually, expiredToken, get, newSecret, openPlain, post,
  refusedIo, refusedPlain, request, run, startServer,
} from './server.mjs';
import { dial, head, withCertificate } from './raw.mjs';
import { OPEN } from './poller.mjs';

const FOREIGN = 'https://evil.example';
const COOKIES = { ...ROOMY, 'auth.cookies': 'on' };

let server;
let names = 0;
before(async () => { server = await startServer({ set: COOKIES }); });
after(cleanUp);

// A page whose user has just registered; page.registered is the answer.
async function someone(at = server) {
  const page = new Page(at);
  const name = `user${names++}`;
  page.email = `${name}@example.com`;
  page.registered = await page.post('/api/auth/register', { username: name, email: page.email, password: PASSWORD });
  assert.equal(page.registered.status, 201, page.registered.text);
  return page;
}

const me = (page) => page.get('/api/auth/me');
// The handshake of a page: by default with its cookies and its CSRF token.
const asPage = (page, { csrfToken = page.csrfToken, origin = page.origin, cookie = page.cookie, ...more } = {}) => ({
  ...(csrfToken === null ? {} : { csrfToken }), origin, ...more, headers: { ...(cookie ? { Cookie: cookie } : {}), ...more.headers },
});

describe('tokens as cookies', () => {
  // Shows: R36 S29
  test('register, login and refresh set both, and no body has one', async () => {
    const page = await someone();
    const answers = [page.registered, await page.post('/api/auth/login', { email: page.email, password: PASSWORD }),
      await page.post('/api/auth/refresh')];
    for (const answer of answers) {
      assert.ok(answer.status < 300, answer.text);
      const cookies = cookiesOf(answer);
      assert.deepEqual([...cookies.keys()], [ACCESS, REFRESH]);
      for (const { attributes } of cookies.values()) {
        assert.deepEqual(attributes.slice(0, 4), ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict'], 'and no Domain');
        assert.equal(attributes.length, 5);
      }
      const access = claimsOf(cookies.get(ACCESS).value);
      const refreshed = claimsOf(cookies.get(REFRESH).value);
      assert.equal(cookies.get(ACCESS).attributes[4], `Max-Age=${access.exp - access.iat}`);
      assert.equal(cookies.get(REFRESH).attributes[4], `Max-Age=${refreshed.exp - refreshed.iat}`);
      assert.equal(answer.body.accessToken, undefined);
      assert.equal(answer.body.refreshToken, undefined);
      assert.ok(!answer.text.includes(cookies.get(ACCESS).value) && !answer.text.includes(cookies.get(REFRESH).value));
      assert.match(answer.body.csrfToken, /^[0-9a-f]{64}\.[0-9a-f]{32}$/);
      assert.equal(answer.body.expiresIn, 3600);
    }
    assert.equal((await me(page)).body.user.email, page.email);
  });

  // Shows: R32 R36
  test('logout ends the session and takes the cookies along, also when the access token is over', async () => {
    for (const drop of [[], [ACCESS], [REFRESH]]) {
      const page = await someone();
      const before = page.tab();
      for (const name of drop) page.jar.delete(name);
      const answer = await page.post('/api/auth/logout');
      assert.equal(answer.status, 204, answer.text);
      assert.deepEqual([...cookiesOf(answer)].map(([name, { value, attributes }]) => [name, value, attributes.at(-1)]),
        [[ACCESS, '', 'Max-Age=0'], [REFRESH, '', 'Max-Age=0']]);
      assert.equal(page.jar.size, 0);
      assert.equal((await me(before)).status, 401, 'who kept the cookies is a stranger, too');
    }
  });

  test('logout-all ends the other sessions, and their sockets', async () => {
    const page = await someone();
    const other = new Page(server);
    await other.post('/api/auth/login', { email: page.email, password: PASSWORD });
    const socket = await connectIo(server, asPage(other));
    const answer = await page.post('/api/auth/logout-all');
    assert.equal(answer.status, 204, answer.text);
    assert.equal(cookiesOf(answer).size, 2);
    await disconnected(socket);
    assert.equal((await me(other)).status, 401);
  });

  test('a password change by cookie', async () => {
    const page = await someone();
    const body = { currentPassword: PASSWORD, newPassword: 'Passw0rd2' };
    const refused = async () => Number(/^securechat_refusals_total\{at="api",reason="CSRF_FAILED"\} (\d+)$/m.exec((await get(server, '/metrics')).text)[1]);
    const before = await refused();
    assert.equal((await page.post('/api/auth/password', body, { 'X-CSRF-Token': undefined })).status, 403);
    assert.equal(await refused(), before + 1, 'it is counted');
    assert.equal((await page.post('/api/auth/password', body)).status, 200);
    assert.equal((await page.post('/api/auth/login', { email: page.email, password: 'Passw0rd2' })).status, 200);
  });

  test('a failed refresh or login sets no cookie', async () => {
    const page = await someone();
    page.jar.set(REFRESH, page.jar.get(ACCESS));
    for (const answer of [await page.post('/api/auth/refresh'), await page.post('/api/auth/login', { email: page.email, password: 'Wrong00000' })]) {
      assert.equal(answer.status, 401, answer.text);
      assert.equal(answer.headers['set-cookie'], undefined);
    }
  });

  // Shows: R88
  test('the cookies reach no log', async () => {
    const logged = await startServer({ set: { ...COOKIES, 'log.level': 'debug' } });
    const page = await someone(logged);
    await me(page);
    await page.post('/api/auth/refresh');
    await connectIo(logged, asPage(page));
    await refusedIo(logged, asPage(page, { cookie: `${page.cookie}; ${page.cookie}` }));
    for (const token of [...page.jar.values(), page.csrfToken]) assert.ok(!logged.stderr().includes(token.slice(-32)));
    await logged.stop();
  });
});

describe('a page that was just opened', () => {
  test('is told its CSRF token, by either cookie', async () => {
    const page = await someone();
    for (const drop of [[], [ACCESS], [REFRESH]]) {
      const tab = page.tab();
      for (const name of drop) tab.jar.delete(name);
      const answer = await tab.get('/api/auth/csrf');
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.deepEqual(Object.keys(answer.body), ['csrfToken']);
      if (tab.jar.has(REFRESH)) assert.equal((await tab.tab().keep(answer) && await tab.post('/api/auth/refresh')).status, 200);
    }
    assert.equal((await new Page(server).get('/api/auth/csrf')).status, 401);
  });

  // Shows: R37
  test('nobody else is: no foreign page, no other site of the same domain, no native client', async () => {
    const page = await someone();
    for (const headers of [{ Origin: FOREIGN }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' },
      { Origin: FOREIGN, 'Sec-Fetch-Site': 'same-origin' }, {}]) {
      const answer = await get(server, '/api/auth/csrf', { Cookie: page.cookie, Host: 'localhost:3000', ...headers });
      assert.equal(answer.status, 401, JSON.stringify(headers));
      assert.equal(answer.headers['access-control-allow-credentials'], undefined);
    }
    assert.equal((await get(server, '/api/auth/csrf', bearer(page.jar.get(ACCESS)))).status, 401, 'a bearer needs none');
  });

  // Shows: R81
  test('a listed origin may read answers with its cookies, no other', async () => {
    const page = await someone();
    const answer = await get(server, '/api/auth/me', { Cookie: page.cookie, Origin: ORIGIN });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['access-control-allow-origin'], ORIGIN);
    assert.equal(answer.headers['access-control-allow-credentials'], 'true');
    const preflight = await request(server, { method: 'OPTIONS', path: '/api/auth/refresh', headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST' } });
    assert.match(preflight.headers['access-control-allow-headers'], /X-CSRF-Token/);
    const foreign = await get(server, '/api/auth/me', { Cookie: page.cookie, Origin: FOREIGN });
    assert.equal(foreign.status, 401, 'its cookies are not looked at');
    assert.equal(foreign.headers['access-control-allow-origin'], undefined);
    assert.equal(foreign.headers['access-control-allow-credentials'], undefined);
  });
});

describe('what a foreign page tries', () => {
  // Shows: R36 R37 S28
  test('a POST without the CSRF token, or with another session\'s', async () => {
    const page = await someone();
    const other = await someone();
    for (const path of ['refresh', 'logout', 'logout-all', 'password']) {
      for (const token of [undefined, '', 'x', other.csrfToken, page.csrfToken.toUpperCase(), page.jar.get(ACCESS)]) {
        const answer = await page.post(`/api/auth/${path}`, { currentPassword: PASSWORD, newPassword: 'Passw0rd2' }, { 'X-CSRF-Token': token });
        assert.equal(answer.status, 403, `${path} ${token}`);
        assert.deepEqual(answer.body, { error: 'Invalid CSRF token', code: 'CSRF_FAILED' });
        assert.equal(answer.headers['set-cookie'], undefined);
      }
    }
    assert.equal((await me(page)).status, 200, 'the session stands');
  });

  // Shows: R38
  test('any POST from its own origin is 403, with every CSRF token, also a login: it would set cookies', async () => {
    const page = await someone();
    for (const headers of [{ Origin: FOREIGN }, { Origin: 'null' }, { Origin: FOREIGN, 'Sec-Fetch-Site': 'same-site' }]) {
      for (const path of ['login', 'register', 'refresh', 'logout', 'logout-all', 'password']) {
        const answer = await page.post(`/api/auth/${path}`, { username: 'x', email: page.email, password: PASSWORD }, headers);
        assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`);
        assert.equal(answer.headers['set-cookie'], undefined);
      }
    }
    assert.equal((await me(page)).status, 200);
  });

  // Shows: R38
  test('a form post is no JSON', async () => {
    const page = await someone();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      assert.equal((await page.post('/api/auth/refresh', '{}', { 'Content-Type': type })).status, 415);
    }
  });

  // Shows: R1 R36
  test('a cross-site WebSocket or long-polling handshake that brings the victim\'s cookies', async () => {
    const page = await someone();
    const foreign = asPage(page, { origin: FOREIGN });
    for (const transports of [['polling'], ['websocket']]) {
      assert.equal((await refusedIo(server, { ...foreign, transports })).message, 'INVALID_ORIGIN');
    }
    const { code } = await refusedPlain(server, { ...foreign, first: { type: 'auth', csrfToken: page.csrfToken } });
    assert.equal(code, 4403);
  });

  // Shows: R36 R37 S28
  test('a handshake of the right page without the CSRF token, or with another session\'s', async () => {
    const page = await someone();
    const other = await someone();
    for (const csrfToken of [null, '', other.csrfToken, 5]) {
      for (const transports of [['polling'], ['websocket']]) {
        assert.equal((await refusedIo(server, asPage(page, { csrfToken, transports }))).message, 'CSRF_FAILED');
      }
      const { error, code } = await refusedPlain(server, { ...asPage(page), first: { type: 'auth', ...(csrfToken === null ? {} : { csrfToken }) } });
      assert.deepEqual([error.code, code], ['CSRF_FAILED', 4403]);
    }
  });

  // Shows: R36
  test('tossed cookies: two of one name are refused, whichever is right', async () => {
    const page = await someone();
    const other = await someone();
    const [mine, hers] = [page.jar.get(ACCESS), other.jar.get(ACCESS)];
    for (const cookie of [`${ACCESS}=${hers}; ${ACCESS}=${mine}`, `${ACCESS}=${mine}; ${ACCESS}=${mine}`, `${ACCESS}=; ${ACCESS}=${mine}`]) {
      assert.equal((await me({ get: (path) => page.get(path, { Cookie: cookie }) })).status, 401, cookie);
      assert.equal((await page.post('/api/auth/logout-all', {}, { Cookie: cookie })).status, 401);
      assert.equal((await refusedIo(server, asPage(page, { cookie }))).message, 'AUTH_FAILED');
    }
    const twice = `${REFRESH}=${other.jar.get(REFRESH)}; ${page.cookie}`;
    assert.equal((await page.post('/api/auth/refresh', {}, { Cookie: twice })).status, 401);
    assert.equal((await page.post('/api/auth/logout', {}, { Cookie: twice })).status, 401);
    // In two headers as well, which only raw bytes can say.
    const peer = dial(server).write(head('GET /api/auth/me HTTP/1.1', 'Host: localhost:3000', 'Sec-Fetch-Site: same-origin',
      `Cookie: ${ACCESS}=${hers}`, `Cookie: ${ACCESS}=${mine}`));
    assert.equal(await peer.answer(), 401);
    peer.socket.destroy();
    assert.equal((await me(page)).status, 200, 'one is right');
  });

  test('a cookie and an Authorization header at once: the header stands, also when it is wrong', async () => {
    const page = await someone();
    const other = await someone();
    assert.equal((await page.get('/api/auth/me', bearer('a.b.c'))).status, 401);
    assert.equal((await page.get('/api/auth/me', bearer(other.jar.get(ACCESS)))).body.user.email, other.email);
    assert.equal((await page.post('/api/auth/logout', {}, { ...bearer('a.b.c') })).status, 401);
    assert.equal((await page.post('/api/auth/logout', {}, { ...bearer(other.jar.get(ACCESS)), 'X-CSRF-Token': undefined })).status, 204,
      'no page can set that header without being allowed to: it needs no CSRF token');
    assert.equal((await me(page)).status, 200);
    assert.equal((await me(other)).status, 401);
    assert.equal((await refusedIo(server, asPage(page, { headers: bearer('a.b.c') }))).message, 'AUTH_FAILED');
  });

  test('a cookie of the other kind, or one that has expired', async () => {
    const page = await someone();
    const swapped = `${ACCESS}=${page.jar.get(REFRESH)}; ${REFRESH}=${page.jar.get(ACCESS)}`;
    assert.equal((await page.get('/api/auth/me', { Cookie: swapped })).status, 401);
    assert.equal((await page.post('/api/auth/refresh', {}, { Cookie: swapped })).status, 401);
    const expired = `${ACCESS}=${expiredToken(page.jar.get(ACCESS), server.secrets.jwt)}`;
    assert.equal((await page.get('/api/auth/me', { Cookie: expired })).status, 401);
    assert.equal((await refusedIo(server, asPage(page, { cookie: expired }))).message, 'TOKEN_EXPIRED');
  });
});

describe('a handshake with a cookie', () => {
  test('Socket.IO over each transport, and the plain protocol', async () => {
    const page = await someone();
    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
      const socket = await connectIo(server, asPage(page, { transports }));
      assert.equal((await ask(socket, 'send-message', { message: 'hi' })).ok, true);
    }
    const plain = await connectPlain(server, { ...asPage(page), token: undefined, first: undefined }).catch((error) => error);
    assert.ok(plain instanceof Error, 'the cookie alone joins nothing: the CSRF token comes in the first frame');
    const client = await openPlain(server, asPage(page));
    client.send({ type: 'auth', csrfToken: page.csrfToken });
    assert.equal((await client.next('welcome')).user.email, page.email);
  });

  test('never for a native client, whatever is allowed to come without an origin', async () => {
    const page = await someone();
    assert.equal((await refusedIo(server, asPage(page, { origin: null }))).message, 'INVALID_ORIGIN');
    const open = await startServer({ set: { ...COOKIES, 'origin.allow_missing': true } });
    const there = await someone(open);
    assert.equal((await refusedIo(open, asPage(there, { origin: null }))).message, 'NO_TOKEN');
    await connectIo(open, { token: there.jar.get(ACCESS), origin: null });
    await open.stop();
  });

  test('the end of the session closes it', async () => {
    const page = await someone();
    const socket = await connectIo(server, asPage(page));
    assert.equal((await page.post('/api/auth/logout')).status, 204);
    await disconnected(socket);
  });
});

// A session over polling that joined with the page's cookie; its requests bring the headers that they are given.
async function joined(page) {
  const own = () => ({ Origin: page.origin, Cookie: page.cookie });
  const opened = await get(page.server, OPEN, own());
  const path = `${OPEN}&sid=${JSON.parse(opened.text.slice(1)).sid}`;
  const session = {
    own,
    poll: (headers) => get(page.server, path, headers),
    post: (body, headers) => request(page.server, { method: 'POST', path, body, headers }),
    upgrade: (origin, headers) => openPlain(page.server, { path: path.replace('=polling', '=websocket'), protocols: [], origin, headers }),
    over: () => eventually(async () => (await session.poll(own())).body?.code === 1, 'the end of the session'),
  };
  assert.equal((await session.post(`40${JSON.stringify({ csrfToken: page.csrfToken })}`, own())).text, 'ok');
  assert.match((await session.poll(own())).text, /^40\{"sid":/);
  return session;
}

for (const threads of [1, 4]) {
  describe(`the sid of a session that began with a cookie, on ${threads} event loops`, () => {
    let at;
    let page;
    let strangers;
    before(async () => {
      at = await startServer({ set: { ...COOKIES, 'listen.threads': threads } });
      page = await someone(at);
      const other = await someone(at);
      const again = new Page(at);
      await again.post('/api/auth/login', { email: page.email, password: PASSWORD });
      const { sid } = claimsOf(page.jar.get(ACCESS));
      const token = page.jar.get(ACCESS);
      const Origin = page.origin;
      strangers = [{}, { Origin }, { Origin, 'Sec-Fetch-Site': 'same-origin' }, { Cookie: page.cookie }, { Origin: FOREIGN, Cookie: page.cookie },
        { Origin, Cookie: other.cookie }, { Origin, Cookie: again.cookie }, { Origin, Cookie: `${page.cookie}; ${page.cookie}` },
        { Origin, Cookie: `${ACCESS}=${page.jar.get(REFRESH)}` }, { Origin, Cookie: `${ACCESS}=${token.slice(0, -8)}AAAAAAAA` },
        { Origin, ...bearer(`login ${sid}`) }, { Origin, ...bearer(token) }];
    });
    after(() => at.stop());

    // Shows: R35 R36
    test('is worth nothing without a cookie of that login, from an accepted origin', async () => {
      for (const headers of strangers) {
        for (const ride of [(s) => s.poll(headers), (s) => s.post('42["send-message",{"message":"stolen"}]', headers)]) {
          const session = await joined(page);
          assert.equal((await ride(session)).status, 403, JSON.stringify(headers));
          await session.over();
        }
        const session = await joined(page);
        await assert.rejects(session.upgrade(null, headers), { status: 403 }, JSON.stringify(headers));
        await session.over();
      }
    });

    test('goes on with the cookies that a refresh made, and with one that has expired meanwhile', async () => {
      const session = await joined(page);
      const before = session.own();
      const expired = { ...before, Cookie: `${ACCESS}=${expiredToken(page.jar.get(ACCESS), at.secrets.jwt)}` };
      assert.equal((await page.post('/api/auth/refresh')).status, 200);
      assert.notEqual(page.cookie, before.Cookie);
      for (const headers of [session.own(), before, expired, { Referer: `${page.origin}/`, Host: new URL(page.origin).host, Cookie: page.cookie }]) {
        assert.equal((await session.post('3', headers)).text, 'ok', JSON.stringify(headers));
      }
      const socket = await session.upgrade(page.origin, { Cookie: page.cookie });
      socket.ws.terminate();
    });
  });
}

describe('where it does not hold', () => {
  test('by default nothing sets or reads a cookie', async () => {
    const plain = await startServer({ set: ROOMY });
    const page = await someone(plain);
    assert.equal(page.registered.headers['set-cookie'], undefined);
    const cookie = `${ACCESS}=${page.registered.body.accessToken}; ${REFRESH}=${page.registered.body.refreshToken}`;
    assert.equal((await page.get('/api/auth/me', { Cookie: cookie })).status, 401);
    assert.equal((await page.post('/api/auth/refresh', {}, { Cookie: cookie })).status, 401);
    assert.equal((await page.get('/api/auth/csrf', { Cookie: cookie })).status, 404);
    assert.equal((await refusedIo(plain, asPage(page, { cookie }))).message, 'NO_TOKEN');
    assert.equal((await get(plain, '/api/auth/me', { Origin: ORIGIN })).headers['access-control-allow-credentials'], undefined);
    await plain.stop();
  });

  // Shows: R36
  test('without TLS on more than loopback the server does not start', async () => {
    const env = { JWT_SECRET: newSecret(), JWT_REFRESH_SECRET: newSecret() };
    const args = ['--check', '--set', 'auth.cookies=on', '--set', 'db.path=:memory:'];
    const refused = await run([...args, '--set', 'listen.host=0.0.0.0'], { env });
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /auth\.cookies needs TLS.*tls\.cert.*proxy\.trusted/);
    for (const more of [[], ['--set', 'listen.host=0.0.0.0', '--set', 'proxy.trusted=10.0.0.0/8']]) {
      assert.equal((await run([...args, ...more], { env })).code, 0);
    }
  });

  test('over TLS, with an empty list of origins', async () => {
    const secure = await startServer({ set: { ...COOKIES, ...withCertificate(), 'origin.allowed': '' } });
    secure.origin = secure.url;
    const page = await someone(secure);
    assert.equal((await me(page)).status, 200);
    assert.equal((await page.tab().get('/api/auth/csrf')).status, 200);
    const socket = await connectIo(secure, asPage(page, { rejectUnauthorized: false }));
    assert.equal(socket.connected, true);
    socket.disconnect();
    await secure.stop();
  });

  test('behind a proxy that speaks TLS', async () => {
    const proxied = await startServer({ set: { ...COOKIES, 'proxy.trusted': '127.0.0.1', 'origin.allowed': '' } });
    proxied.origin = 'https://chat.example.com';
    const page = await someoneBehind(proxied);
    assert.equal((await page.get('/api/auth/csrf', { 'X-Forwarded-Proto': 'https' })).status, 200);
    assert.equal((await page.post('/api/auth/refresh', {}, { Host: 'chat.example.com' })).status, 403, 'http:// is another origin');
    const twice = dial(proxied).write(head('POST /api/auth/refresh HTTP/1.1', 'Host: chat.example.com', 'Content-Type: application/json', 'Content-Length: 2',
      `Origin: ${page.origin}`, 'X-Forwarded-Proto: https', 'X-Forwarded-Proto: http') + '{}');
    assert.equal(await twice.answer(), 403, 'of two neither counts');
    twice.socket.destroy();
    assert.equal((await page.post('/api/auth/refresh', {}, { Host: 'chat.example.com', 'X-Forwarded-Proto': 'https' })).status, 200);
    await proxied.stop();
  });
});

async function someoneBehind(proxied) {
  const page = new Page(proxied);
  const answer = await page.post('/api/auth/register', { username: 'behind', email: 'behind@example.com', password: PASSWORD },
    { Host: 'chat.example.com', 'X-Forwarded-Proto': 'https' });
  assert.equal(answer.status, 201, answer.text);
  return page;
}
