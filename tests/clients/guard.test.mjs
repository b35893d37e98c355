// What a request may look like: each malformed one is refused with its status and closed, and the next peer is served. Over plain
// HTTP and over TLS, as the first request of a connection and behind a good one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { dial, head, upgrade, withCertificate } from './raw.mjs';
import { ORIGIN, ROOMY, ask, binary, cleanUp, connectIo, get, heard, register, startServer } from './server.mjs';

const EVIL = 'http://evil.example';
const HEALTH = 'GET /healthz HTTP/1.1';
const LOGIN = 'POST /api/auth/login HTTP/1.1';
const POLLING = '/socket.io/?EIO=4&transport=polling';
const WEBSOCKET = '/socket.io/?EIO=4&transport=websocket';

const health = (...lines) => head(HEALTH, 'Host: x', ...lines);
const login = (...lines) => `${head(LOGIN, 'Host: x', 'Content-Type: application/json', ...lines)}{}`;
const without = (name, path = '/ws') => upgrade(path).replace(new RegExp(`^${name}: .*\r\n`, 'm'), '');
const withKey = (value) => upgrade('/ws').replace(/^Sec-WebSocket-Key: .*$/m, `Sec-WebSocket-Key: ${value}`);
const smuggled = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n';

// Since 4.3 libwebsockets, then libwebsockets.so.19, does not show with what a head ends.
const SEES_THE_END = /\blibwebsockets\.so\.1[0-8]\b/.test(execFileSync('ldd', [binary()]));
const bareEnd = (...lines) => ['a head that ends with a bare line feed', `${[HEALTH, 'Host: x', ...lines].join('\r\n')}\r\n\n`];

