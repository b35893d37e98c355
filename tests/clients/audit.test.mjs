// The audit log: what is written when, that nothing secret is, and that a hand on the file is found.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ROOMY, PASSWORD, ask, bearer, cleanUp, connectIo, connectPlain, get, login, newFolder, newSecret, openPlain, pause, post, refusedIo, refusedPlain,
  register, run, startServer,
} from './server.mjs';
import { dial, frame, head, upgrade, withCertificate } from './raw.mjs';

const linesOf = (path) => readFileSync(path, 'utf8').split('\n').filter((line) => line !== '');
const eventsOf = (path) => linesOf(path).map((line) => JSON.parse(line));

// The events of a name, once there is one that fits.
async function logged(path, name, fits = () => true, ms = 5000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = eventsOf(path).filter((event) => event.event === name && fits(event));
    if (found.length > 0) return found;
    assert.ok(Date.now() < end, `waited ${ms} ms for ${name} in\n${readFileSync(path, 'utf8')}`);
    await pause(20);
  }
}

const verify = (path, options = {}) => run(['audit', 'verify', path], options);

describe('the events of the audit log', () => {
  let server;
  let path;
  let ada;
  const key = newSecret();
  before(async () => {
    path = join(newFolder(), 'audit.log');
    server = await startServer({ set: { ...ROOMY, 'log.audit_file': path }, env: { SECURECHAT_LOG_AUDIT_KEY: key } });
    ada = await register(server, 'ada');
  });
  after(cleanUp);

  // Shows: R86 R95
  test('server.start and register, in a file of mode 0600', async () => {
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal((await logged(path, 'server.start'))[0].result, 'ok');
    const [event] = await logged(path, 'register');
    assert.equal(event.user_id, ada.user.id);
    assert.equal(event.address, '127.0.0.1');
    assert.match(event.sid_hash, /^[0-9a-f]{32}$/);
    assert.match(event.ts, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(event.request_id, /^[\w-]{12}$/);
    await post(server, '/api/auth/register', { username: 'ada2', email: ada.email, password: PASSWORD });
    await logged(path, 'register', (e) => e.result === 'refused' && e.reason === 'EMAIL_EXISTS');
  });

  // Shows: R87
  test('login.ok, login.fail, refresh, refresh.reused, logout', async () => {
    const session = await login(server, 'ada');
    const [ok] = await logged(path, 'login.ok');
    assert.equal(ok.user_id, ada.user.id);
    await post(server, '/api/auth/login', { email: ada.email, password: 'Wrong-Passw0rd' });
    const [failed] = await logged(path, 'login.fail');
    assert.equal(failed.reason, 'INVALID_CREDENTIALS');
    assert.equal(failed.user_id, undefined);
    const next = await post(server, '/api/auth/refresh', { refreshToken: session.refreshToken });
    assert.equal((await logged(path, 'refresh'))[0].sid_hash, ok.sid_hash);
    await post(server, '/api/auth/refresh', { refreshToken: next.body.refreshToken });
    await post(server, '/api/auth/refresh', { refreshToken: session.refreshToken });
    assert.equal((await logged(path, 'refresh.reused'))[0].result, 'refused');
    const again = await login(server, 'ada');
    await post(server, '/api/auth/logout', {}, bearer(again.accessToken));
    const [out] = await logged(path, 'logout');
    assert.equal(out.result, 'ok');
    assert.equal(out.user_id, ada.user.id);
  });

  // Shows: R87
  test('password.changed, and login.fail for a wrong current one', async () => {
    const eve = await register(server, 'eve');
    const change = (currentPassword, newPassword) => post(server, '/api/auth/password', { currentPassword, newPassword }, bearer(eve.accessToken));
    assert.equal((await change('Wrong-Passw0rd', 'Passw0rd-2')).status, 401);
    const [failed] = await logged(path, 'login.fail', (event) => event.user_id === eve.user.id);
    assert.deepEqual([failed.result, failed.reason, failed.address], ['refused', 'CURRENT_PASSWORD', '127.0.0.1']);
    assert.match(failed.sid_hash, /^[0-9a-f]{32}$/);
    assert.equal((await change(PASSWORD, 'short')).status, 400);
    assert.equal((await change(PASSWORD, 'Passw0rd-2')).status, 200);
    const [changed] = await logged(path, 'password.changed');
    assert.deepEqual([changed.result, changed.user_id, changed.sid_hash], ['ok', eve.user.id, failed.sid_hash]);
    assert.ok(changed.request_id && changed.request_id !== failed.request_id);
    assert.equal((await logged(path, 'password.changed')).length, 1);
    assert.equal((await logged(path, 'login.fail', (event) => event.user_id === eve.user.id)).length, 1);
  });

  // Shows: R28 R87
  test('login.throttled, of a login and of a password change', async () => {
    const attempt = (password) => post(server, '/api/auth/login', { email: 'none@example.com', password });
    for (let i = 0; i < 5; i++) assert.equal((await attempt('Wrong-Passw0rd')).status, 401);
    assert.equal((await attempt(PASSWORD)).status, 429);
    const [line] = await logged(path, 'login.throttled');
    assert.deepEqual([line.result, line.reason, line.address, line.user_id], ['refused', 'LOGIN_FAILURES', '127.0.0.1', undefined]);
    assert.ok(!JSON.stringify(line).includes('none@'));
    const guess = (currentPassword) => post(server, '/api/auth/password', { currentPassword, newPassword: 'Passw0rd2' }, bearer(ada.accessToken));
    for (let i = 0; i < 5; i++) assert.equal((await guess('Wrong-Passw0rd')).status, 401);
    const refused = await guess(PASSWORD);
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['retry-after'], '1');
    await logged(path, 'login.throttled', (event) => event.seq > line.seq);
  });

  // Shows: R87
  test('connect.ok and connect.refused with its reason', async () => {
    const client = await connectIo(server, { token: ada.accessToken });
    const [joined] = await logged(path, 'connect.ok');
    assert.equal(joined.user_id, ada.user.id);
    assert.equal(joined.origin, server.origin);
    client.disconnect();
    await refusedIo(server, { token: 'nonsense' });
    await logged(path, 'connect.refused', (e) => e.reason === 'AUTH_FAILED');
    await refusedIo(server, {});
    await logged(path, 'connect.refused', (e) => e.reason === 'NO_TOKEN');
    await refusedPlain(server, { token: ada.accessToken, origin: 'http://evil.example' });
    await logged(path, 'connect.refused', (e) => e.reason === 'INVALID_ORIGIN' && e.origin === 'http://evil.example');
  });

  // Shows: R87
  test('join.denied and message.refused', async () => {
    const client = await connectIo(server, { token: ada.accessToken });
    assert.equal((await ask(client, 'join-room', { room: '$reserved' })).ok, false);
    await logged(path, 'join.denied', (e) => e.reason === 'FORBIDDEN' && e.user_id === ada.user.id);
    assert.equal((await ask(client, 'send-message', { message: 'psst-in-vain', room: 'elsewhere' })).ok, false);
    await logged(path, 'message.refused', (e) => e.reason === 'NOT_IN_ROOM');
    client.disconnect();
  });

  // Shows: R87
  test('payload.refused and protocol.error', async () => {
    await post(server, '/api/auth/login', JSON.stringify({ email: 'x'.repeat(20000) }));
    await logged(path, 'payload.refused', (e) => e.reason === 'HTTP 413');
    const big = dial(server).write(upgrade('/ws', { origin: server.origin }));
    await big.answer();
    big.write(frame(0x81, Buffer.alloc(1000, 'x'), 100_000_000));
    await big.closed();
    await logged(path, 'payload.refused', (e) => e.request_id?.startsWith('connection-'));
    const broken = await openPlain(server);
    broken.ws.send('{broken');
    await logged(path, 'protocol.error', (e) => e.request_id?.startsWith('connection-'));
    const bad = dial(server).write(head('GET / HTTP/1.1', 'Host: a', 'Host: b'));
    await bad.closed();
    await logged(path, 'protocol.error', (e) => e.reason === 'HTTP 400');
  });

  test('the numbers are in /metrics', async () => {
    const { text } = await get(server, '/metrics');
    assert.match(text, /^securechat_audit_events_total [1-9]\d*$/m);
    assert.match(text, /^securechat_audit_dropped_total 0$/m);
    assert.match(text, /^securechat_audit_suppressed_total 0$/m);
  });

  test('config.reloaded; a file that was moved away is begun anew, and the chain goes on', async () => {
    renameSync(path, `${path}.1`);
    server.signal('SIGHUP');
    while (!existsSync(path)) await pause(20);
    const [reloaded] = await logged(path, 'config.reloaded');
    assert.equal(reloaded.result, 'ok');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(await server.stop(), 0);
    assert.equal(eventsOf(path).at(-1).event, 'server.stop');
    const env = { SECURECHAT_LOG_AUDIT_KEY: key };
    const both = readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8');
    for (const [what, input] of [[`${path}.1`, ''], [path, ''], ['-', both]]) {
      const end = await verify(what, { env, input });
      assert.equal(end.code, 0, `${what}: ${end.stdout}${end.stderr}`);
      assert.match(end.stdout, /^intact: /m);
    }
    const keyless = await verify(path);
    assert.equal(keyless.code, 2, 'without the key nothing can be said');
    assert.match(keyless.stderr, /log\.audit_key/);
  });
});

