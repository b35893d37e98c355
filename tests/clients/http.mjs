// Plain HTTP against the server, one connection per request so that nothing survives between tests.
import http from 'node:http';
import https from 'node:https';
import { createHmac } from 'node:crypto';
import { within } from './wait.mjs';

export const PASSWORD = 'Passw0rd1';

// { status, headers, text, body }: body is the parsed JSON when the answer says it is JSON.
export function request(server, { method = 'GET', path = '/', headers = {}, body } = {}) {
  const { protocol, hostname, port } = new URL(server.url);
  const client = protocol === 'https:' ? https : http;
  const payload = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(body);
  const all = { ...headers };
  const named = (name) => Object.keys(all).some((key) => key.toLowerCase() === name);
  if (payload && !named('content-length')) all['Content-Length'] = payload.length;
  if (!payload && method !== 'GET' && method !== 'HEAD' && !named('content-length')) all['Content-Length'] = 0;
  let asked;
  const answered = new Promise((resolve, reject) => {
    asked = client.request({ hostname, port, method, path, headers: all, agent: false, rejectUnauthorized: false }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        let parsed;
        if (/^application\/json\b/.test(answer.headers['content-type'] ?? '')) {
          try {
            parsed = JSON.parse(text);
          } catch {
            reject(new Error(`${method} ${path}: the answer says it is JSON, but is: ${text}`));
            return;
          }
        }
        resolve({ status: answer.statusCode, headers: answer.headers, text, body: parsed });
      });
    });
    asked.on('error', reject);
    asked.end(payload);
  });
  return within(answered, `the answer to ${method} ${path}`).finally(() => asked.destroy());
}

export function get(server, path, headers = {}) {
  return request(server, { path, headers });
}

// POST of a JSON value; a string or Buffer goes out as it is.
export function post(server, path, body = {}, headers = {}) {
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  return request(server, {
    method: 'POST',
    path,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: raw ? body : JSON.stringify(body),
  });
}

export function bearer(token) {
  return { Authorization: `Bearer ${token}` };
}

function expectStatus(answer, status, what) {
  if (answer.status !== status) throw new Error(`${what}: status ${answer.status} instead of ${status}: ${answer.text}`);
  return answer.body;
}

// A new account: the answer's body, and name, email, password beside it.
export async function register(server, name, { email = `${name}@example.com`, password = PASSWORD } = {}) {
  const answer = await post(server, '/api/auth/register', { username: name, email, password });
  return { ...expectStatus(answer, 201, `register ${name}`), name, email, password };
}

// A new session of an account: takes what register gave, or a name.
export async function login(server, who) {
  const account = typeof who === 'string' ? { email: `${who}@example.com`, password: PASSWORD } : who;
  const { email, password = PASSWORD } = account;
  const answer = await post(server, '/api/auth/login', { email, password });
  return { ...account, ...expectStatus(answer, 200, `login ${email}`) };
}

export function refresh(server, refreshToken) {
  return post(server, '/api/auth/refresh', { refreshToken });
}

// The value of one of the server's metrics.
export async function metric(server, name) {
  const { text } = await get(server, '/metrics');
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)[1]);
}

export async function isHealthy(server) {
  const answer = await get(server, '/healthz');
  return answer.status === 200 && answer.body?.status === 'ok';
}

// The helpers below make and read tokens, so that tests can forge them.
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8'));
}

export function headerOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString('utf8'));
}

export function mintToken(claims, secret, header = { alg: 'HS256', typ: 'JWT' }) {
  const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[header.alg];
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${hash ? createHmac(hash, secret).update(signed).digest('base64url') : ''}`;
}

// The same token as it would be an hour after its end, with a good signature unless another secret is given.
export function expiredToken(token, secret) {
  const now = Math.floor(Date.now() / 1000);
  return mintToken({ ...claimsOf(token), iat: now - 7200, exp: now - 3600 }, secret);
}
