// Certificates are renewed, and client certificates asked for, without dropping a connection.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import tls from 'node:tls';
import { withCertificate } from './raw.mjs';
import { ROOMY, ask, cleanUp, connectIo, eventually, get, newFolder, register, startServer, within } from './server.mjs';

const fingerprint = (certificate) => new X509Certificate(readFileSync(certificate['tls.cert'])).fingerprint256;
const install = (from, to) => {
  for (const key of ['tls.cert', 'tls.key']) copyFileSync(from[key], to[key]);
};

// The fingerprint of what a new connection is shown.
function shown(server) {
  const socket = tls.connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
  const done = new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket.getPeerX509Certificate().fingerprint256));
    socket.once('error', reject);
  });
  return within(done, 'a TLS handshake').finally(() => socket.destroy());
}

const reloads = (path) => readFileSync(path, 'utf8').split('\n').filter((line) => line.includes('"config.reloaded"')).map((line) => JSON.parse(line));

async function reload(server, audit) {
  const before = reloads(audit).length;
  server.signal('SIGHUP');
  await eventually(() => reloads(audit).length > before, 'the reload to be in the audit log');
  return reloads(audit).at(-1).result;
}

describe('TLS certificates', () => {
  after(cleanUp);

  // Shows: R76
  test('a reload presents the new one, keeps connections, and keeps the old one when the new one is bad', async () => {
    const [used, renewed] = [withCertificate(), withCertificate()];
    const [first, second] = [fingerprint(used), fingerprint(renewed)];
    const audit = join(newFolder(), 'audit.log');
    const server = await startServer({ set: { ...ROOMY, ...used, 'listen.threads': 2, 'log.audit_file': audit } });
    const ada = await register(server, 'ada');
    const socket = await connectIo(server, { token: ada.accessToken, transports: ['websocket'], rejectUnauthorized: false });
    assert.equal(await shown(server), first);

    install(renewed, used);
    assert.equal(await reload(server, audit), 'ok');
    for (let i = 0; i < 8; ++i) await eventually(async () => (await shown(server)) === second, 'the new certificate');
    assert.equal(socket.connected, true);
    assert.equal((await ask(socket, 'send-message', { message: 'still here' })).ok, true);
    assert.equal((await get(server, '/healthz')).status, 200);

    writeFileSync(used['tls.key'], readFileSync(withCertificate()['tls.key']), { mode: 0o600 });
    assert.equal(await reload(server, audit), 'refused');
    assert.match(server.stderr(), /reload refused.*tls\.key.*not the key of tls\.cert/);
    assert.equal(await shown(server), second);
    assert.equal((await ask(socket, 'send-message', { message: 'and still' })).ok, true);
  });

  test('a reload does not turn TLS off; the log says that it takes a restart', async () => {
    const used = withCertificate();
    const audit = join(newFolder(), 'audit.log');
    const config = { tls: { cert: used['tls.cert'], key: used['tls.key'] }, log: { audit_file: audit } };
    const server = await startServer({ config });
    writeFileSync(server.configPath, JSON.stringify({ log: config.log }), { mode: 0o600 });
    assert.equal(await reload(server, audit), 'ok');
    assert.match(server.stderr(), /needs a restart.*tls\.cert/);
    assert.equal(await shown(server), fingerprint(used));
  });

  // Shows: R76
  test('one that expires within two weeks is warned of at the start', async () => {
    const server = await startServer({ set: withCertificate() });
    assert.match(server.stderr(), /certificate expires soon; renew it and reload.*days_left=[12]/);
  });
});
