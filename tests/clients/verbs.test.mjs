// The verbs of the command line: accounts and tokens.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  ROOMY, ask, bearer, claimsOf, cleanUp, connectIo, disconnected, get, login, mintToken, newFolder, newSecret, post, refusedIo, register, run, startServer,
} from './server.mjs';

const secrets = () => ({ JWT_SECRET: newSecret(), JWT_REFRESH_SECRET: newSecret() });
const WEAK = ['--set', 'auth.bcrypt_cost=4', '--set', 'auth.allow_weak_hash=true'];

async function passes(args, options = {}) {
  const end = await run(args, { env: secrets(), ...options });
  assert.equal(end.code, 0, `securechatd ${args.join(' ')}: exit code\nstdout: ${end.stdout}\nstderr: ${end.stderr}`);
  return end;
}

describe('the verbs', () => {
  after(cleanUp);

  test('user add, list, set-role, disable, enable, delete', async () => {
    const dir = newFolder();
    const env = secrets();
    const flags = ['--db', join(dir, 'chat.db'), ...WEAK];
    const user = (...args) => passes(['user', ...args, ...flags], { env, input: args.includes('--password-stdin') ? 'Passw0rd1\n' : '' });
    const serve = () => startServer({ keepDir: dir, env, set: ROOMY });
    const list = async () => JSON.parse((await user('list', '--json')).stdout);

    await user('add', '--email', 'root@example.com', '--username', 'root', '--role', 'admin', '--password-stdin');
    await user('add', '--email', 'eve@example.com', '--username', 'eve', '--password-stdin');
    const listed = await list();
    assert.deepEqual(listed.map((one) => one.email).sort(), ['eve@example.com', 'root@example.com']);
    assert.equal(listed.find((one) => one.username === 'root').role, 'admin');
    assert.ok(!JSON.stringify(listed).includes('$2'), 'no hash is listed');
    const twice = await run(['user', 'add', '--email', 'eve@example.com', '--username', 'eve2', '--password-stdin', ...flags], { env, input: 'Passw0rd1\n' });
    assert.notEqual(twice.code, 0, 'an e-mail that is taken');

    let server = await serve();
    const eve = await login(server, 'eve');
    const me = await get(server, '/api/auth/me', bearer((await login(server, 'root')).accessToken));
    assert.equal(me.body.user.role, 'admin');
    (await connectIo(server, { token: eve.accessToken })).disconnect();
    await server.stop();

    await user('disable', 'eve@example.com');
    await user('set-role', 'root', 'user');
    server = await serve();
    assert.equal((await refusedIo(server, { token: eve.accessToken })).message, 'AUTH_FAILED', 'a disabled user');
    assert.equal((await post(server, '/api/auth/login', { email: eve.email, password: eve.password })).status, 401);
    await server.stop();

    await user('enable', eve.user.id);
    server = await serve();
    await login(server, 'eve');
    await server.stop();

    await user('delete', 'eve');
    const left = await list();
    assert.deepEqual(left.map((one) => [one.username, one.role]), [['root', 'user']]);
  });

  // Shows: R21 R32
  test('user disable and delete end the sockets of a server that runs', async () => {
    const server = await startServer({ set: { ...ROOMY, 'listen.threads': 2 } });
    const env = { JWT_SECRET: server.secrets.jwt, JWT_REFRESH_SECRET: server.secrets.refresh };
    const user = (...args) => passes(['user', ...args, '--db', server.dbPath, ...WEAK], { env });
    const [eve, bob, ada] = [await register(server, 'eve'), await register(server, 'bob'), await register(server, 'ada')];
    const open = (who) => Promise.all([1, 2, 3].map(() => connectIo(server, { token: who.accessToken })));
    const [eves, bobs, adas] = [await open(eve), await open(bob), await open(ada)];
    await user('disable', 'eve@example.com');
    for (const socket of eves) assert.equal(await disconnected(socket), 'io server disconnect');
    await user('delete', 'bob@example.com');
    for (const socket of bobs) assert.equal(await disconnected(socket), 'io server disconnect');
    for (const socket of adas) assert.equal((await ask(socket, 'send-message', { message: 'still here' })).ok, true);
  });

  // Shows: R21 R32
  test('login list and revoke, beside a server that runs', async () => {
    const server = await startServer({ set: ROOMY });
    const env = { JWT_SECRET: server.secrets.jwt, JWT_REFRESH_SECRET: server.secrets.refresh };
    const verb = (...args) => run(['login', ...args, '--db', server.dbPath, ...WEAK], { env });
    const [first, second] = [await register(server, 'ada'), await login(server, 'ada')];
    const [leaving, staying] = [await connectIo(server, { token: first.accessToken }), await connectIo(server, { token: second.accessToken })];
    const sids = [first, second].map(({ accessToken }) => claimsOf(accessToken).sid);
    const listed = JSON.parse((await verb('list', 'ada', '--json')).stdout);
    assert.deepEqual(listed.map(({ sid }) => sid), sids, 'the oldest first');
    assert.ok((await verb('list', 'ada@example.com')).stdout.startsWith(`${sids[0]}  since 20`));
    assert.equal((await verb('revoke', sids[0])).code, 0);
    assert.equal(await disconnected(leaving), 'io server disconnect');
    assert.equal((await refusedIo(server, { token: first.accessToken })).message, 'AUTH_FAILED');
    assert.equal((await ask(staying, 'send-message', { message: 'still here' })).ok, true);
    assert.deepEqual(JSON.parse((await verb('list', 'ada', '--json')).stdout).map(({ sid }) => sid), [sids[1]]);
    for (const [args, code] of [[['revoke', 'nobody'], 1], [['list', 'nobody'], 1], [['revoke'], 2], [['end', sids[1]], 2]]) {
      assert.equal((await verb(...args)).code, code, args.join(' '));
    }
  });

  test('check-token tells good from bad', async () => {
    const server = await startServer({ set: ROOMY });
    const { accessToken } = await register(server, 'ada');
    const env = { JWT_SECRET: server.secrets.jwt, JWT_REFRESH_SECRET: server.secrets.refresh };
    const check = (token) => run(['check-token', token, '--db', server.dbPath], { env });
    const good = await check(accessToken);
    assert.equal(good.code, 0, good.stderr);
    assert.ok(good.stdout.includes('ada'), `it shows the claims: ${good.stdout}`);
    assert.notEqual((await check(mintToken(claimsOf(accessToken), newSecret()))).code, 0, 'another secret');
    assert.notEqual((await check('x')).code, 0, 'no token at all');
    await server.stop();
  });
});
