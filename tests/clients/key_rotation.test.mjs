// Keys of tokens in a file: made and rotated by the command line, taken over while clients are connected.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  ROOMY, ask, bearer, claimsOf, cleanUp, connectIo, connectPlain, eventually, get, headerOf, login, mintToken, newFolder, newSecret, refresh,
  refusedIo, refusedPlain, register, run, startServer,
} from './server.mjs';

const NONE = { JWT_SECRET: undefined, JWT_REFRESH_SECRET: undefined };
const keysIn = (file) => JSON.parse(readFileSync(file, 'utf8')).keys;
const kidOf = (token) => headerOf(token).kid;

async function rotate(file, ...flags) {
  const end = await run(['keys', 'rotate', file, '--json', ...flags]);
  assert.equal(end.code, 0, end.stderr);
  for (const key of keysIn(file)) assert.ok(!(end.stdout + end.stderr).includes(key.k), 'no key is shown');
  return JSON.parse(end.stdout).keys;
}

// A server under a key file, with an audit log, and reload(), which waits for what became of it.
async function serveKeys({ file = join(newFolder(), 'keys.json'), env = NONE, config = { auth: { keys_file: file } } } = {}) {
  if (!existsSync(file)) await rotate(file);
  const audit = join(newFolder(), 'audit.log');
  const server = await startServer({ env, config, set: { ...ROOMY, 'log.audit_file': audit } });
  const reloads = () => readFileSync(audit, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'config.reloaded');
  const reload = async () => {
    const before = reloads().length;
    server.signal('SIGHUP');
    await eventually(() => reloads().length > before, 'the end of the reload');
    const { result, reason } = reloads().at(-1);
    return [result, reason];
  };
  return { server, file, reload };
}

const isIn = async (server, token) => (await get(server, '/api/auth/me', bearer(token))).status === 200;

async function stillWorks(socket, plain) {
  assert.ok(socket.connected && plain.isOpen, 'both are connected');
  assert.equal((await ask(socket, 'send-message', { message: 'still here' })).ok, true);
  assert.equal((await plain.request('room-users', { room: 'lobby' })).ok, true);
}

