// What the database holds and does not hold, and what happens when it cannot be written.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import {
  PASSWORD, ROOMY, ask, bearer, cleanUp, claimsOf, connectIo, get, isHealthy, login, newSecret, post, refresh, register, run, startServer,
} from '../clients/server.mjs';

const REGISTER = '/api/auth/register';
const everything = (server) => Buffer.concat(readdirSync(server.dir).filter((name) => name.startsWith('chat.db')).map((name) => readFileSync(join(server.dir, name))))
  .toString('latin1');

async function users(server) {
  const env = { JWT_SECRET: newSecret(), JWT_REFRESH_SECRET: newSecret() };
  const { code, stdout, stderr } = await run(['user', 'list', '--json', '--db', join(server.dir, 'chat.db')], { env });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

describe('accounts in the database', () => {
  afterEach(cleanUp);

  // Shows: R31
  test('there are none that nobody made', async () => {
    const server = await startServer({ set: ROOMY });
    assert.deepEqual(await users(server), []);
    for (const email of ['admin@example.com', 'admin@localhost', 'root@example.com', 'test@example.com']) {
      for (const password of ['admin', 'password', PASSWORD, '']) assert.equal((await post(server, '/api/auth/login', { email, password })).status, 401);
    }
  });

  // Shows: R41 R93 S18 S19
  test('twenty registrations of one address at once make exactly one', async () => {
    const server = await startServer({ set: { ...ROOMY, 'limits.login_failures': 0 } });
    const spellings = ['race@example.com', 'RACE@example.com', ' Race@Example.COM ', 'race@EXAMPLE.com'];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => post(server, REGISTER, {
      username: `race${i}`, email: spellings[i % 4], password: PASSWORD, role: 'admin', enabled: false, id: 'f'.repeat(32), password_hash: '$2b$04$x',
    })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(19).fill(409)]);
    const all = await users(server);
    assert.equal(all.length, 1);
    const winner = answers.find(({ status }) => status === 201).body.user;
    assert.equal(all[0].id, winner.id);
    assert.equal(all[0].username, winner.username);
    assert.equal(all[0].role, 'user', 'nobody chooses his role');
    assert.equal(all[0].enabled, true);
    assert.notEqual(all[0].id, 'f'.repeat(32));
    await login(server, { email: 'race@example.com' });
  });

  // Shows: R19 R24
  test('nothing in it can be presented', async () => {
    const server = await startServer({ set: { ...ROOMY, 'auth.bcrypt_cost': 10 } });
    const ada = await register(server, 'ada');
    const next = (await refresh(server, ada.refreshToken)).body;
    const socket = await connectIo(server, { token: next.accessToken });
    await ask(socket, 'send-message', { message: 'hello' });
    socket.disconnect();
    const bytes = everything(server);
    for (const [what, token] of Object.entries({ first: ada.refreshToken, second: next.refreshToken, access: next.accessToken })) {
      const parts = token.split('.');
      for (const part of [parts[1], parts[2], claimsOf(token).jti]) assert.ok(!bytes.includes(part), `${what}: ${part.slice(0, 12)}`);
    }
    for (const secret of [PASSWORD, ada.csrfToken, server.secrets.jwt, server.secrets.refresh]) assert.ok(!bytes.includes(secret));
    const hashes = bytes.match(/\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}/g);
    assert.ok(hashes?.length > 0 && hashes.every((hash) => hash.startsWith('$2b$10$')), `the password is hashed: ${hashes}`);
  });
});

describe('a disk that is full', () => {
  after(cleanUp);

  // Shows: R91 R97
  test('writes are refused and leave nothing, reads go on, and room is enough to go on', async () => {
    const server = await startServer({ set: ROOMY });
    const ada = await register(server, 'ada');
    const socket = await connectIo(server, { token: ada.accessToken });
    const before = await ask(socket, 'send-message', { message: 'before' });
    assert.equal(before.ok, true);
    const largest = (bytes) => execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}`]);
    largest('4096:unlimited');
    for (const answer of [
      await post(server, REGISTER, { username: 'eve', email: 'eve@example.com', password: PASSWORD }),
      await post(server, '/api/auth/login', { email: ada.email, password: PASSWORD }),
      await refresh(server, ada.refreshToken),
    ]) {
      assert.deepEqual([answer.status, answer.body], [503, { error: 'Server busy', code: 'BUSY' }], answer.text);
      assert.match(answer.headers['retry-after'], /^\d+$/);
    }
    const refused = await ask(socket, 'send-message', { message: 'lost' });
    assert.equal(refused.ok, false);
    assert.doesNotMatch(JSON.stringify(refused), /sqlite|disk|database|chat\.db|\//i, 'the peer is not told why');
    assert.equal((await get(server, '/api/auth/me', bearer(ada.accessToken))).status, 200, 'reads go on');
    assert.deepEqual((await ask(socket, 'room-history', { room: 'lobby' })).messages.map(({ message }) => message), ['before']);
    assert.ok(await isHealthy(server));

    largest('unlimited:unlimited');
    const again = await ask(socket, 'send-message', { message: 'after' });
    assert.deepEqual([again.ok, again.seq], [true, before.seq + 1], 'without a gap');
    await register(server, 'eve');
    assert.equal((await refresh(server, ada.refreshToken)).status, 200, 'the refused refresh left the token as it was');
    assert.deepEqual((await users(server)).map(({ username }) => username), ['ada', 'eve']);
    socket.disconnect();
  });
});