// What is refused, how it is written, and the status. 0: libwebsockets closes without a word, before anyone is asked.
const ROWS = [
  ...['/ws', POLLING, WEBSOCKET, '/nope'].flatMap((path) => ['8', '14', '130', null].map((version) =>
    [`version ${version} of WebSocket on ${path}`, upgrade(path, { version }), 426])),
  ['no key', without('Sec-WebSocket-Key'), 400],
  ['a key of 2 bytes', withKey('abc='), 400],
  ['a key of 15 bytes', withKey('AQIDBAUGBwgJCgsMDQ4P'), 400],
  ['a key of 17 bytes', withKey('AQIDBAUGBwgJCgsMDQ4PEBE='), 400],
  ['a key that is no base64', withKey('*QIDBAUGBwgJCgsMDQ4PEA=='), 400],
  ['two keys', upgrade('/ws', { extra: ['Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=='] }), 400],
  ['an upgrade by POST', upgrade('/ws', { method: 'POST', extra: ['Content-Length: 0'] }), 400],
  ['an upgrade by HEAD', upgrade('/ws', { method: 'HEAD' }), 400],
  ['an upgrade of HTTP/1.0', upgrade('/ws', { protocol: 'HTTP/1.0' }), 400],
  ['an upgrade without Connection', without('Connection'), 400],
  ['an upgrade without Host', without('Host'), 400],
  ['an upgrade with a body', upgrade('/ws', { extra: ['Content-Length: 3'] }), 400],
  ['an upgrade in chunks', upgrade('/ws', { extra: ['Transfer-Encoding: chunked'] }), 501],
  ['h2c', health('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'), 400],
  ['h2c beside websocket', upgrade('/ws', { extra: ['Upgrade: h2c'] }), 400],
  ['a foreign upgrade', health('Connection: Upgrade', 'Upgrade: foo'), 403],

  ['HTTP/2.0', head('GET /healthz HTTP/2.0', 'Host: x'), 400],
  ['HTTP/9.9', head('GET /healthz HTTP/9.9', 'Host: x'), 400],
  ['no version', head('GET /healthz', 'Host: x'), 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 403],
  ['CONNECT', head('CONNECT x:443 HTTP/1.1', 'Host: x'), 405],
  ['TRACE', head('TRACE /healthz HTTP/1.1', 'Host: x'), 403],
  ['an unknown method', head('BREW /healthz HTTP/1.1', 'Host: x'), 403],
  ['two request lines', head(HEALTH, LOGIN, 'Host: x'), 0],

  ['no Host', head(HEALTH, 'X-C: b'), 400],
  ['an empty Host', head(HEALTH, 'Host:'), 400],
  ['two Hosts', health('Host: y'), 400],
  ['two equal Hosts', health('Host: x'), 400],
  ['a list of Hosts', head(HEALTH, 'Host: x, y'), 400],
  ['a Host with a path', head(HEALTH, 'Host: x/y'), 400],

  ...[['GET', health()], ['POST', login('Content-Length: 2')], ['a handshake', head(`GET ${POLLING} HTTP/1.1`, 'Host: x')], ['an upgrade', without('Origin')],
    ['an upgrade of Engine.IO', without('Origin', WEBSOCKET)]].flatMap(([what, good]) => [
    [`${what} with two Origins`, good.replace('\r\n\r\n', `\r\nOrigin: ${ORIGIN}\r\nOrigin: ${EVIL}\r\n\r\n`), 400],
    [`${what} with two equal Origins`, good.replace('\r\n\r\n', `\r\nOrigin: ${ORIGIN}\r\nOrigin: ${ORIGIN}\r\n\r\n`), 400],
    [`${what} with a NUL in Origin`, good.replace('\r\n\r\n', `\r\nOrigin: ${ORIGIN}\0.evil.example\r\n\r\n`), 400],
    [`${what} with a control byte in Origin`, good.replace('\r\n\r\n', `\r\nOrigin: ${ORIGIN}\x7f\r\n\r\n`), 400],
  ]),

  ...['chunked', 'identity', 'gzip, chunked', ' '].map((coding) => [`Transfer-Encoding: ${coding}`, `${head(LOGIN, 'Host: x', `Transfer-Encoding: ${coding}`)}0\r\n\r\n`, 501]),
  ['chunked beside a length', `${head(LOGIN, 'Host: x', 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n${smuggled}`, 501],
  ...['-5', '+2', '2x', '0x2', '2, 2', '2 2', '', '1e1', '99999999999999999999'].map((length) => [`Content-Length: ${length}`, login(`Content-Length: ${length}`) + smuggled, 400]),
  ['two lengths', login('Content-Length: 2', 'Content-Length: 30'), 400],
  ['two equal lengths', login('Content-Length: 2', 'Content-Length: 2'), 400],
  ['a body of GET', `${health('Content-Length: 3')}abc`, 400],
  ['an odd expectation', health('Expect: wonders'), 417],

  ['a blank before the colon', health('X-C : b'), 400],
  ['a folded line', health('X-C: b', ' folded', 'X-B: c'), 400],
  ['a NUL in a header', health('X-C: b\0c'), 400],
  // No fault of the peer's, but what libwebsockets makes of it is a name with a line end inside.
  ['X-Auth, the beginning of the known x-auth-token', health('X-Auth: a', 'X-B: c'), 400],
  ...(SEES_THE_END ? [[...bareEnd(), 400]] : []),
  ['a line end in the path', head('GET /health%0az HTTP/1.1', 'Host: x'), 400],
  ['65 headers', health(...Array.from({ length: 64 }, (_, i) => `X-${i}: a`)), 431],
  ['a header of 9000 bytes', health(`X-Big: ${'a'.repeat(9000)}`), 431],
  ['9 KiB of headers', health(...Array.from({ length: 9 }, (_, i) => `X-${i}: ${'a'.repeat(1024)}`)), 431],
  ['30 KiB of headers', health(...Array.from({ length: 30 }, (_, i) => `X-${i}: ${'a'.repeat(1024)}`)), 0],
  ['2000 headers', health(...Array.from({ length: 2000 }, (_, i) => `X-${i}: a`)), 0],
  ['a path of 2049 bytes', head(`GET /${'a'.repeat(2048)} HTTP/1.1`, 'Host: x'), 414],
  ['a query of 2048 bytes', head(`GET /healthz?${'a'.repeat(2048)} HTTP/1.1`, 'Host: x'), 414],
];

const FINE = [
  ...(SEES_THE_END ? [] : [[...bareEnd('Connection: close'), 200]]),
  ['64 headers', health('Connection: close', ...Array.from({ length: 62 }, (_, i) => `X-${i}: a`)), 200],
  ['8 KiB of headers', health('Connection: close', ...Array.from({ length: 7 }, (_, i) => `X-${i}: ${'a'.repeat(1100)}`)), 200],
  ['a path of 2048 bytes', head(`GET /${'a'.repeat(2047)} HTTP/1.1`, 'Host: x', 'Connection: close'), 404],
  ['a length with blanks around it', login('Content-Length:  2  ', 'Connection: close'), 401],
  ['HTTP/1.0', head('GET /healthz HTTP/1.0', 'Host: x'), 200],
];