describe('limits and slow peers in the audit log', () => {
  after(cleanUp);

  // Shows: R87
  test('rate.limited: attempts, connections, messages', async () => {
    const path = join(newFolder(), 'audit.log');
    const server = await startServer({
      set: { 'limits.auth_attempts': 2, 'limits.connections': 2, 'limits.messages': 1, 'log.audit_file': path },
    });
    const ada = await register(server, 'ada');
    const client = await connectIo(server, { token: ada.accessToken });
    await ask(client, 'send-message', { message: 'one' });
    await ask(client, 'send-message', { message: 'two' });
    await logged(path, 'rate.limited', (e) => e.reason === 'messages' && e.user_id === ada.user.id);
    await refusedIo(server, { token: 'nonsense' });
    await refusedIo(server, { token: ada.accessToken });
    await logged(path, 'connect.refused', (e) => e.reason === 'TOO_MANY_CONNECTIONS');
    await logged(path, 'rate.limited', (e) => e.reason === 'connections');
    for (let i = 0; i < 3; ++i) await post(server, '/api/auth/login', { email: ada.email, password: 'nothing' });
    await logged(path, 'rate.limited', (e) => e.reason === 'auth_attempts');
  });

  // Shows: R87
  test('slow.consumer', async () => {
    const path = join(newFolder(), 'audit.log');
    const server = await startServer({ set: { ...ROOMY, 'limits.send_queue': 65536, 'log.audit_file': path } });
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')];
    const slow = await connectPlain(server, { token: bob.accessToken });
    slow.ws.pause();
    const client = await connectPlain(server, { token: ada.accessToken });
    for (let i = 0; i < 20000 && !readFileSync(path, 'utf8').includes('slow.consumer'); ++i) {
      client.send({ type: 'send-message', data: { message: 'x'.repeat(400) } });
      if (i % 100 === 99) await pause(10);
    }
    await logged(path, 'slow.consumer', (e) => e.user_id === bob.user.id, 20000);
    slow.ws.terminate();
  });

  // Shows: R75 R87
  test('tls.failed', async () => {
    const path = join(newFolder(), 'audit.log');
    const server = await startServer({ set: { ...ROOMY, ...withCertificate(), 'log.audit_file': path } });
    const plain = dial({ url: 'http://127.0.0.1', port: server.port }).write(head('GET / HTTP/1.1', 'Host: a'));
    await plain.closed();
    const [event] = await logged(path, 'tls.failed');
    assert.equal(event.address, '127.0.0.1');
    assert.equal(event.reason, 'http request');
    assert.equal((await get(server, '/healthz')).status, 200);
    assert.equal((await logged(path, 'tls.failed')).length, 1, 'handshakes that succeed are none');
  });
});

