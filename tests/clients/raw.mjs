// Raw connections: what goes over them is exactly what a test says.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { ORIGIN, newFolder } from './server.mjs';
import { pause, within } from './wait.mjs';

// The options that give a server a self-signed certificate of its own. cleanUp() removes it.
export function withCertificate() {
  const dir = newFolder();
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(dir, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  chmodSync(key, 0o600);
  return { 'tls.cert': cert, 'tls.key': key };
}

// A raw connection that collects what comes until the end; over TLS when the server's URL says so.
export function dial(server, options = {}) {
  const secure = server.url.startsWith('https:');
  const to = { port: server.port, host: '127.0.0.1', ...options };
  const socket = secure ? tls.connect({ rejectUnauthorized: false, ...to }) : net.connect(to);
  const peer = { socket, bytes: Buffer.alloc(0), start: Date.now() };
  socket.on('data', (part) => { peer.bytes = Buffer.concat([peer.bytes, part]); });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => {
    const done = () => resolve(Date.now() - peer.start);
    socket.once('end', done);
    socket.once('close', done);
  });
  peer.text = () => peer.bytes.toString('latin1');
  peer.write = (data) => { if (!socket.destroyed) socket.write(data); return peer; };
  peer.closed = (ms = 3000, what = 'the server to close the connection') => within(closed, what, ms).finally(() => socket.destroy());
  peer.status = () => Number(/^HTTP\/1\.[01] (\d{3})/.exec(peer.text())?.[1] ?? 0);
  // Waits for a status line, however the connection goes on.
  peer.answer = async (ms = 3000) => {
    const end = Date.now() + ms;
    while (!peer.text().includes('\r\n\r\n') && !socket.destroyed && !socket.readableEnded && Date.now() < end) await pause(5);
    return peer.status();
  };
  return peer;
}

export const head = (...lines) => `${lines.join('\r\n')}\r\n\r\n`;

const key = () => randomBytes(16).toString('base64');
export const upgrade = (path, { version = '13', extra = [], method = 'GET', protocol = 'HTTP/1.1', origin = ORIGIN } = {}) => head(
  `${method} ${path} ${protocol}`, 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Key: ${key()}`,
  ...(version === null ? [] : [`Sec-WebSocket-Version: ${version}`]), 'Sec-WebSocket-Protocol: securechat.v1', `Origin: ${origin}`, ...extra);

// A masked frame; first is its first byte, declared a length other than the true one.
export function frame(first, payload = Buffer.alloc(0), declared = payload.length) {
  const mask = randomBytes(4);
  const long = Buffer.alloc(8);
  long.writeBigUInt64BE(BigInt(declared));
  const size = declared < 126 ? Buffer.from([0x80 | declared])
    : declared < 65536 ? Buffer.concat([Buffer.from([0x80 | 126]), long.subarray(6)])
      : Buffer.concat([Buffer.from([0x80 | 127]), long]);
  return Buffer.concat([Buffer.from([first]), size, mask, payload.map((byte, i) => byte ^ mask[i % 4])]);
}