// What a refusal says of itself beside its status.
const SAYS = {
  405: { allow: /\bGET\b/ },
  426: { 'sec-websocket-version': /^13$/, upgrade: /^websocket$/ },
};

function headersOf(text) {
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n').slice(1);
  return lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);
}

for (const [over, options] of [['plain HTTP', () => ({})], ['TLS', withCertificate]]) {
  describe(`the guard over ${over}`, () => {
    let server;
    before(async () => { server = await startServer({ set: { ...ROOMY, ...options() } }); });
    after(cleanUp);

    const isServed = async () => assert.equal((await get(server, '/healthz')).body?.status, 'ok', 'a well-formed request after it is served');

    async function refuses(peer, status) {
      await peer.closed(4000, 'the close of the connection');
      assert.equal(peer.status(), status, peer.text().slice(0, 300));
      if (status === 0) return assert.equal(peer.text(), '');
      assert.equal(peer.text().match(/HTTP\/1\.[01] \d/g).length, 1, 'one answer only: nothing was smuggled');
      const headers = headersOf(peer.text());
      const names = headers.map(([name]) => name);
      assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), [], 'no header comes twice');
      const named = Object.fromEntries(headers);
      if (status !== 403) {  // That one is libwebsockets' own.
        const { error, code } = JSON.parse(peer.text().slice(peer.text().indexOf('\r\n\r\n')));
        assert.equal(error === 'Bad request', status === 400, error);
        assert.match(code, /^[A-Z_]+$/);
      }
      assert.equal(named['x-content-type-options'], 'nosniff');
      assert.equal(named['strict-transport-security'] !== undefined, over === 'TLS', 'HSTS over TLS only');
      for (const [name, value] of Object.entries(SAYS[status] ?? {})) assert.match(named[name] ?? '', value, name);
    }

    for (const [what, bytes, status] of ROWS) {
      // Shows: R3 R4 R56 R79
      test(`${what}: ${status || 'closed'}`, async () => {
        await refuses(dial(server).write(Buffer.from(bytes, 'latin1')), status);
        await isServed();
      });
    }

    // Shows: R4
    test('each of them on a connection that has been used', async () => {
      for (const [what, bytes, status] of ROWS) {
        const peer = dial(server).write(health());
        assert.equal(await peer.answer(), 200);
        peer.bytes = Buffer.alloc(0);
        await refuses(peer.write(Buffer.from(bytes, 'latin1')), status).catch((error) => assert.fail(`${what}: ${error.message}`));
      }
      await isServed();
    });

    test('what keeps to the limits passes', async () => {
      for (const [what, bytes, status] of FINE) {
        const peer = dial(server).write(bytes);
        await peer.closed(4000, 'the end of the answer');
        assert.equal(peer.status(), status, what);
      }
    });
  });
}

describe('TLS', () => {
  let server;
  before(async () => { server = await startServer({ set: { ...ROOMY, ...withCertificate() } }); });
  after(cleanUp);

  for (const [offered, negotiated] of [[['h2'], false], [['h2', 'http/1.1'], 'http/1.1'], [['http/1.1'], 'http/1.1'], [['http/1.0'], false], [undefined, false]]) {
    // Shows: R74
    test(`ALPN ${offered ?? 'not used'}: ${negotiated || 'nothing'} is negotiated, HTTP/1.1 is spoken`, async () => {
      const peer = dial(server, offered ? { ALPNProtocols: offered } : {}).write(health('Connection: close'));
      await peer.closed();
      assert.equal(peer.socket.alpnProtocol, negotiated);
      assert.equal(peer.status(), 200);
    });
  }

  // Shows: S37
  test('Socket.IO and its upgrade', async () => {
    const { accessToken: token } = await register(server, 'ada');
    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
      const socket = await connectIo(server, { token, transports, rejectUnauthorized: false });
      const answer = await ask(socket, 'send-message', { message: `over ${transports}` });
      assert.equal(answer.ok, true);
      assert.equal((await heard(socket, 'receive-message', (m) => m.id === answer.id)).message, `over ${transports}`);
      socket.disconnect();
    }
  });
});
