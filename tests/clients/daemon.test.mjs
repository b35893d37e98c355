// The command line: flags, verbs, exit codes, where options come from, what is refused at start.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  ROOMY, ask, cleanUp, connectIo, isHealthy, newFolder, newSecret, post, refusedIo, register, run, startServer,
} from './server.mjs';

const secrets = () => ({ JWT_SECRET: newSecret(), JWT_REFRESH_SECRET: newSecret() });
const WEAK = ['--set', 'auth.bcrypt_cost=4', '--set', 'auth.allow_weak_hash=true'];

// The program ends with that code and says all of it on stderr, and nothing on stdout.
async function refuses(args, code, words, { env = secrets(), ...more } = {}) {
  const end = await run(args, { env, ...more });
  const what = `securechatd ${args.join(' ')}`;
  assert.equal(end.code, code, `${what}: exit code\nstderr: ${end.stderr}`);
  for (const word of words) assert.ok(word instanceof RegExp ? word.test(end.stderr) : end.stderr.includes(word), `${what}: stderr names ${word}: ${end.stderr}`);
  assert.equal(end.stdout, '', `${what}: nothing on stdout`);
  return end;
}

async function passes(args, options = {}) {
  const end = await run(args, { env: secrets(), ...options });
  assert.equal(end.code, 0, `securechatd ${args.join(' ')}: exit code\nstdout: ${end.stdout}\nstderr: ${end.stderr}`);
  return end;
}

function write(dir, name, text) {
  const path = join(dir, name);
  writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text), { mode: 0o600 });
  return path;
}

