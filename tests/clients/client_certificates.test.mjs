// Client certificates as identities: who comes in by one, what a page cannot do with it, and how it ends.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { dial, head, withCertificate } from './raw.mjs';
import {
  ORIGIN, ROOMY, ask, cleanUp, closeClients, connectIo, disconnected, eventually, heard, newFolder, refusedIo, run, startServer,
} from './server.mjs';

const openssl = (dir, ...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

// An authority, itself certified by another or not, and certificates of it: issue('bot', '/CN=bot') gives { cert, key }.
function authority(name = 'Authority', above) {
  const dir = newFolder();
  if (above) {
    openssl(dir, 'req', ...CURVE, '-subj', `/CN=${name}`, '-keyout', 'ca.key', '-out', 'ca.csr');
    writeFileSync(join(dir, 'ext'), 'basicConstraints=CA:TRUE\n');
    openssl(dir, 'x509', '-req', '-in', 'ca.csr', '-CA', above.file, '-CAkey', above.key, '-CAcreateserial', '-days', '2', '-extfile', 'ext', '-out', 'ca.pem');
  } else {
    openssl(dir, 'req', '-x509', ...CURVE, '-days', '2', '-subj', `/CN=${name}`, '-keyout', 'ca.key', '-out', 'ca.pem');
  }
  writeFileSync(join(dir, 'ca.cnf'), '[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=1\n');
  writeFileSync(join(dir, 'index.txt'), '');
  const sign = ['ca', '-config', 'ca.cnf', '-keyfile', 'ca.key', '-cert', 'ca.pem'];
  return {
    file: join(dir, 'ca.pem'),
    key: join(dir, 'ca.key'),
    pem: readFileSync(join(dir, 'ca.pem'), 'utf8'),
    // The list (PEM) that revokes these certificates of it, and those of earlier calls.
    revoke(...certificates) {
      for (const pem of certificates) {
        writeFileSync(join(dir, 'revoked.pem'), pem);
        openssl(dir, ...sign, '-revoke', 'revoked.pem');
      }
      openssl(dir, ...sign, '-gencrl', '-out', 'list.pem');
      return readFileSync(join(dir, 'list.pem'), 'utf8');
    },
    issue(name, subject, { days = '2', email } = {}) {
      openssl(dir, 'req', ...CURVE, '-utf8', '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      writeFileSync(join(dir, 'ext'), email ? `subjectAltName=email:${email}\n` : 'basicConstraints=CA:FALSE\n');
      openssl(dir, 'x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', days,
        '-extfile', 'ext', '-out', `${name}.pem`);
      chmodSync(join(dir, `${name}.key`), 0o600);
      return { cert: readFileSync(join(dir, `${name}.pem`)), key: readFileSync(join(dir, `${name}.key`)) };
    },
  };
}

const native = (certificate) => ({ ...certificate, rejectUnauthorized: false, origin: null });

describe('tls.client_identity=common_name', () => {
  let server;
  let [bot, renewed, other, unnamed] = [];
  before(async () => {
    const ca = authority();
    server = await startServer({ set: { ...ROOMY, ...withCertificate(), 'tls.client_ca': ca.file, 'tls.client_identity': 'common_name' } });
    bot = ca.issue('bot', '/O=Example/CN=Wärter', { email: 'bot@example.com' });
    renewed = ca.issue('renewed', '/O=Example/CN=Wärter');
    other = ca.issue('other', '/CN=Other');
    unnamed = ca.issue('unnamed', '/O=Nobody');
  });
  afterEach(closeClients);
  after(cleanUp);

  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    test(`who shows one comes in without a token: ${transports}`, async () => {
      const socket = await connectIo(server, { transports, ...native(bot) });
      assert.equal((await ask(socket, 'send-message', { message: 'hello' })).ok, true);
      const said = await heard(socket, 'receive-message', (m) => m.message === 'hello');
      assert.equal(said.username, 'Wärter');
      assert.match(said.userId, /^cert:[0-9a-f]{32}$/);
      const again = await connectIo(server, { transports, ...native(renewed) });
      await ask(again, 'send-message', { message: 'renewed' });
      const theirs = await heard(again, 'receive-message', (m) => m.message === 'renewed');
      assert.equal(theirs.userId, said.userId, 'a renewed certificate is the same user');
      const third = await connectIo(server, { transports, ...native(other) });
      await ask(third, 'send-message', { message: 'other' });
      assert.notEqual((await heard(third, 'receive-message', (m) => m.message === 'other')).userId, said.userId);
    });
  }

  // Shows: R1
  test('a foreign page gets nothing by a certificate that its browser shows', async () => {
    const refusal = await refusedIo(server, { ...bot, rejectUnauthorized: false, origin: 'https://evil.example' });
    assert.equal(refusal.message, 'INVALID_ORIGIN');
    const page = dial(server, bot).write(head('GET /socket.io/?EIO=4&transport=polling HTTP/1.1', 'Host: 127.0.0.1', 'Sec-Fetch-Site: cross-site'));
    await page.answer();
    const { sid } = JSON.parse(/0(\{.*\})/.exec(page.text())[1]);
    const say = dial(server, bot).write(head(`POST /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1`, 'Host: 127.0.0.1',
      'Content-Type: text/plain;charset=UTF-8', 'Content-Length: 2', 'Sec-Fetch-Site: cross-site') + '40');
    await say.answer();
    const poll = dial(server, bot).write(head(`GET /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1`, 'Host: 127.0.0.1', 'Sec-Fetch-Site: cross-site'));
    await poll.answer();
    assert.match(poll.text(), /INVALID_ORIGIN/);
  });

  test('a page of an allowed origin comes in by it', async () => {
    const socket = await connectIo(server, { ...bot, rejectUnauthorized: false, origin: ORIGIN });
    assert.equal((await ask(socket, 'room-users', { room: 'lobby' })).users[0].username, 'Wärter');
  });

  // Shows: R35
  test('a session that began with one is nobody else\'s', async () => {
    const first = dial(server, bot).write(head('GET /socket.io/?EIO=4&transport=polling HTTP/1.1', 'Host: 127.0.0.1'));
    await first.answer();
    const { sid } = JSON.parse(/0(\{.*\})/.exec(first.text())[1]);
    const thief = dial(server, other).write(head(`GET /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1`, 'Host: 127.0.0.1'));
    assert.equal(await thief.answer(), 403);
  });

  test('one that names nobody needs a token, and the HTTP API always does', async () => {
    assert.equal((await refusedIo(server, { ...native(unnamed), origin: ORIGIN })).message, 'NO_TOKEN');
    const me = dial(server, bot).write(head('GET /api/auth/me HTTP/1.1', 'Host: 127.0.0.1'));
    assert.equal(await me.answer(), 401);
  });
});

describe('who certified whom', () => {
  afterEach(closeClients);
  after(cleanUp);

  const trusting = (file, more = {}) => startServer({
    set: { ...ROOMY, ...withCertificate(), 'tls.client_ca': file, 'tls.client_identity': 'common_name', ...more },
  });
  const trusted = (...parts) => {
    const file = join(newFolder(), 'trusted.pem');
    writeFileSync(file, parts.join(''));
    return file;
  };
  const comesIn = (server, certificate) => connectIo(server, { ...native(certificate), transports: ['websocket'] });
  const staysOut = (server, certificate) => assert.rejects(comesIn(server, certificate), /websocket error/);

  test('two authorities that sign the same subject certify two people', async () => {
    const [one, two] = [authority('One'), authority('Two')];
    const server = await trusting(trusted(one.pem, two.pem));
    const ids = [];
    for (const ca of [one, two, one]) {
      const socket = await comesIn(server, ca.issue('bot', '/O=Example/CN=bot'));
      await ask(socket, 'send-message', { message: `${ids.length}` });
      ids.push((await heard(socket, 'receive-message', (m) => m.message === `${ids.length}`)).userId);
    }
    assert.notEqual(ids[0], ids[1]);
    assert.equal(ids[0], ids[2], 'renewed by the same one');
  });

  // Shows: R73
  test('a reload with other authorities or lists ends what certificates began, and judges those who come back', async () => {
    const ca = authority();
    const [bad, good] = [ca.issue('bad', '/CN=bad'), ca.issue('good', '/CN=good')];
    const file = trusted(ca.pem);
    const server = await trusting(file, { 'listen.threads': 2 });
    const reload = async () => {
      const count = () => server.stderr().split('the configuration was reloaded').length;
      const before = count();
      server.signal('SIGHUP');
      await eventually(() => count() > before, 'the reload');
    };
    const kept = dial(server, bad).write(head('GET /healthz HTTP/1.1', 'Host: a'));
    assert.equal(await kept.answer(), 200);
    const sockets = [];
    for (const who of [bad, good]) {
      sockets.push(await comesIn(server, who), await connectIo(server, { ...native(who), transports: ['polling'] }));
    }
    await reload();
    for (const socket of sockets) assert.equal((await ask(socket, 'room-users', { room: 'lobby' })).ok, true, 'nothing changed');
    writeFileSync(file, ca.pem + ca.revoke(bad.cert));
    await reload();
    for (const socket of sockets) assert.match(await disconnected(socket), /^transport /);
    await kept.closed();
    assert.equal((await ask(await comesIn(server, good), 'room-users', { room: 'lobby' })).ok, true);
    await staysOut(server, bad);
  });

  // Shows: R73
  test('a list of the issuer is enough; with one of every authority a revoked authority counts, too', async () => {
    const root = authority('Root');
    const between = authority('Between', root);
    const [bot, bad] = [between.issue('bot', '/CN=bot'), between.issue('bad', '/CN=bad')];
    const issuers = between.revoke(bad.cert);
    const partly = await trusting(trusted(root.pem, between.pem, issuers));
    await comesIn(partly, bot);
    await staysOut(partly, bad);
    const whole = await trusting(trusted(root.pem, between.pem, issuers, root.revoke()));
    await comesIn(whole, bot);
    await staysOut(whole, bad);
    const revoked = await trusting(trusted(root.pem, between.pem, issuers, root.revoke(between.pem)));
    await staysOut(revoked, bot);
  });
});

describe('what tls.client_identity takes', () => {
  after(cleanUp);

  test('without tls.client_ca the server does not start', async () => {
    const end = await run(['--check', ...Object.entries(withCertificate()).flatMap(([k, v]) => ['--set', `${k}=${v}`]), '--set', 'tls.client_identity=common_name'],
      { env: { JWT_SECRET: 'a'.repeat(20) + 'bcdefghijklmnopqrst', JWT_REFRESH_SECRET: 'z'.repeat(20) + 'bcdefghijklmnopqrst' } });
    assert.equal(end.code, 2);
    assert.match(end.stderr, /tls\.client_identity.*tls\.client_ca/);
  });

  test('off, a certificate lets nobody in without a token', async () => {
    const ca = authority();
    const server = await startServer({ set: { ...ROOMY, ...withCertificate(), 'tls.client_ca': ca.file } });
    const bot = ca.issue('bot', '/CN=bot');
    assert.equal((await refusedIo(server, { ...bot, rejectUnauthorized: false, origin: ORIGIN })).message, 'NO_TOKEN');
  });

  test('behind a trusted proxy the certificate is the proxy\'s, and names nobody', async () => {
    const ca = authority();
    const server = await startServer({
      set: { ...ROOMY, ...withCertificate(), 'tls.client_ca': ca.file, 'tls.client_identity': 'common_name', 'proxy.trusted': '127.0.0.0/8' },
    });
    const proxy = ca.issue('proxy', '/CN=proxy');
    assert.equal((await refusedIo(server, { ...proxy, rejectUnauthorized: false, origin: ORIGIN })).message, 'NO_TOKEN');
  });
});
