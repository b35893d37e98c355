// No answer of any kind lacks helmet's headers: every status, whoever decides it and wherever, over plain HTTP and over TLS.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Poller } from '../clients/poller.mjs';
import { dial, head, upgrade, withCertificate } from '../clients/raw.mjs';
import { ORIGIN, PASSWORD, ROOMY, cleanUp, eventually, newFolder, register, startServer } from '../clients/server.mjs';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HELMET = {
  'content-security-policy': /^default-src 'self';.*object-src 'none';.*script-src 'self';.*script-src-attr 'none'/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'origin-agent-cluster': /^\?1$/,
  'referrer-policy': /^no-referrer$/,
  'x-content-type-options': /^nosniff$/,
  'x-dns-prefetch-control': /^off$/,
  'x-download-options': /^noopen$/,
  'x-frame-options': /^SAMEORIGIN$/,
  'x-permitted-cross-domain-policies': /^none$/,
  'x-xss-protection': /^0$/,
};
const POLLING = '/socket.io/?EIO=4&transport=polling';
const get = (path, ...lines) => head(`GET ${path} HTTP/1.1`, 'Host: x', ...lines);
const post = (path, body, ...lines) => `${head(`POST ${path} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, ...lines)}${body}`;
const account = (name) => JSON.stringify({ username: name, email: `${name}@example.com`, password: PASSWORD });

// What is wrong with the head of an answer, or nothing.
function lacks(text, tls) {
  const named = {};
  for (const line of text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n').slice(1)) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    if (name in named) return `${name} comes twice`;
    named[name] = line.slice(line.indexOf(':') + 1).trim();
  }
  for (const [name, value] of Object.entries(HELMET)) if (!value.test(named[name] ?? '')) return `${name} is ${named[name]}`;
  const hsts = named['strict-transport-security'];
  if (!tls && hsts !== undefined) return 'Strict-Transport-Security without TLS';
  if (tls && !(Number(/^max-age=(\d+); includeSubDomains$/.exec(hsts)?.[1]) >= 31536000)) return `Strict-Transport-Security is ${hsts}`;
  for (const name of ['x-powered-by', 'server', 'via']) if (name in named) return `${name} names a product`;
  // Who may read /metrics may know what runs.
  if (named['content-type']?.startsWith('text/plain; version=')) return '';
  return /libwebsockets|securechat\/|express/i.test(text.replace(/securechat\.v1/g, '')) ? 'a product is named' : '';
}

for (const [over, options] of [['plain HTTP', () => ({})], ['TLS', withCertificate]]) {
  describe(`over ${over}`, () => {
    const tls = over === 'TLS';
    const seen = new Set();
    let server;
    let strict;
    let ada;
    before(async () => {
      const files = newFolder();
      mkdirSync(join(files, 'sub'));
      writeFileSync(join(files, 'index.html'), '<p>');
      writeFileSync(join(files, 'sub', 'app.js'), ';');
      const set = { ...ROOMY, ...options(), 'http.static_dir': files };
      server = await startServer({ set });
      strict = await startServer({ set: { ...set, 'origin.strict': 'on', 'limits.auth_attempts': 1 } });
      ada = await register(server, 'ada');
    });
    after(cleanUp);

    // Sends the bytes and looks at the head of the last answer.
    async function look(what, to, bytes, status) {
      const peer = dial(to).write(Buffer.from(bytes, 'latin1'));
      assert.equal(await peer.answer(), status, `${what}: ${peer.text().slice(0, 100)}`);
      assert.equal(lacks(peer.text(), tls), '', `${what}, ${status}`);
      seen.add(status);
      peer.socket.destroy();
      return peer;
    }

    // Shows: R78 R79 S41
    test('whatever is asked', async () => {
      const bearer = `Authorization: Bearer ${ada.accessToken}`;
      const rows = [
        ['a page', get('/'), 200], ['a file below', get('/sub/app.js'), 200], ['the head of a page', head('HEAD / HTTP/1.1', 'Host: x'), 200],
        ['health', get('/healthz'), 200], ['metrics', get('/metrics'), 200], ['me', get('/api/auth/me', bearer), 200],
        ['register', post('/api/auth/register', account('bob')), 201], ['login', post('/api/auth/login', account('ada')), 200],
        ['a taken address', post('/api/auth/register', account('bob')), 409], ['a password change without a token', post('/api/auth/password', '{}'), 401],
        ['a refresh of nothing', post('/api/auth/refresh', '{}'), 401], ['broken JSON', post('/api/auth/login', '{'), 400],
        ['another type', post('/api/auth/login', '{}').replace('application/json', 'text/plain'), 415],
        ['a large body', head('POST /api/auth/login HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 999999'), 413],
        ['no such path', get('/nope'), 404], ['no such file', get('/sub/../../etc/passwd'), 404], ['another method', get('/api/auth/login'), 405],
        ['a preflight', head('OPTIONS /api/auth/login HTTP/1.1', 'Host: x', `Origin: ${ORIGIN}`, 'Access-Control-Request-Method: POST'), 204],
        ['the handshake over polling', get(POLLING, `Origin: ${ORIGIN}`), 200], ['an unknown transport', get('/socket.io/?EIO=4&transport=smoke'), 400],
        ['an unknown session', get(`${POLLING}&sid=none`), 400], ['a token in the query', get(`${POLLING}&token=x`), 400],
        ['/ws', upgrade('/ws'), 101], ['/ws from another origin', upgrade('/ws', { origin: 'http://evil.example' }), 101],
        ['Engine.IO over WebSocket', upgrade('/socket.io/?EIO=4&transport=websocket'), 101], ['/ws without an upgrade', get('/ws'), 426],
        ['an old version of WebSocket', upgrade('/ws', { version: '8' }), 426], ['an upgrade elsewhere', upgrade('/nope'), 404],
        // Decided before any handler sees a request.
        ['two Hosts', get('/', 'Host: y'), 400], ['chunks', get('/', 'Transfer-Encoding: chunked'), 501], ['CONNECT', head('CONNECT x:443 HTTP/1.1', 'Host: x'), 405],
        ['h2c', get('/', 'Connection: Upgrade', 'Upgrade: h2c'), 400], ['an odd expectation', get('/', 'Expect: wonders'), 417],
        ['65 headers', get('/', ...Array.from({ length: 64 }, (_, i) => `X-${i}: a`)), 431], ['a long path', get(`/${'a'.repeat(2048)}`), 414],
        // Decided in libwebsockets itself.
        ['TRACE', head('TRACE / HTTP/1.1', 'Host: x'), 403], ['a foreign upgrade', get('/', 'Connection: Upgrade', 'Upgrade: foo'), 403],
        ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 403],
      ];
      for (const [what, bytes, status] of rows) await look(what, server, bytes, status);
      const etag = /^etag: (.*)$/im.exec((await look('a page once more', server, get('/'), 200)).text())[1].trim();
      await look('a page that the peer has', server, get('/', `If-None-Match: ${etag}`), 304);
      await look('another origin, strictly', strict, upgrade('/ws', { origin: 'http://evil.example' }), 403);
      await look('another origin over polling, strictly', strict, get(POLLING, 'Origin: http://evil.example'), 403);
      await look('the last attempt', strict, post('/api/auth/login', account('nobody')), 401);
      await look('one attempt too many', strict, post('/api/auth/login', account('nobody')), 429);
      await look('logout', server, post('/api/auth/logout', '{}', bearer), 204);
    });

    // Shows: R78
    test('a session over polling, and the end of the server', async () => {
      const eve = await register(server, 'eve');
      const { sid } = await Poller.join(server, eve.accessToken);
      const session = `${POLLING}&sid=${sid}`;
      await look('a POST', server, post(session, '3', `Origin: ${ORIGIN}`).replace('application/json', 'text/plain'), 200);
      await look('a POST that is too large', server, head(`POST ${session} HTTP/1.1`, 'Host: x', `Origin: ${ORIGIN}`, 'Content-Length: 9000000'), 413);
      // It ends only once this session has had its last words, or has not asked for them.
      const kept = dial(server).write(get('/healthz'));
      assert.equal(await kept.answer(), 200);
      server.signal('SIGTERM');
      await eventually(async () => {
        kept.bytes = Buffer.alloc(0);
        kept.write(get('/healthz'));
        return await kept.answer() === 503;
      }, '503 from a server that ends', 1500);
      assert.equal(lacks(kept.text(), tls), '', 'draining');
      seen.add(503);
    });

    test('every status of ours was there', () => {
      const all = [101, 200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 413, 414, 415, 417, 426, 429, 431, 501, 503];
      assert.deepEqual(all.filter((status) => !seen.has(status)), []);
    });
  });
}
