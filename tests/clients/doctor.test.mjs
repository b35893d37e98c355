// securechatd doctor: each check finds its fault, and does not find it where it is not.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { closeProxies, startProxy } from './proxy.mjs';
import { binary, cleanEnvironment, cleanUp, flagsOf, newFolder, newSecret, pause, run, startServer } from './server.mjs';

const secrets = () => ({ JWT_SECRET: newSecret(), JWT_REFRESH_SECRET: newSecret() });
// What these say depends on the machine that the tests run on; tests/securechatd has tests of theirs.
const OF_THE_MACHINE = ['clock.sync', 'clock.skew', 'disk.space', 'limits.descriptors', 'kernel.backlog'];
const PUBLIC = { 'origin.allowed': 'https://chat.example.com' };

async function examine({ set = {}, env = {}, args = [] } = {}) {
  const options = { 'listen.port': 0, 'db.path': join(newFolder(), 'chat.db'), ...set };
  const end = await run(['doctor', '--json', ...flagsOf(options), ...args], { env: { ...secrets(), ...env } });
  assert.ok(end.code === 0 || end.code === 1, `exit code ${end.code}: ${end.stderr}`);
  const report = JSON.parse(end.stdout);
  assert.equal(end.code, report.findings.length > 0 ? 1 : 0, 'the exit code says whether there is something to change');
  assert.equal(report.checks, 28);
  for (const finding of report.findings) {
    assert.deepEqual(Object.keys(finding), ['check', 'what', 'why', 'change']);
    for (const text of Object.values(finding)) assert.ok(text.length > 3, JSON.stringify(finding));
  }
  return report.findings.filter(({ check }) => !OF_THE_MACHINE.includes(check));
}

// Exactly this check finds something, and says these words.
async function finds(check, situation, ...words) {
  const findings = await examine(situation);
  const found = findings.filter((finding) => finding.check === check);
  assert.ok(found.length > 0, `${check} finds something: ${JSON.stringify(findings)}`);
  const text = JSON.stringify(found);
  for (const word of words) assert.ok(text.includes(word), `${check} says ${word}: ${text}`);
  return findings;
}

async function passes(check, situation) {
  const findings = (await examine(situation)).filter((finding) => finding.check === check);
  assert.deepEqual(findings, [], `${check} finds nothing`);
}

function file(name, text, mode = 0o600) {
  const path = join(newFolder(), name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

// A certificate with its key; `issued` signs it by an authority of its own, whose certificate follows when `chain`.
function certificate({ names = 'DNS:chat.example.com', days = 90, rsa = 0, issued = true, chain = true, mode = 0o600 } = {}) {
  const dir = newFolder();
  const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const key = rsa ? ['-newkey', `rsa:${rsa}`] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '400', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  if (issued) {
    writeFileSync(join(dir, 'names'), `subjectAltName=${names}\n`);
    openssl('req', '-new', ...key, '-nodes', '-subj', '/CN=server', '-keyout', 'key.pem', '-out', 'server.csr');
    openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days), '-extfile', 'names', '-out', 'server.pem');
  } else {
    openssl('req', '-x509', ...key, '-nodes', '-days', String(days), '-subj', '/CN=server', '-addext', `subjectAltName=${names}`, '-keyout', 'key.pem', '-out', 'server.pem');
  }
  const cert = join(dir, 'cert.pem');
  writeFileSync(cert, execFileSync('cat', [join(dir, 'server.pem'), ...(issued && chain ? [join(dir, 'ca.pem')] : [])]));
  chmodSync(join(dir, 'key.pem'), mode);
  return { 'tls.cert': cert, 'tls.key': join(dir, 'key.pem') };
}