describe('what the audit log never holds', () => {
  after(cleanUp);

  // Shows: R88 S33
  test('secrets, tokens, passwords, e-mail addresses, messages', async () => {
    const path = join(newFolder(), 'audit.log');
    const server = await startServer({ set: { ...ROOMY, 'auth.csrf': 'required', 'log.audit_file': path } });
    const ada = await register(server, 'ada');
    const wrong = 'Wrong-Passw0rd-9';
    await post(server, '/api/auth/login', { email: ada.email, password: wrong }, { Cookie: 'flavour=chocolate-chip' });
    const session = await login(server, 'ada');
    const next = await post(server, '/api/auth/refresh', { refreshToken: session.refreshToken });
    const client = await connectIo(server, { token: ada.accessToken, csrfToken: ada.csrfToken });
    await ask(client, 'send-message', { message: 'sweet-nothings' });
    await ask(client, 'send-message', { message: 'whispered-refused', room: 'elsewhere' });
    await refusedIo(server, { token: `${ada.accessToken}x`, csrfToken: ada.csrfToken });
    await get(server, `/socket.io/?EIO=4&transport=polling&token=${ada.accessToken}`);
    const plain = await openPlain(server);
    plain.ws.send('{raw-frame-bytes');
    await logged(path, 'protocol.error');
    await post(server, '/api/auth/logout', { refreshToken: next.body.refreshToken });
    await logged(path, 'logout');
    const sid = JSON.parse(Buffer.from(ada.accessToken.split('.')[1], 'base64url').toString()).sid;
    await server.stop();
    const text = readFileSync(path, 'utf8');
    for (const [what, secret] of Object.entries({
      password: PASSWORD, wrong, access: ada.accessToken, signature: ada.accessToken.split('.')[2], refresh: ada.refreshToken,
      next: next.body.refreshToken, csrf: ada.csrfToken, email: ada.email, message: 'sweet-nothings', refused: 'whispered-refused',
      cookie: 'chocolate-chip', frame: 'raw-frame-bytes', sid, jwt: server.secrets.jwt, secret: server.secrets.refresh,
    })) {
      assert.ok(secret.length > 5 && !text.includes(secret), `${what} is in the audit log`);
    }
    assert.equal((await verify(path)).code, 0);
  });
});

