// Starts and ends securechatd for the tests. The binary is named by the environment variable SECURECHATD.
// Secrets reach the child through its environment (or a file), never through its arguments.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { closeClients } from './clients.mjs';
import { WAIT, within } from './wait.mjs';

export * from './check.mjs';
export * from './clients.mjs';
export * from './http.mjs';
export * from './wait.mjs';

export const ORIGIN = 'http://localhost:3000';

// Limits so wide that a test of something else never meets them.
export const ROOMY = {
  'limits.auth_attempts': 100000,
  'limits.connections': 100000,
  'limits.messages': 100000,
};

const servers = new Set();
const children = new Set();
const folders = new Set();

export function newSecret() {
  return randomBytes(24).toString('hex');
}

export function newFolder() {
  const dir = mkdtempSync(join(tmpdir(), 'securechat-test-'));
  folders.add(dir);
  return dir;
}

export function binary(variable = 'SECURECHATD') {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} is not set: give the absolute path of the ${variable.toLowerCase()} binary to test`);
  if (!isAbsolute(path)) throw new Error(`${variable} must be an absolute path, it is "${path}"`);
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new Error(`${variable} names "${path}", which is not an executable file`);
  }
  return path;
}

// The tester's environment without anything securechatd itself would read.
export function cleanEnvironment(extra = {}) {
  const env = {};
  for (const [name, value] of Object.entries(process.env)) {
    const ours = /^(HOST|PORT|ALLOWED_ORIGINS|JWT_.*|SECURECHAT_.*|NODE_TEST_CONTEXT|NODE_OPTIONS)$/.test(name);
    if (!ours) env[name] = value;
  }
  for (const [name, value] of Object.entries(extra)) {
    if (value === undefined || value === null) delete env[name];
    else env[name] = String(value);
  }
  return env;
}

export function flagsOf(set) {
  return Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
}

// The keys a configuration object names, nested or flat, as dotted keys.
export function keysOf(config, prefix = '') {
  return Object.entries(config ?? {}).flatMap(([key, value]) =>
    value !== null && typeof value === 'object' && !Array.isArray(value) ? keysOf(value, `${prefix}${key}.`) : [prefix + key]);
}

function spawnChild(args, { variable, ...options }) {
  const child = spawn(binary(variable), args, options);
  children.add(child);
  child.exited = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  }).then((end) => {
    children.delete(child);
    child.end = end;
    return end;
  });
  return child;
}

function endChild(child, signal = 'SIGKILL') {
  if (child.end || !child.pid) return;
  try {
    process.kill(child.pid, signal);
  } catch { /* It ended in the meantime. */ }
}

// How the child ended, or null when it still runs after ms.
function endOf(child, ms) {
  return within(child.exited, 'the end of a child', ms).catch(() => null);
}

// Runs the program to its end: { code, stdout, stderr }. Used for the verbs and for refused configurations.
export async function run(args, { env = {}, cwd = newFolder(), input = '', wait = WAIT } = {}) {
  const child = spawnChild(args, { cwd, env: cleanEnvironment(env), stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
  child.stdin.on('error', () => {}).end(input);
  const end = await endOf(child, wait);
  if (!end) {
    endChild(child);
    await child.exited;
    throw new Error(`waited ${wait} ms for "securechatd ${args.join(' ')}" to end\nstdout: ${stdout}\nstderr: ${stderr}`);
  }
  if (end.error) throw end.error;
  return { code: end.code, stdout, stderr };
}

// startServer({
//   set:     { key: value }       options given as --set key=value,
//   env:     { NAME: value }      environment of the child; a value of undefined removes a default one,
//   args:    [ ... ]              further arguments,
//   config:  { ... }              written to a file given as --config; its keys get no default from here,
//   deaf:    true                 nobody reads its log until listen() is called,
//   keepDir: path                 a folder of the caller instead of a fresh temporary one; it is not removed
// })
export async function startServer({ set = {}, env = {}, args = [], config, keepDir, deaf = false } = {}) {
  const dir = keepDir ?? newFolder();
  const secrets = { jwt: newSecret(), refresh: newSecret() };
  const environment = { JWT_SECRET: secrets.jwt, JWT_REFRESH_SECRET: secrets.refresh, ...env };
  secrets.jwt = environment.JWT_SECRET ?? secrets.jwt;
  secrets.refresh = environment.JWT_REFRESH_SECRET ?? secrets.refresh;

  const configPath = join(dir, 'securechatd.json');
  const given = new Set(keysOf(config));
  if (config) writeFileSync(configPath, JSON.stringify(config, null, 2), { mode: 0o600 });
  const defaults = {
    'listen.port': 0,
    'db.path': join(dir, 'chat.db'),
    'auth.bcrypt_cost': 4,
    'auth.allow_weak_hash': true,
    'origin.allowed': ORIGIN,
  };
  for (const key of given) delete defaults[key];
  let options = { ...defaults, ...set };
  let child;
  let stdout = '';
  let stderr = '';

  function listen() {
    child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
  }

  async function launch() {
    const line = /^listening on (https?:\/\/\S+)$/m;
    const from = stdout.length;
    const flags = [...(config ? ['--config', configPath] : []), ...flagsOf(options), ...args];
    child = spawnChild(flags, { cwd: dir, env: cleanEnvironment(environment), stdio: ['ignore', 'pipe', 'pipe'] });
    const listening = new Promise((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text) => {
        stdout += text;
        const found = line.exec(stdout.slice(from));
        if (found && stdout.slice(from).includes('\n', found.index)) resolve({ url: found[1] });
      });
    });
    if (!deaf) listen();
    const first = await within(Promise.race([listening, child.exited]), 'the listening line').catch(() => null);
    if (!first?.url) {
      endChild(child);
      await child.exited;
      const why = first ? `ended with code ${first.code ?? first.error ?? first.signal}` : `said nothing within ${WAIT} ms`;
      throw new Error(`waited for the line "listening on ...", but securechatd ${why}\nstdout: ${stdout}\nstderr: ${stderr}`);
    }
    server.url = first.url;
    server.port = Number(new URL(first.url).port);
    server.pid = child.pid;
  }

  async function ended(what) {
    const end = await endOf(child, WAIT);
    if (!end) {
      endChild(child);
      await child.exited;
      throw new Error(`waited ${WAIT} ms for securechatd to end after ${what}\nstderr: ${stderr.slice(-4000)}`);
    }
    return end.code ?? end.signal;
  }

  const server = {
    dir,
    secrets,
    configPath,
    dbPath: options['db.path'] ?? join(dir, 'chat.db'),
    origin: String(options['origin.allowed'] ?? ORIGIN).split(',')[0].trim() || ORIGIN,
    stdout: () => stdout,
    stderr: () => stderr,
    listen,
    alive: () => !child.end,
    signal: (name) => endChild(child, name),
    // Ends the server and gives its exit code (or the signal's name when that ended it).
    async stop(signal = 'SIGTERM') {
      endChild(child, signal);
      const code = await ended(signal);
      servers.delete(server);
      return code;
    },
    async kill9() {
      endChild(child, 'SIGKILL');
      return ended('SIGKILL');
    },
    // Same folder, same secrets, same port; ends the server first when it still runs.
    async restart({ set: more = {} } = {}) {
      if (!child.end) {
        endChild(child, 'SIGTERM');
        await ended('SIGTERM');
      }
      options = { ...options, 'listen.port': server.port, ...more };
      await launch();
      servers.add(server);
      return server;
    },
  };
  await launch();
  servers.add(server);
  return server;
}

// An example that is configured by its environment and ends with its standard input:
// { url, origin, stderr(), end() }, where end() gives its exit code.
export async function startProgram(variable, env) {
  const child = spawnChild([], { variable, cwd: newFolder(), env: cleanEnvironment(env), stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
  const listening = new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      const found = /^listening on (http:[^;\s]+).*\n/m.exec(stdout);
      if (found) resolve(found[1]);
    });
  });
  const ended = child.exited.then(({ code, signal }) => {
    throw new Error(`${variable} ended before it listened (${code ?? signal}): ${stderr}`);
  });
  ended.catch(() => {});
  const url = await within(Promise.race([listening, ended]), `the line "listening on ..." of ${variable}`);
  return {
    url,
    origin: ORIGIN,
    stderr: () => stderr,
    async end() {
      child.stdin.end();
      const { code, signal } = await within(child.exited, `the end of ${variable}`);
      return code ?? signal;
    },
  };
}

// For after(): closes every client, ends every child by its own pid, removes the temporary folders.
export async function cleanUp() {
  closeClients();
  const waiting = [...children];
  for (const child of waiting) endChild(child);
  await Promise.all(waiting.map((child) => child.exited));
  servers.clear();
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
  folders.clear();
}

// Whatever ends the test process, no child outlives it.
process.on('exit', () => {
  for (const child of children) endChild(child);
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