describe('the command line', () => {
  after(cleanUp);

  // Shows: R88
  test('exactly one line on stdout, the logs on stderr, exit 0 on SIGINT and SIGTERM', async () => {
    for (const signal of ['SIGINT', 'SIGTERM']) {
      const server = await startServer({ set: ROOMY });
      const { accessToken: token } = await register(server, 'ada');
      const socket = await connectIo(server, { token });
      await ask(socket, 'send-message', { message: 'hi' });
      await refusedIo(server, {});
      socket.disconnect();
      assert.equal(await server.stop(signal), 0, signal);
      assert.equal(server.stdout(), `listening on http://127.0.0.1:${server.port}\n`);
      for (const secret of [server.secrets.jwt, server.secrets.refresh, token]) assert.ok(!server.stderr().includes(secret), 'no secret in the log');
    }
  });

  test('log.format=json: every line of stderr is one object', async () => {
    const server = await startServer({ set: { ...ROOMY, 'log.format': 'json', 'log.level': 'debug' } });
    await register(server, 'ada');
    await post(server, '/api/auth/login', '{"email":"a\\nb","password":"c"}');
    await server.stop();
    const lines = server.stderr().split('\n').filter(Boolean);
    assert.ok(lines.length > 0, 'it logs something');
    for (const line of lines) assert.equal(typeof JSON.parse(line), 'object', line);
  });

  test('--help names every kind of option with its environment name', async () => {
    const { stdout } = await passes(['--help'], { env: {} });
    for (const word of ['--config', '--set', '--env-file', '--check', '--print-config', 'gen-secret', 'gen-config', 'listen.port', 'auth.jwt_secret', 'JWT_SECRET',
      'auth.refresh_expires_in', 'JWT_REFRESH_EXPIRES_IN', 'origin.allowed', 'ALLOWED_ORIGINS', 'limits.message_length', 'engine.ping_interval', 'chat.history', 'log.level']) {
      assert.ok(stdout.includes(word), `--help names ${word}`);
    }
  });

  test('--check tests the configuration and does not listen', async () => {
    const dir = newFolder();
    const { stdout } = await passes(['--check', '--db', join(dir, 'chat.db'), '--port', '0']);
    assert.doesNotMatch(stdout, /listening on/);
    await refuses(['--check'], 2, ['auth.jwt_secret', 'securechatd gen-secret'], { env: {} });
  });

  // Shows: R88
  test('--print-config shows the values, secrets redacted', async () => {
    const env = secrets();
    const { stdout } = await passes(['--print-config', '--set', 'limits.body=4321', '--port', '4567', '--db', '/tmp/some.db'], { env });
    for (const shown of ['4321', '4567', '/tmp/some.db']) assert.ok(stdout.includes(shown), `it shows ${shown}: ${stdout}`);
    for (const secret of Object.values(env)) assert.ok(!stdout.includes(secret), 'no secret');
  });

  test('file < environment < --env-file < flags', async () => {
    const dir = newFolder();
    const file = write(dir, 'c.json', { limits: { body: 2001 }, 'limits.payload': 30001, listen: { port: 4001 } });
    const envFile = write(dir, '.env', '# a comment\n\nSECURECHAT_LIMITS_BODY=2003\nPORT=4003\n');
    const env = secrets();
    const shows = async (args, value, more = {}) => {
      const { stdout } = await passes(['--print-config', ...args], { env: { ...env, ...more } });
      for (const one of [].concat(value)) assert.match(stdout, new RegExp(`\\b${one}\\b`), `${args.join(' ')} shows ${one}:\n${stdout}`);
    };
    await shows(['--config', file], [2001, 30001, 4001]);
    await shows(['--config', file], [2002, 30001, 4002], { SECURECHAT_LIMITS_BODY: '2002', PORT: '4002' });
    await shows(['--config', file, '--env-file', envFile], [2003, 30001, 4003], { SECURECHAT_LIMITS_BODY: '2002', PORT: '4002' });
    await shows(['--config', file, '--env-file', envFile, '--set', 'limits.body=2004', '--port', '4004'], [2004, 30001, 4004], { SECURECHAT_LIMITS_BODY: '2002', PORT: '4002' });
    await shows([], [4005], { SECURECHAT_LISTEN_PORT: '4005' });
  });

  test('unknown keys and flags: exit 2 and the nearest known key', async () => {
    const dir = newFolder();
    await refuses(['--set', 'limits.mesages=3'], 2, ['limits.mesages', 'limits.messages']);
    await refuses(['--set', 'auth.jwt_secrt=x'], 2, ['auth.jwt_secret']);
    await refuses(['--check', '--config', write(dir, 'a.json', { origin: { alowed: 'http://localhost:3000' } })], 2, ['origin.alowed', 'origin.allowed']);
    await refuses(['--check', '--config', write(dir, 'b.json', { 'chat.defualt_room': 'x' })], 2, ['chat.default_room']);
    await refuses(['--no-such-flag'], 2, ['--no-such-flag']);
    await refuses(['no-such-verb'], 2, ['no-such-verb']);
    await refuses(['--set', 'listen.port'], 2, ['listen.port']);
    await refuses(['--set'], 2, ['--set']);
    await refuses(['--config', join(dir, 'missing.json')], 2, ['missing.json']);
    await refuses(['--config', write(dir, 'c.json', '{"listen":')], 2, ['c.json']);
    await refuses(['--env-file', join(dir, 'missing.env')], 2, ['missing.env']);
  });

  // Shows: R15 S15
  test('secrets that are refused, with the option and the cure', async () => {
    const good = newSecret();
    for (const [what, env, option] of [
      ['none', {}, 'auth.jwt_secret'],
      ['no refresh secret', { JWT_SECRET: good }, 'auth.refresh_secret'],
      ['no access secret', { JWT_REFRESH_SECRET: good }, 'auth.jwt_secret'],
      ['empty', { JWT_SECRET: '', JWT_REFRESH_SECRET: good }, 'auth.jwt_secret'],
      ['31 bytes', { JWT_SECRET: good.slice(0, 31), JWT_REFRESH_SECRET: good }, 'auth.jwt_secret'],
      ['a short refresh secret', { JWT_SECRET: good, JWT_REFRESH_SECRET: 'short' }, 'auth.refresh_secret'],
      ['a placeholder', { JWT_SECRET: 'your-secret-key-256-bits', JWT_REFRESH_SECRET: good }, 'auth.jwt_secret'],
      ['a refresh placeholder', { JWT_SECRET: good, JWT_REFRESH_SECRET: 'your-refresh-secret' }, 'auth.refresh_secret'],
      ['secret', { JWT_SECRET: 'secret', JWT_REFRESH_SECRET: good }, 'auth.jwt_secret'],
      ['changeme', { JWT_SECRET: good, JWT_REFRESH_SECRET: 'changeme' }, 'auth.refresh_secret'],
      ['equal', { JWT_SECRET: good, JWT_REFRESH_SECRET: good }, /auth\.(jwt|refresh)_secret/],
    ]) {
      const { stderr } = await refuses(['--port', '0', '--db', ':memory:'], 2, [option, 'securechatd gen-secret'], { env });
      assert.ok(!stderr.includes(good), `${what}: the message does not show a secret`);
    }
    await passes(['--check'], { env: { JWT_SECRET: good.slice(0, 32), JWT_REFRESH_SECRET: newSecret() } });
  });

  // Shows: R24
  test('values that are refused, with the option', async () => {
    for (const [key, ...values] of [
      ['listen.port', '70000', '-1', 'http', ''],
      ['origin.allowed', 'localhost:3000', 'http://localhost:3000/path', 'http://a b', '*'],
      ['proxy.trusted', '10.0.0.0/33', 'not an address'],
      ['auth.jwt_expires_in', 'soon', '1y', '-1h'],
      ['auth.refresh_rotation', 'sometimes'],
      ['auth.csrf', 'maybe'],
      ['auth.bcrypt_cost', '9', '4', '40'],
      ['limits.messages', 'many', '-5', '1000001'],
      ['limits.auth_timeout', '10ms'],
      ['chat.history', 'forever'],
      ['log.format', 'xml'],
      ['origin.allow_missing', 'perhaps'],
      ['tls.cert', '/nonexistent/cert.pem'],
    ]) {
      for (const value of values) await refuses(['--check', '--set', `${key}=${value}`], 2, [key === 'tls.cert' ? /tls\.(cert|key)/ : key]);
    }
    const dir = newFolder();
    const key = write(dir, 'key.pem', 'not a key');
    chmodSync(key, 0o644);
    await refuses(['--check', '--set', `tls.cert=${key}`, '--set', `tls.key=${key}`], 2, ['tls.key']);
  });

  test('two wrong options: exit 2 and at least the first is named', async () => {
    const { stderr } = await refuses(['--check', '--set', 'auth.csrf=maybe', '--set', 'listen.port=70000'], 2, [/auth\.csrf|listen\.port/]);
    assert.doesNotMatch(stderr, /terminate|abort|Assertion/);
    await refuses(['--set', 'nonsense=1', '--set', 'listen.port=70000'], 2, [/nonsense|listen\.port/]);
    await refuses(['--port', '70000'], 2, ['port']);
  });

  test('gen-secret makes a new good secret each time', async () => {
    const [one, two] = [await passes(['gen-secret'], { env: {} }), await passes(['gen-secret'], { env: {} })];
    assert.match(one.stdout, /^\S{32,}\n$/, 'one line of 32 characters or more');
    assert.notEqual(one.stdout, two.stdout);
    await passes(['--check'], { env: { JWT_SECRET: one.stdout.trim(), JWT_REFRESH_SECRET: two.stdout.trim() } });
  });

  test('what gen-config prints passes --check once secrets are given', async () => {
    const { stdout } = await passes(['gen-config'], { env: {} });
    assert.equal(typeof JSON.parse(stdout), 'object', 'it is JSON');
    const file = write(newFolder(), 'securechatd.json', stdout);
    await passes(['--check', '--config', file]);
    await refuses(['--check', '--config', file], 2, ['securechatd gen-secret'], { env: {} });
  });

  test('limits.max_connections sets the soft limit of open files, up and down; without it that stays', async () => {
    const soft = async (set) => {
      const server = await startServer({ set });
      const line = readFileSync(`/proc/${server.pid}/limits`, 'utf8').split('\n').find((text) => text.startsWith('Max open files'));
      await server.stop();
      return line.trim().split(/\s+/).slice(3, 5);
    };
    const [untouched, hard] = await soft({});
    for (const connections of [100, 700]) {
      const wanted = connections + 256 + 16;
      const [fitted] = await soft({ 'limits.max_connections': connections });
      assert.equal(fitted, String(hard === 'unlimited' ? wanted : Math.min(wanted, Number(hard))));
    }
    assert.equal((await soft({ 'limits.max_connections': 1_000_000 }))[0], hard === 'unlimited' ? '1000272' : String(Math.min(1_000_272, Number(hard))));
    assert.equal((await soft({}))[0], untouched);
  });

  test('a port in use is a runtime failure: exit 1', async () => {
    const server = await startServer();
    await refuses(['--port', String(server.port), '--db', ':memory:', ...WEAK], 1, [String(server.port)]);
    assert.ok(await isHealthy(server));
    await server.stop();
  });

  test('a database that cannot be opened is a runtime failure: exit 1', async () => {
    const file = write(newFolder(), 'chat.db', 'this is not a database, this is not a database, this is not a database');
    await refuses(['--port', '0', '--db', file, ...WEAK], 1, ['chat.db']);
    assert.match(readFileSync(file, 'utf8'), /^this is not/, 'a foreign file is left as it is');
  });

  // Shows: R95
  test('the database and its companions are for the owner only', async () => {
    const server = await startServer({ set: ROOMY });
    await register(server, 'ada');
    const files = readdirSync(server.dir).filter((name) => /^chat\.db/.test(name));
    assert.ok(files.includes('chat.db') && files.includes('chat.db-wal'), files.join(' '));
    for (const name of files) assert.equal((statSync(join(server.dir, name)).mode & 0o777).toString(8), '600', name);
    await server.stop();
  });
});