describe('securechatd audit verify', () => {
  let path;
  let text;
  before(async () => {
    path = join(newFolder(), 'audit.log');
    const server = await startServer({ set: { ...ROOMY, 'log.audit_file': path } });
    for (const name of ['ada', 'bob', 'eve', 'dan']) await register(server, name);
    await server.stop();
    await server.restart();
    await server.stop();
    text = readFileSync(path, 'utf8');
  });
  after(cleanUp);

  const findings = async (lines) => {
    const end = await run(['audit', 'verify', '-', '--json'], { input: `${lines.join('\n')}\n` });
    return { code: end.code, faults: JSON.parse(end.stdout).findings.filter((one) => one.fault).map((one) => one.line) };
  };

  test('an intact log, over a restart', async () => {
    const end = await verify(path);
    assert.equal(end.code, 0, end.stdout);
    assert.match(end.stdout, /^intact: 8 lines/m);
  });

  test('a line that was changed, removed, inserted or moved is named', async () => {
    const lines = text.trimEnd().split('\n');
    const changed = lines.with(2, lines[2].replace('register', 'Register'));
    assert.deepEqual(await findings(changed), { code: 1, faults: [3] });
    assert.deepEqual(await findings(lines.toSpliced(3, 1)), { code: 1, faults: [4] });
    assert.deepEqual(await findings(lines.toSpliced(3, 0, lines[1])), { code: 1, faults: [4] });
    assert.deepEqual(await findings(lines.with(1, lines[2]).with(2, lines[1])), { code: 1, faults: [2, 3] });
    const end = await run(['audit', 'verify', '-'], { input: `${changed.join('\n')}\n` });
    assert.match(end.stdout, /^line 3 does not match/m);
    assert.match(end.stdout, /^NOT INTACT/m);
  });

  test('a torn end is no tampering, and is said', async () => {
    const end = await run(['audit', 'verify', '-'], { input: text.slice(0, -20) });
    assert.equal(end.code, 0);
    assert.match(end.stdout, /^note: line 8 the last line is not whole/m);
  });

  test('bad usage', async () => {
    for (const args of [['audit'], ['audit', 'verify'], ['audit', 'check', path], ['audit', 'verify', join(newFolder(), 'none')]]) {
      assert.equal((await run(args)).code, 2, args.join(' '));
    }
  });

  test('a file that others may read, and a link, keep the server from starting', async () => {
    const dir = newFolder();
    const open = join(dir, 'open.log');
    writeFileSync(open, text);
    chmodSync(open, 0o644);
    const link = join(dir, 'link.log');
    symlinkSync(path, link);
    for (const file of [open, link]) {
      const env = { JWT_SECRET: newSecret(), JWT_REFRESH_SECRET: newSecret() };
      const end = await run(['--port', '0', '--db', ':memory:', '--set', `log.audit_file=${file}`], { env });
      assert.equal(end.code, 2, end.stderr);
      assert.match(end.stderr, /log\.audit_file/);
    }
  });
});