describe('keys of tokens in a file', () => {
  after(cleanUp);

  // Shows: R23
  test('keys rotate makes a private file, and puts new keys before the older ones', async () => {
    const file = join(newFolder(), 'keys.json');
    const first = await run(['keys', 'rotate', file]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^access +\d{4}-\d\d-\d\d-[0-9a-f]{8} +signs\nrefresh +\d{4}-\d\d-\d\d-[0-9a-f]{8} +signs\n$/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const [oldAccess] = keysIn(file);
    const rotated = await rotate(file);
    assert.deepEqual(rotated.map(({ use, signs }) => [use, signs]), [['access', true], ['access', false], ['refresh', true], ['refresh', false]]);
    assert.equal(rotated[1].kid, oldAccess.kid);
    assert.deepEqual(keysIn(file)[1], oldAccess, 'the older key is as it was');
    assert.equal((await rotate(file, '--keep', '3')).length, 6);
    assert.equal((await rotate(file, '--keep', '0')).length, 2);
    assert.equal(new Set(keysIn(file).map(({ k }) => k)).size, 2);
  });

  test('what keys rotate refuses', async () => {
    const file = join(newFolder(), 'keys.json');
    for (const args of [['keys'], ['keys', 'rotate'], ['keys', 'mend', file], ['keys', 'rotate', file, '--keep', 'all'], ['keys', 'rotate', file, '--keep', '-1'],
      ['keys', 'rotate', file, '--keep', '99'], ['keys', 'rotate', join(file, 'nowhere')]]) {
      const end = await run(args);
      assert.equal(end.code, 2, `${args.join(' ')}: ${end.stderr}`);
      assert.match(end.stderr, /^securechatd: \S/);
    }
    assert.ok(!existsSync(file));
    await rotate(file);
    chmodSync(file, 0o644);
    assert.match((await run(['keys', 'rotate', file])).stderr, /chmod 600/);
  });

  // Shows: R15 S15
  test('bad key files are refused at start, naming the option and no key', async () => {
    const file = join(newFolder(), 'keys.json');
    await rotate(file);
    const [access, refreshKey] = keysIn(file);
    const check = (env = NONE) => run(['--check', '--set', `auth.keys_file=${file}`, '--set', 'db.path=:memory:'], { env });
    assert.equal((await check()).code, 0);
    for (const [what, keys] of [
      ['no refresh key', [access]],
      ['short', [access, { ...refreshKey, k: 'c2hvcnQ' }]],
      ['equal', [access, { ...refreshKey, k: access.k }]],
      ['one kid twice', [access, { ...refreshKey, kid: access.kid }]],
      ['a path as kid', [access, { ...refreshKey, kid: '../../etc/passwd' }]],
      ['a placeholder', [access, { ...refreshKey, k: 'your-secret-key-256-bits'.repeat(4) }]],
      ['another algorithm', [access, { ...refreshKey, alg: 'HS512' }]],
      ['no keys', []],
    ]) {
      writeFileSync(file, JSON.stringify({ keys }), { mode: 0o600 });
      const end = await check();
      assert.equal(end.code, 2, what);
      assert.match(end.stderr, /auth\.keys_file/, what);
      assert.ok(!end.stderr.includes(access.k), `${what}: no key is shown`);
    }
    writeFileSync(file, JSON.stringify({ keys: [access, refreshKey] }));
    chmodSync(file, 0o604);
    assert.match((await check()).stderr, /auth\.keys_file.*chmod 600/);
    chmodSync(file, 0o600);
    const text = 'a-secret-that-is-also-in-the-file-0123';
    writeFileSync(file, JSON.stringify({ keys: [{ ...access, k: Buffer.from(text).toString('base64url') }, refreshKey] }));
    assert.match((await check({ JWT_SECRET: text, JWT_REFRESH_SECRET: newSecret() })).stderr, /auth\.jwt_secret equals key/);
  });

  // Shows: R23 R87
  test('a rotation by SIGHUP drops nobody; the old key verifies on, until it is removed', async () => {
    const { server, file, reload } = await serveKeys();
    const [firstAccess, firstRefresh] = keysIn(file);
    const ada = await register(server, 'ada');
    assert.deepEqual([kidOf(ada.accessToken), kidOf(ada.refreshToken)], [firstAccess.kid, firstRefresh.kid]);
    const socket = await connectIo(server, { token: ada.accessToken });
    const plain = await connectPlain(server, { token: ada.accessToken });

    await rotate(file);
    assert.ok(await isIn(server, ada.accessToken));
    assert.deepEqual(await reload(), ['ok', 'KEYS_CHANGED']);
    assert.deepEqual(await reload(), ['ok', undefined], 'the same keys again');
    await stillWorks(socket, plain);
    const bob = await register(server, 'bob');
    assert.equal(kidOf(bob.accessToken), keysIn(file)[0].kid);
    assert.notEqual(kidOf(bob.accessToken), firstAccess.kid);
    (await connectIo(server, { token: ada.accessToken })).disconnect();
    const renewed = (await refresh(server, ada.refreshToken)).body;
    assert.equal(kidOf(renewed.accessToken), kidOf(bob.accessToken));
    assert.equal((await ask(socket, 'refresh-auth', { token: renewed.accessToken })).ok, true);

    await rotate(file, '--keep', '1');
    assert.deepEqual(await reload(), ['ok', 'KEYS_CHANGED']);
    await stillWorks(socket, plain);
    assert.equal((await refusedIo(server, { token: ada.accessToken })).message, 'AUTH_FAILED', 'its key is gone');
    assert.equal((await refusedPlain(server, { token: ada.accessToken })).error.message, 'AUTH_FAILED');
    assert.equal((await ask(socket, 'refresh-auth', { token: ada.accessToken })).error, 'AUTH_FAILED');
    assert.equal((await refresh(server, ada.refreshToken)).status, 401);
    assert.ok(!(await isIn(server, ada.accessToken)));
    assert.ok(await isIn(server, renewed.accessToken), 'the key before the newest verifies');
    assert.equal((await refresh(server, renewed.refreshToken)).status, 200);
    await server.stop();
  });

  // Shows: R23
  test('a bad file at SIGHUP keeps the old keys', async () => {
    const { server, file, reload } = await serveKeys();
    const ada = await register(server, 'ada');
    const good = readFileSync(file);
    for (const bad of ['', '{"keys":[]}', '{"keys":[{"kty":"oct","use":"access","kid":"x","k":"AAAA"}]}']) {
      writeFileSync(file, bad);
      assert.deepEqual(await reload(), ['refused', 'INVALID_CONFIGURATION'], bad);
      assert.match(server.stderr(), /auth\.keys_file/);
      assert.ok(await isIn(server, ada.accessToken));
      assert.equal(kidOf((await login(server, 'ada')).accessToken), kidOf(ada.accessToken));
    }
    writeFileSync(file, good);
    assert.deepEqual(await reload(), ['ok', undefined]);
    await server.stop();
  });

  // Shows: R11
  test('a kid that is unknown, or names another key than the one that signed, is AUTH_FAILED', async () => {
    const { server, file } = await serveKeys();
    const { accessToken } = await register(server, 'ada');
    const keys = keysIn(file).map(({ kid, k }) => ({ kid, secret: Buffer.from(k, 'base64url') }));
    const minted = (header, secret) => mintToken(claimsOf(accessToken), secret, { alg: 'HS256', typ: 'JWT', ...header });
    assert.ok(await isIn(server, minted({ kid: keys[0].kid }, keys[0].secret)), 'the minted one is good');
    for (const [what, token] of [
      ['no kid', minted({}, keys[0].secret)],
      ['an unknown kid', minted({ kid: 'x' }, keys[0].secret)],
      ['an empty kid', minted({ kid: '' }, keys[0].secret)],
      ['a number', minted({ kid: 1 }, keys[0].secret)],
      ['a path', minted({ kid: '../../../dev/null' }, '')],
      ['the refresh key', minted({ kid: keys[1].kid }, keys[1].secret)],
      ['the name of the one, the key of the other', minted({ kid: keys[0].kid }, keys[1].secret)],
      ['a key that it brings', minted({ kid: keys[0].kid, jwk: { kty: 'oct', k: 'AAAA' } }, Buffer.from('AAAA', 'base64url'))],
      ['a critical header', minted({ kid: keys[0].kid, crit: ['kid'] }, keys[0].secret)],
    ]) {
      assert.equal((await refusedIo(server, { token })).message, 'AUTH_FAILED', what);
    }
    await server.stop();
  });

  // Shows: R23
  test('from two secrets to a file without a restart: their tokens hold until the secrets go', async () => {
    const env = { JWT_SECRET: undefined, JWT_REFRESH_SECRET: undefined };
    const secrets = { jwt_secret: newSecret(), refresh_secret: newSecret() };
    const { server, reload, file } = await serveKeys({ env, config: { auth: secrets } });
    const ada = await register(server, 'ada');
    assert.equal(kidOf(ada.accessToken), undefined);
    const socket = await connectIo(server, { token: ada.accessToken });

    writeFileSync(server.configPath, JSON.stringify({ auth: { ...secrets, keys_file: file } }));
    assert.deepEqual(await reload(), ['ok', 'KEYS_CHANGED']);
    assert.ok(await isIn(server, ada.accessToken));
    const renewed = (await refresh(server, ada.refreshToken)).body;
    assert.equal(kidOf(renewed.accessToken), keysIn(file)[0].kid);

    writeFileSync(server.configPath, JSON.stringify({ auth: { keys_file: file } }));
    assert.deepEqual(await reload(), ['ok', 'KEYS_CHANGED']);
    assert.ok(socket.connected);
    assert.equal((await refusedIo(server, { token: ada.accessToken })).message, 'AUTH_FAILED');
    assert.ok(await isIn(server, renewed.accessToken));
    await server.stop();
  });

  // Shows: R23 R37
  test('CSRF tokens outlive a rotation, and go with their key', async () => {
    const { server, file, reload } = await serveKeys();
    writeFileSync(server.configPath, JSON.stringify({ auth: { keys_file: file, csrf: 'required' } }));
    await reload();
    const ada = await register(server, 'ada');
    await rotate(file);
    await reload();
    const newer = (await refresh(server, ada.refreshToken)).body;
    (await connectIo(server, { token: newer.accessToken, csrfToken: ada.csrfToken })).disconnect();
    await rotate(file);
    await reload();
    assert.equal((await refusedIo(server, { token: newer.accessToken, csrfToken: ada.csrfToken })).message, 'CSRF_FAILED');
    (await connectIo(server, { token: newer.accessToken, csrfToken: newer.csrfToken })).disconnect();
    await server.stop();
  });
});
