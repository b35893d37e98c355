// Tokens of an external issuer: its JWK Set, the life of its tokens on live sockets, and keys that change while the server runs.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ROOMY, ask, bearer, cleanUp, connectIo, connectPlain, disconnected, eventually, get, heard, newFolder, post, refusedIo, run, startServer,
} from './server.mjs';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);

// A key of an issuer: its JWK, and tokens that it signs.
function makeKey(alg, kid) {
  const pair = alg === 'RS256' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    pem: pair.publicKey.export({ type: 'spki', format: 'pem' }),
    jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg },
    secretJwk: { ...pair.privateKey.export({ format: 'jwk' }), kid },
    token(claims = {}, header = {}) {
      const now = seconds();
      const all = { sub: 'user-1', name: 'Ada', iss: 'securechat', aud: 'securechat', iat: now, exp: now + 3600, ...claims };
      const input = `${encode({ alg, kid, ...header })}.${encode(all)}`;
      return `${input}.${sign('sha256', Buffer.from(input), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    },
  };
}

const writeSet = (file, keys) => writeFileSync(file, JSON.stringify({ keys }));

for (const alg of ['RS256', 'ES256']) {
  describe(`an external issuer with ${alg}`, () => {
    const [one, two] = [makeKey(alg, 'one'), makeKey(alg, 'two')];
    const other = makeKey(alg === 'RS256' ? 'ES256' : 'RS256', 'other');
    let server;
    let file;
    let audit;
    before(async () => {
      const dir = newFolder();
      [file, audit] = [join(dir, 'jwks.json'), join(dir, 'audit.log')];
      writeSet(file, [one.jwk, other.jwk]);
      const set = { ...ROOMY, 'auth.public_key': file, 'auth.algorithm': alg, 'log.audit_file': audit };
      server = await startServer({ set, env: { JWT_SECRET: undefined, JWT_REFRESH_SECRET: undefined } });
    });
    after(cleanUp);

    async function reload() {
      const reloads = () => readFileSync(audit, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line))
        .filter(({ event }) => event === 'config.reloaded');
      const count = reloads().length;
      server.signal('SIGHUP');
      await eventually(() => reloads().length > count, 'the end of the reload');
      return [reloads().at(-1).result, reloads().at(-1).reason];
    }
    const refusal = async (token) => (await refusedIo(server, { token })).message;

    // Shows: R10 R11
    test('the key that kid names lets in; everything else is AUTH_FAILED', async () => {
      const socket = await connectIo(server, { token: one.token() });
      assert.equal((await ask(socket, 'send-message', { message: 'hello' })).ok, true);
      socket.disconnect();
      for (const [what, token] of [
        ['a key that is not in the set', two.token()],
        ['another key under that name', two.token({}, { kid: 'one' })],
        ['a key of the set, for another algorithm', other.token()],
        ['its name, and its algorithm claimed', other.token({}, { alg })],
        ['an unknown kid', one.token({}, { kid: 'three' })],
        ['a path', one.token({}, { kid: '../one' })],
        ['a number', one.token({}, { kid: 1 })],
        ['crit', one.token({}, { crit: ['exp'] })],
        ['a key that it brings', two.token({}, { jwk: two.jwk, kid: undefined })],
        ['another issuer', one.token({ iss: 'evil' })],
        ['another audience', one.token({ aud: ['evil'] })],
      ]) assert.equal(await refusal(token), 'AUTH_FAILED', what);
      assert.equal(await refusal(one.token({ exp: seconds() - 1 })), 'TOKEN_EXPIRED');
      assert.equal((await post(server, '/api/auth/refresh', { refreshToken: one.token() })).status, 401, 'no refresh tokens here');
    });

    // Shows: R22
    test('auth-expiring comes, and at its exp the socket ends', async () => {
      const exp = seconds() + 2;
      const token = one.token({ exp });
      const [socket, plain] = [await connectIo(server, { token }), await connectPlain(server, { token })];
      assert.equal(Date.parse((await heard(socket, 'auth-expiring')).expiresAt), exp * 1000);
      assert.equal(Date.parse((await plain.next('auth-expiring')).data.expiresAt), exp * 1000);
      const ends = [disconnected(socket), plain.closed()];
      assert.equal((await heard(socket, 'error')).message, 'TOKEN_EXPIRED');
      assert.equal((await Promise.all(ends))[1].code, 4401);
      const late = Date.now() - exp * 1000;
      assert.ok(late > -100 && late < 1200, `${late} ms after its end`);
    });

    // Shows: R22
    test('refresh-auth takes a newer token of the same user only', async () => {
      const exp = seconds() + 2;
      const [socket, plain] = [await connectIo(server, { token: one.token({ exp }) }), await connectPlain(server, { token: one.token({ exp }) })];
      for (const [token, error] of [[one.token({ sub: 'user-2' }), 'Forbidden'], [two.token(), 'AUTH_FAILED'], [one.token({ exp: seconds() - 5 }), 'TOKEN_EXPIRED']]) {
        assert.equal((await ask(socket, 'refresh-auth', { token })).error, error);
      }
      const newer = one.token({ name: 'Ada L.' });
      for (const answer of [await ask(socket, 'refresh-auth', { token: newer }), await plain.request('refresh-auth', { token: newer })]) {
        assert.equal(answer.ok, true);
        assert.ok(Date.parse(answer.expiresAt) > (exp + 3000) * 1000);
      }
      await new Promise((resolve) => { setTimeout(resolve, Math.max(0, exp * 1000 + 700 - Date.now())); });
      assert.ok(socket.connected && plain.isOpen, 'they outlive the older token');
      const message = heard(socket, 'receive-message');
      assert.equal((await plain.request('send-message', { message: 'renewed' })).ok, true);
      assert.equal((await message).username, 'Ada L.', 'the newer claims count');
    });

    // Shows: R20 R21
    test('a revoked jti or sid is refused, and its sockets close within two seconds', async () => {
      const flags = ['--set', `auth.public_key=${file}`, '--set', `auth.algorithm=${alg}`, '--db', server.dbPath];
      const revoke = async (name) => {
        const end = await run(['login', 'revoke', name, ...flags]);
        assert.equal(end.code, 0, end.stderr);
      };
      const names = [{ jti: 'j1', sid: 's1' }, { jti: 'j2', sid: 's1' }, { jti: 'j3' }, {}];
      const sockets = await Promise.all(names.map((more) => connectIo(server, { token: one.token(more) })));
      await revoke('j3');
      assert.equal(await disconnected(sockets[2], 2000), 'io server disconnect');
      assert.equal(await refusal(one.token({ jti: 'j3', x: 'another text' })), 'AUTH_FAILED');
      assert.ok(sockets[0].connected && sockets[1].connected);
      await revoke('j2');
      assert.equal(await refusal(one.token(names[1])), 'AUTH_FAILED');
      assert.ok(sockets[1].connected, 'its login lives on');
      await revoke('s1');
      for (const socket of sockets.slice(0, 2)) assert.equal(await disconnected(socket, 2000), 'io server disconnect');
      for (const more of names.slice(0, 2)) assert.equal(await refusal(one.token(more)), 'AUTH_FAILED');
      assert.equal((await ask(sockets[3], 'refresh-auth', { token: one.token(names[0]) })).error, 'AUTH_FAILED');
      assert.equal((await ask(sockets[3], 'refresh-auth', { token: one.token({ jti: 'j4' }) })).ok, true);
      await revoke('j4');
      assert.equal(await disconnected(sockets[3], 2000), 'io server disconnect', 'the name of the newer token counts');
      (await connectIo(server, { token: one.token({ jti: 'j5' }) })).disconnect();
    });

    // Shows: R23 R87
    test('SIGHUP takes another set; a bad one keeps the old', async () => {
      const socket = await connectIo(server, { token: one.token() });
      for (const [what, keys] of [
        ['nothing for the algorithm', [other.jwk]], ['a private key', [one.secretJwk]], ['one kid twice', [one.jwk, { ...two.jwk, kid: 'one' }]],
        ['a secret', [{ kty: 'oct', k: 'AAAA', kid: 'x' }]], ['no numbers', [{ kty: one.jwk.kty, crv: 'P-256', kid: 'x' }]],
      ]) {
        writeSet(file, keys);
        assert.deepEqual(await reload(), ['refused', 'INVALID_CONFIGURATION'], what);
        assert.ok(!(await get(server, '/api/auth/me', bearer(two.token()))).ok);
        (await connectIo(server, { token: one.token() })).disconnect();
      }
      assert.match(server.stderr(), /auth\.public_key key 1 is a private key/);
      writeSet(file, [two.jwk, one.jwk]);
      assert.deepEqual(await reload(), ['ok', 'KEYS_CHANGED']);
      for (const key of [one, two]) (await connectIo(server, { token: key.token() })).disconnect();
      assert.equal(await refusal(one.token({}, { kid: undefined })), 'AUTH_FAILED', 'of two keys one must be named');
      writeSet(file, [two.jwk]);
      await reload();
      assert.equal(await refusal(one.token()), 'AUTH_FAILED');
      assert.ok(socket.connected, 'who is in stays');
      assert.equal((await ask(socket, 'refresh-auth', { token: one.token() })).error, 'AUTH_FAILED');
      assert.equal((await ask(socket, 'refresh-auth', { token: two.token() })).ok, true);
    });

    test('a set that is no good is refused at start', async () => {
      const bad = join(newFolder(), 'jwks.json');
      const check = (path) => run(['--check', '--set', `auth.public_key=${path}`, '--set', `auth.algorithm=${alg}`, '--set', 'db.path=:memory:']);
      for (const text of ['{}', '{"keys":[]}', JSON.stringify({ keys: [one.secretJwk] }), JSON.stringify({ keys: [other.jwk] }), 'nothing']) {
        writeFileSync(bad, text);
        const end = await check(bad);
        assert.deepEqual([end.code, /auth\.public_key/.test(end.stderr)], [2, true], end.stderr);
      }
      for (const text of [one.pem, JSON.stringify({ keys: [one.jwk, two.jwk] })]) {
        writeFileSync(bad, text);
        assert.equal((await check(bad)).code, 0);
      }
    });
  });
}