describe('securechatd doctor', () => {
  after(() => {
    closeProxies();
    return cleanUp();
  });

  test('finds nothing where nothing is to change, and says so', async () => {
    assert.deepEqual(await examine(), []);
    const behindProxy = { ...PUBLIC, 'proxy.trusted': '127.0.0.1/32' };
    assert.deepEqual(await examine({ set: behindProxy }), []);
    assert.deepEqual(await examine({ set: { ...PUBLIC, 'listen.host': '0.0.0.0', ...certificate() } }), []);
  });

  test('prints a line for each finding: what, why, the change', async () => {
    const end = await run(['doctor', '--port', '0', '--db', ':memory:', '--set', 'metrics.public=true'], { env: secrets() });
    assert.equal(end.code, 1);
    assert.match(end.stdout, /^metrics\.public: metrics\.public is on: everybody sees .+\. Change: --set metrics\.public=false.*$/m);
    assert.match(end.stdout, /^\d+ to change, of 28 checks$/m);
  });

  test('bad usage and a configuration that cannot be read: 2', async () => {
    for (const args of [['doctor', 'me'], ['doctor', '--url', 'ftp://x'], ['doctor', '--url', 'http://'], ['doctor', '--set', 'nonsense=1'], ['doctor', '--config', '/nonexistent.json']]) {
      const end = await run(args, { env: secrets() });
      assert.equal(end.code, 2, args.join(' '));
      assert.ok(end.stderr.length > 20, end.stderr);
    }
  });

  test('configuration: what the server would refuse', async () => {
    await finds('configuration', { env: { JWT_SECRET: 'short' } }, 'auth.jwt_secret', 'gen-secret');
    await passes('configuration');
  });

  test('secrets.quality', async () => {
    for (const weak of ['ab'.repeat(20), 'abcabcabcdabcabcabcdabcabcabcdabcabcabcd', '0123456789abcdefghijklmnopqrstuv0123456789', 'correct-horse-battery-staple-and-so-on']) {
      const findings = await finds('secrets.quality', { env: { JWT_SECRET: weak } }, 'auth.jwt_secret', 'gen-secret');
      assert.ok(!JSON.stringify(findings).includes(weak), 'it is not shown');
    }
    await finds('secrets.quality', { env: { SECURECHAT_AUTH_PEPPER: 'ab'.repeat(20) } }, 'auth.pepper');
    await passes('secrets.quality', { env: { JWT_SECRET: 'fz3-!kQ9_mW7xLp2Rv8Tn4Yb6Hc1Jd5Gs' } });
  });

  test('secrets.arguments', async () => {
    await finds('secrets.arguments', { set: { 'auth.jwt_secret': newSecret() } }, 'auth.jwt_secret', '--env-file');
    await passes('secrets.arguments');
  });

  test('auth.weak_hash', async () => {
    await finds('auth.weak_hash', { set: { 'auth.allow_weak_hash': true, 'auth.bcrypt_cost': 4 } }, 'auth.allow_weak_hash=false');
    await finds('auth.weak_hash', { set: { 'auth.bcrypt_cost': 10 } }, 'auth.bcrypt_cost=12');
    await passes('auth.weak_hash');
  });

  test('origin.allow_missing, metrics.public, audit.key', async () => {
    await finds('origin.allow_missing', { set: { 'origin.allow_missing': true } }, 'Authorization: Bearer');
    await finds('metrics.public', { set: { 'metrics.public': true } }, 'metrics.public=false');
    const audit = { 'log.audit_file': join(newFolder(), 'audit.log') };
    await finds('audit.key', { set: audit }, 'SECURECHAT_LOG_AUDIT_KEY');
    await passes('audit.key', { set: audit, env: { SECURECHAT_LOG_AUDIT_KEY: newSecret() } });
  });

  test('origins: none, http, localhost', async () => {
    const open = { 'listen.host': '0.0.0.0' };
    await finds('origin.none', { set: open }, 'origin.allowed=https://');
    await passes('origin.none', { set: { ...open, ...PUBLIC } });
    await passes('origin.none');
    await finds('origin.http', { set: { 'origin.allowed': 'https://a.example, http://b.example' } }, 'http://b.example');
    await passes('origin.http', { set: { 'origin.allowed': 'https://a.example,http://localhost:3000,http://[::1]:3000' } });
    await finds('origin.localhost', { set: { 'origin.allowed': 'https://a.example,http://localhost:3000' } }, 'http://localhost:3000');
    await finds('origin.localhost', { set: { ...open, 'origin.allowed': 'http://127.0.0.1:3000' } }, '127.0.0.1');
    await passes('origin.localhost', { set: { 'origin.allowed': 'http://localhost:3000' } });
  });

  test('listen.plain', async () => {
    await finds('listen.plain', { set: { 'listen.host': '0.0.0.0', ...PUBLIC } }, 'tls.cert', '127.0.0.1');
    await passes('listen.plain', { set: { 'listen.host': '::1' } });
  });

  test('proxy.untrusted, proxy.wide', async () => {
    await finds('proxy.untrusted', { set: PUBLIC }, 'proxy.trusted=127.0.0.1/32', '/metrics');
    await passes('proxy.untrusted', { set: { ...PUBLIC, 'proxy.trusted': '127.0.0.1/32' } });
    await passes('proxy.untrusted', { set: { 'origin.allowed': 'http://localhost:3000' } });
    for (const wide of ['0.0.0.0/0', '::/0', '10.0.0.1/32,128.0.0.0/1', '10.0.0.0/8', '172.16.0.0/12', '10.0.0.0/15']) {
      await finds('proxy.wide', { set: { 'proxy.trusted': wide } }, 'proxy.trusted');
    }
    await passes('proxy.wide', { set: { 'proxy.trusted': '10.0.0.0/16,fd00::/16,192.0.2.1' } });
  });

  test('tls.expiry', async () => {
    const served = (options) => ({ set: { ...PUBLIC, ...certificate(options) } });
    await finds('tls.expiry', served({ days: 10 }), 'expires in ');
    const brief = served({ days: 0 });
    await pause(1500);
    await finds('tls.expiry', brief, 'has expired');
    await finds('tls.expiry', { set: { 'tls.cert': file('cert.pem', 'nonsense'), 'tls.key': file('key.pem', 'nonsense') } }, 'no certificate');
    await passes('tls.expiry', served());
  });

  test('tls.names, tls.chain', async () => {
    await finds('tls.names', { set: { ...PUBLIC, ...certificate({ names: 'DNS:other.example.com' }) } }, 'chat.example.com');
    await passes('tls.names', { set: { ...PUBLIC, ...certificate({ names: 'DNS:*.example.com' }) } });
    await passes('tls.names', { set: { 'origin.allowed': 'https://192.0.2.1', ...certificate({ names: 'IP:192.0.2.1' }) } });
    await finds('tls.chain', { set: certificate({ chain: false }) }, 'fullchain.pem');
    await finds('tls.chain', { set: certificate({ issued: false }) }, 'signed by itself');
    await passes('tls.chain', { set: certificate() });
  });

  test('tls.key', async () => {
    await finds('tls.key', { set: certificate({ mode: 0o640 }) }, 'mode 640', 'chmod 600');
    await finds('tls.key', { set: certificate({ rsa: 1024 }) }, '1024 bits');
    await finds('tls.key', { set: { ...certificate(), 'tls.key': certificate()['tls.key'] } }, 'is not the key of tls.cert');
    await finds('tls.key', { set: { ...certificate(), 'tls.key': '/nonexistent/key.pem' } }, '/nonexistent/key.pem');
    await passes('tls.key', { set: certificate({ rsa: 2048 }) });
    await finds('tls.key', { set: { ...certificate(), 'tls.key': file('key.pem', 'nonsense') } }, 'holds no private key', 'is no PEM');
  });

  // `script` gives a process a terminal: what is asked there would wait for an answer.
  test('tls.key with a passphrase: a finding, and nobody is asked', async () => {
    for (const form of [['pkey', '-aes256'], ['ec', '-aes256']]) {
      const set = certificate();
      const locked = `${set['tls.key']}.locked`;
      execFileSync('openssl', [...form, '-in', set['tls.key'], '-out', locked, '-passout', 'pass:secret'], { stdio: 'pipe' });
      chmodSync(locked, 0o600);
      await finds('tls.key', { set: { ...set, 'tls.key': locked } }, 'passphrase', 'openssl pkey');
      const flags = flagsOf({ 'listen.port': 0, 'db.path': ':memory:', ...set, 'tls.key': locked });
      const child = spawn('script', ['-qec', [binary(), 'doctor', ...flags].join(' '), '/dev/null'], { env: cleanEnvironment(secrets()) });
      const text = await new Promise((resolve, reject) => {
        let said = '';
        const late = setTimeout(() => { child.kill(); reject(new Error(`it waits: ${said}`)); }, 20000);
        child.stdout.on('data', (bytes) => { said += bytes; });
        child.on('error', reject);
        child.on('close', () => { clearTimeout(late); resolve(said); });
      });
      assert.match(text, /to change, of/);
      assert.ok(!text.includes('pass phrase'), text);
    }
  });

  test('a reader that has gone does not end it', async () => {
    const code = join(newFolder(), 'code');
    const command = `{ sleep 0.3; ${binary()} doctor --port 0 --db :memory: --set metrics.public=true; echo $? > ${code}; } | true`;
    execFileSync('sh', ['-c', command], { env: cleanEnvironment(secrets()), stdio: 'pipe' });
    assert.equal(readFileSync(code, 'utf8').trim(), '1');
  });

  test('files.mode', async () => {
    for (const suffix of ['', '-wal', '-shm']) {
      const path = file(`chat.db${suffix}`, 'x', 0o644);
      await finds('files.mode', { set: { 'db.path': path.slice(0, path.length - suffix.length) } }, `chat.db${suffix}`, 'chmod 600');
    }
    await passes('files.mode', { set: { 'db.path': file('chat.db', 'x') } });
    await finds('files.mode', { set: { 'log.audit_file': file('audit.log', '', 0o640) } }, 'audit.log');
    const env = `SECURECHAT_LIMITS_BODY=2000\nJWT_SECRET=${newSecret()}\n`;
    await finds('files.mode', { args: ['--env-file', file('chat.env', env, 0o644)] }, 'chat.env', 'secrets');
    await passes('files.mode', { args: ['--env-file', file('chat.env', env)] });
    await passes('files.mode', { args: ['--env-file', file('chat.env', 'SECURECHAT_LIMITS_BODY=2000\n', 0o644)] });
    await finds('files.mode', { args: ['--config', file('chat.json', '{"limits":{"body":2000}}', 0o666)] }, 'chat.json');
    await passes('files.mode', { args: ['--config', file('chat.json', '{"limits":{"body":2000}}', 0o644)] });
  });

  test('files.directory', async () => {
    const dir = join(newFolder(), 'open');
    mkdirSync(dir);
    chmodSync(dir, 0o777);
    await finds('files.directory', { set: { 'db.path': join(dir, 'chat.db') } }, dir, '0700');
    await finds('files.directory', { set: { 'db.path': '/nonexistent/chat.db' } }, '/nonexistent');
    chmodSync(dir, 0o700);
    await passes('files.directory', { set: { 'db.path': join(dir, 'chat.db') } });
    await passes('files.directory', { set: { 'db.path': ':memory:' } });
  });

  test('server.health: ours, another program, nobody', async () => {
    const server = await startServer();
    await passes('server.health', { set: { 'listen.port': server.port } });
    await server.stop();
    await passes('server.health', { set: { 'listen.port': server.port } });
    const other = http.createServer((asked, answer) => answer.end('hello')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    await finds('server.health', { set: { 'listen.port': other.address().port } }, 'is not securechatd', 'listen.port=N');
    other.closeAllConnections();
    other.close();
  });

  test('through --url: what a proxy loses, hides or gives away', async () => {
    const server = await startServer({ set: { 'proxy.trusted': '127.0.0.1/32' } });
    const through = (url) => ({ args: ['--url', url] });
    // 0.0.0.0 reaches this machine, and is no name of it.
    const elsewhere = (url) => url.replace('127.0.0.1', '0.0.0.0');
    const forwarding = (headers) => { headers['x-forwarded-for'] = '192.0.2.1'; };
    const good = await startProxy(server, { alter: forwarding });
    for (const check of ['proxy.headers', 'proxy.websocket', 'proxy.metrics']) await passes(check, through(good.url));
    await passes('proxy.metrics', through(elsewhere(good.url)));
    await finds('proxy.headers', through(elsewhere(good.url)), 'is not https');

    const bare = http.createServer((asked, answer) => {
      http.get({ port: server.port, host: '127.0.0.1', path: asked.url, headers: { host: asked.headers.host } }, (given) => {
        answer.writeHead(given.statusCode, { 'Content-Type': 'text/plain' });
        given.pipe(answer);
      });
    }).listen(0, '127.0.0.1');
    await once(bare, 'listening');
    const url = `http://127.0.0.1:${bare.address().port}`;
    await finds('proxy.headers', through(url), 'Content-Security-Policy does not survive the proxy', 'X-Request-Id');
    await finds('proxy.websocket', through(url), 'status 426');
    await finds('proxy.metrics', through(elsewhere(url)), '/metrics can be read', 'proxy.trusted');
    await finds('proxy.headers', through(`${url}/no-such-folder/`), 'status 404');
    bare.closeAllConnections();
    bare.close();
    await finds('proxy.headers', through(url), 'refused');
  });
});
