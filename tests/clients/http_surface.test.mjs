// What every HTTP answer has in common: the header set, CORS, the order of the early checks, 404 and 405.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, ROOMY, bearer, cleanUp, get, post, register, request, startServer } from './server.mjs';

const HELMET = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};

function hasHelmet(answer, what) {
  for (const [name, value] of Object.entries(HELMET)) assert.equal(answer.headers[name], value, `${what}: ${name}`);
  const policy = answer.headers['content-security-policy'] ?? '';
  for (const part of ["default-src 'self'", "object-src 'none'", "frame-ancestors 'self'"]) {
    assert.ok(policy.includes(part), `${what}: Content-Security-Policy has ${part}, it is "${policy}"`);
  }
  assert.equal(answer.headers['strict-transport-security'], undefined, `${what}: no HSTS without TLS`);
  assert.equal(answer.headers['x-powered-by'], undefined, `${what}: no X-Powered-By`);
  assert.doesNotMatch(answer.headers.server ?? '', /\d/, `${what}: no version in Server`);
}

describe('the HTTP surface', () => {
  let server;
  let user;
  before(async () => {
    server = await startServer({ set: { ...ROOMY, 'origin.allowed': ' http://localhost:3000 , https://chat.example.com' } });
    user = await register(server, 'ada');
  });
  after(cleanUp);

  // Shows: R78 S41
  test('every kind of answer carries the header set', async () => {
    const big = `{"pad":"${'x'.repeat(11000)}"}`;
    const answers = [
      ['GET /', await get(server, '/'), 200],
      ['GET /healthz', await get(server, '/healthz'), 200],
      ['GET /metrics', await get(server, '/metrics'), 200],
      ['GET me', await get(server, '/api/auth/me', bearer(user.accessToken)), 200],
      ['401', await get(server, '/api/auth/me'), 401],
      ['login 401', await post(server, '/api/auth/login', {}), 401],
      ['register 400', await post(server, '/api/auth/register', {}), 400],
      ['409', await post(server, '/api/auth/register', { username: 'ada2', email: user.email, password: PASSWORD }), 409],
      ['404', await get(server, '/nope'), 404],
      ['405', await get(server, '/api/auth/login'), 405],
      ['413', await post(server, '/api/auth/login', big), 413],
      ['415', await post(server, '/api/auth/login', '{}', { 'Content-Type': 'text/plain' }), 415],
      ['preflight', await request(server, {
        method: 'OPTIONS', path: '/api/auth/login', headers: { Origin: server.origin, 'Access-Control-Request-Method': 'POST' },
      }), 204],
      ['Engine.IO error', await get(server, '/socket.io/?EIO=4&transport=nonsense', { Origin: server.origin }), 400],
    ];
    for (const [what, answer, status] of answers) {
      assert.equal(answer.status, status, `${what}: status (${answer.text.slice(0, 200)})`);
      hasHelmet(answer, what);
    }
  });

  // Shows: R80
  test('answers of the auth API are JSON and are not stored', async () => {
    const answers = [
      await post(server, '/api/auth/login', { email: user.email, password: PASSWORD }),
      await post(server, '/api/auth/login', {}),
      await post(server, '/api/auth/refresh', { refreshToken: 'x' }),
      await get(server, '/api/auth/me', bearer(user.accessToken)),
    ];
    for (const answer of answers) {
      assert.equal(answer.headers['content-type']?.toLowerCase(), 'application/json; charset=utf-8', answer.text);
      assert.match(answer.headers['cache-control'] ?? '', /\bno-store\b/);
    }
  });

  test('health and metrics', async () => {
    const health = await get(server, '/healthz');
    assert.equal(health.body?.status, 'ok');
    const metrics = await get(server, '/metrics');
    assert.match(metrics.headers['content-type'], /^text\/plain/);
    assert.match(metrics.text, /^securechat_\w+(\{[^}]*\})? \d/m, 'a sample line whose name starts with securechat_');
    assert.match(metrics.text, /^# TYPE securechat_/m);
  });

  // Shows: R81
  test('a listed origin is echoed, another is not, Vary is always there', async () => {
    for (const origin of ['http://localhost:3000', 'https://chat.example.com']) {
      const answer = await post(server, '/api/auth/login', {}, { Origin: origin });
      assert.equal(answer.headers['access-control-allow-origin'], origin);
      assert.match(answer.headers.vary ?? '', /\bOrigin\b/i);
    }
    for (const origin of ['http://evil.example', 'http://localhost:30000', 'http://localhost:3000.evil.example', 'https://localhost:3000', 'null']) {
      const answer = await get(server, '/healthz', { Origin: origin });
      assert.equal(answer.headers['access-control-allow-origin'], undefined, `not for ${origin}`);
      assert.match(answer.headers.vary ?? '', /\bOrigin\b/i, 'Vary for an unlisted origin');
    }
    assert.match((await get(server, '/healthz')).headers.vary ?? '', /\bOrigin\b/i, 'Vary without an Origin');
  });

  // Shows: R81
  test('preflight is 204 and names what is allowed', async () => {
    const ask = (origin) => request(server, {
      method: 'OPTIONS',
      path: '/api/auth/login',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type,authorization' },
    });
    const allowed = await ask('http://localhost:3000');
    assert.equal(allowed.status, 204);
    assert.equal(allowed.text, '');
    assert.equal(allowed.headers['access-control-allow-origin'], 'http://localhost:3000');
    assert.match(allowed.headers['access-control-allow-methods'] ?? '', /\bPOST\b/);
    assert.match(allowed.headers['access-control-allow-headers'] ?? '', /content-type/i);
    assert.match(allowed.headers['access-control-allow-headers'] ?? '', /authorization/i);
    const other = await ask('http://evil.example');
    assert.equal(other.status, 204);
    assert.equal(other.headers['access-control-allow-origin'], undefined);
  });

  test('unknown paths are 404', async () => {
    for (const [method, path] of [['GET', '/nope'], ['POST', '/api/auth/nope'], ['GET', '/api'], ['GET', '/api/auth/login/']]) {
      const answer = await request(server, { method, path });
      assert.equal(answer.status, 404, `${method} ${path}`);
      assert.equal(answer.body?.error, 'Not found');
      assert.equal(typeof answer.body.code, 'string');
    }
  });

  test('wrong methods are 405 with Allow', async () => {
    for (const [method, path, allowed] of [
      ['GET', '/api/auth/login', 'POST'],
      ['GET', '/api/auth/register', 'POST'],
      ['PUT', '/api/auth/refresh', 'POST'],
      ['GET', '/api/auth/logout', 'POST'],
      ['DELETE', '/api/auth/me', 'GET'],
      ['POST', '/healthz', 'GET'],
    ]) {
      const answer = await request(server, { method, path });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.equal(answer.body?.error, 'Method not allowed');
      assert.ok((answer.headers.allow ?? '').split(/\s*,\s*/).includes(allowed), `${method} ${path}: Allow is "${answer.headers.allow}"`);
    }
  });

  // Shows: R56
  test('a body of limits.body bytes passes, one byte more is 413', async () => {
    const body = (bytes) => { const frame = '{"email":"a@example.com","pad":""}'; return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`); };
    assert.equal(body(10240).length, 10240);
    assert.equal((await post(server, '/api/auth/login', body(10240))).status, 401);
    const over = await post(server, '/api/auth/login', body(10241));
    assert.equal(over.status, 413);
    assert.equal(over.body.error, 'Payload too large');
    const overText = await post(server, '/api/auth/login', body(10241), { 'Content-Type': 'text/plain' });
    assert.equal(overText.status, 413, 'the size is checked before the type');
  });

  // Shows: R38 S20
  test('anything but application/json is 415, before the JSON is looked at', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'text/json', 'multipart/form-data; boundary=x']) {
      const answer = await post(server, '/api/auth/register', '{', { 'Content-Type': type });
      assert.equal(answer.status, 415, type);
      assert.equal(answer.body.error, 'Unsupported media type');
    }
    const none = await request(server, { method: 'POST', path: '/api/auth/login', body: '{}' });
    assert.equal(none.status, 415, 'a body without a type');
    for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset=UTF-8']) {
      assert.equal((await post(server, '/api/auth/login', '{}', { 'Content-Type': type })).status, 401, type);
    }
  });

  // Shows: R39 S20 S32
  test('what is not one strict JSON object is Invalid JSON', async () => {
    const bodies = ['', '{', '[]', 'null', '1', '"x"', 'true', '{"email":"a",}', "{'email':'a'}", '{"email":"a"} x', '{"email":"a"}{}',
      '{"email":"a","email":"b"}', '{"n":01}', '{"n":NaN}', '{"s":"\t"}', '\ufeff{}', '{"s":"\\ud800"}', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`,
      Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d])];
    for (const body of bodies) {
      const answer = await post(server, '/api/auth/login', body);
      assert.equal(answer.status, 400, `${JSON.stringify(body.toString()).slice(0, 60)}: ${answer.text}`);
      assert.equal(answer.body.error, 'Invalid JSON', JSON.stringify(body.toString()).slice(0, 60));
    }
  });
});
