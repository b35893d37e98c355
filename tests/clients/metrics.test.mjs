// What an operator sees: /metrics in Prometheus' text format, read by Prometheus' own parser, and numbers that are right.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { ROOMY, ask, cleanUp, connectIo, get, heard, isHealthy, openPlain, pause, post, refusedIo, register, startServer } from './server.mjs';

const PARSER = new URL('./metrics.py', import.meta.url).pathname;

async function scrape(server) {
  const { status, text } = await get(server, '/metrics');
  assert.equal(status, 200, text);
  const families = JSON.parse(execFileSync('/usr/bin/python3', [PARSER], { input: text, encoding: 'utf8' }));
  // The parser drops _total from the names of counters.
  return (name, labels = {}) => {
    const family = families[`securechat_${name.replace(/_(total|bucket|sum|count)$/, '')}`];
    assert.ok(family, `there is ${name}; there are ${Object.keys(families).join(' ')}`);
    const values = family.samples.filter((sample) => sample.name === `securechat_${name}`
      && Object.entries(labels).every(([label, value]) => sample.labels[label] === value)).map((sample) => sample.value);
    assert.ok(values.length > 0, `there is a sample of ${name} ${JSON.stringify(labels)}`);
    return values.reduce((sum, value) => sum + value, 0);
  };
}

// Waits until a number is what it ought to be.
async function settles(server, expected, name, labels) {
  let value;
  for (let i = 0; i < 100; ++i) {
    value = (await scrape(server))(name, labels);
    if (value === expected) return;
    await pause(50);
  }
  assert.equal(value, expected, `${name} ${JSON.stringify(labels ?? {})}`);
}

describe('the parser of the tests', () => {
  const good = '# HELP securechat_a_total Counts.\n# TYPE securechat_a_total counter\nsecurechat_a_total{x="1"} 3\n';
  for (const [what, text, passes] of [
    ['what is right', good, true],
    ['no HELP', good.replace(/# HELP.*\n/, ''), false],
    ['a family twice', good + good, false],
    ['a series twice', `${good}securechat_a_total{x="1"} 4\n`, false],
    ['a counter without _total', good.replaceAll('_total', ''), false],
    ['a foreign name', good.replaceAll('securechat_', 'other_'), false],
    ['a line that does not end', good.trimEnd(), false],
    ['a quote that is not escaped', good.replace('"1"', '"1"2"'), false],
    ['no number', good.replace(' 3', ' three'), false],
  ]) {
    test(`${what}: ${passes ? 'passes' : 'does not pass'}`, () => {
      assert.equal(spawnSync('/usr/bin/python3', [PARSER], { input: text }).status === 0, passes);
    });
  }
});

describe('/metrics', () => {
  let server;
  let ada;
  before(async () => {
    server = await startServer({ set: { ...ROOMY, 'listen.threads': 2, 'limits.messages': 5 } });
    ada = await register(server, 'ada');
  });
  after(cleanUp);

  test('build, time and process', async () => {
    const value = await scrape(server);
    const { text } = await get(server, '/metrics');
    assert.match(text, /^securechat_build_info\{version="\d+\.\d+\.\d+",libwebsockets="\d+\.\d+[^" ]*",sqlite="3\.\d+\.\d+"\} 1$/m);
    assert.ok(Math.abs(Date.now() / 1000 - value('start_time_seconds') - value('uptime_seconds')) < 2, 'start and uptime make now');
    const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
    const resident = 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)[1]);
    assert.ok(Math.abs(value('process_resident_memory_bytes') - resident) < resident / 4, 'as the kernel says');
    assert.ok(Math.abs(value('process_open_fds') - readdirSync(`/proc/${server.pid}/fd`).length) <= 4, 'as the kernel says');
    assert.ok(value('process_max_fds') >= value('process_open_fds'));
    assert.ok(value('process_cpu_seconds_total') > 0);
  });

  test('connections, sessions and rooms come and go', async () => {
    const value = await scrape(server);
    const before = { sessions: value('sessions'), rooms: value('rooms'), engine: value('engine_sessions') };
    assert.ok(value('connections') >= 1, 'the scrape itself is one');
    assert.equal(before.sessions, 0);
    const socket = await connectIo(server, { token: ada.accessToken, transports: ['websocket'] });
    await ask(socket, 'join-room', { room: 'metrics' });
    await settles(server, 1, 'sessions');
    await settles(server, 1, 'shard_sessions');
    await settles(server, before.rooms + 2, 'rooms');
    await settles(server, before.engine + 1, 'engine_sessions');
    assert.ok((await scrape(server))('shard_connections') >= 2);
    socket.disconnect();
    await settles(server, 0, 'sessions');
    await settles(server, 0, 'shard_sessions');
    await settles(server, before.rooms, 'rooms');
    await settles(server, before.engine, 'engine_sessions');
  });

  test('messages in and out, deliveries, refusals and limits', async () => {
    const sockets = [];
    for (let i = 0; i < 3; ++i) sockets.push(await connectIo(server, { token: ada.accessToken, transports: ['websocket'] }));
    const value = await scrape(server);
    const names = ['messages_received_total', 'messages_sent_total', 'deliveries_total', 'packets_received_total'];
    const before = Object.fromEntries(names.map((name) => [name, value(name)]));
    for (let i = 0; i < 4; ++i) assert.equal((await ask(sockets[0], 'send-message', { message: `m${i}` })).ok, true);
    assert.equal((await ask(sockets[0], 'send-message', { message: 7 })).code, 'INVALID_MESSAGE');
    assert.equal((await ask(sockets[0], 'send-message', { message: 'too many' })).code, 'RATE_LIMITED');
    assert.equal((await ask(sockets[0], 'no-such-event', {})).code, 'UNKNOWN_EVENT');
    for (const socket of sockets) await heard(socket, 'receive-message', (m) => m.message === 'm3');
    await settles(server, before.messages_received_total + 6, 'messages_received_total');
    await settles(server, before.messages_sent_total + 4, 'messages_sent_total');
    await settles(server, before.deliveries_total + 12, 'deliveries_total');
    await settles(server, before.packets_received_total + 7, 'packets_received_total');
    await settles(server, 1, 'refusals_total', { at: 'event', reason: 'INVALID_MESSAGE' });
    await settles(server, 1, 'refusals_total', { at: 'event', reason: 'RATE_LIMITED' });
    await settles(server, 1, 'refusals_total', { at: 'event', reason: 'UNKNOWN_EVENT' });
    await settles(server, 1, 'rate_limited_total', { limit: 'messages' });
    for (const socket of sockets) socket.disconnect();
  });

  test('refusals of joins, of the API and of HTTP', async () => {
    const value = await scrape(server);
    const logins = value('refusals_total', { at: 'api', reason: 'INVALID_CREDENTIALS' });
    const nobody = value('refusals_total', { at: 'connect', reason: 'NO_TOKEN' });
    const lost = value('http_responses_total', { code: '404' });
    await refusedIo(server, {});
    await refusedIo(server, { token: 'nonsense' });
    assert.equal((await post(server, '/api/auth/login', { email: ada.email, password: 'Wrong0ne' })).status, 401);
    assert.equal((await get(server, '/api/auth/me')).status, 401);
    assert.equal((await get(server, '/nope')).status, 404);
    await settles(server, nobody + 1, 'refusals_total', { at: 'connect', reason: 'NO_TOKEN' });
    await settles(server, 1, 'refusals_total', { at: 'connect', reason: 'AUTH_FAILED' });
    await settles(server, logins + 1, 'refusals_total', { at: 'api', reason: 'INVALID_CREDENTIALS' });
    await settles(server, 1, 'refusals_total', { at: 'api', reason: 'UNAUTHORIZED' });
    await settles(server, lost + 1, 'http_responses_total', { code: '404' });
  });

  test('a peer that breaks the protocol or sends too much', async () => {
    const broken = await openPlain(server);
    broken.ws.send('{broken');
    await settles(server, 1, 'protocol_faults_total');
    const big = await openPlain(server);
    big.ws.send('x'.repeat(20_000));
    await settles(server, 1, 'payload_refusals_total');
  });

  test('hashing and storage', async () => {
    const value = await scrape(server);
    assert.ok(value('hashes_total') >= 2, 'a registration and a login');
    assert.equal(value('hash_queued'), 0);
    assert.equal(value('hashes_refused_total'), 0);
    assert.ok(value('storage_commits_total') >= 1);
    assert.ok(value('storage_batch_units_count') >= value('storage_commits_total'));
    assert.ok(value('storage_batch_units_sum') >= value('storage_batch_units_count'), 'a batch has a unit');
    assert.ok(value('storage_commit_seconds_sum') > 0);
    assert.ok(value('storage_queued') >= 0);
  });

  test('each loop has its own numbers', async () => {
    const value = await scrape(server);
    for (const shard of ['0', '1']) {
      assert.ok(value('connections_accepted_total', { shard }) >= 0);
      assert.ok(value('packets_received_total', { shard }) >= 0);
    }
    assert.ok(value('connections_accepted_total') > 10);
  });

  test('many scrapes at a time are answered or told to wait, and hold nobody up', async () => {
    const answers = await Promise.all([...Array(40)].map(() => get(server, '/metrics')));
    for (const { status } of answers) assert.ok(status === 200 || status === 503, `status ${status}`);
    assert.ok(answers.some(({ status }) => status === 200));
    assert.ok(await isHealthy(server));
  });
});

describe('/metrics is for whom it is for', () => {
  after(cleanUp);

  // Shows: R85
  test('loopback peers only, unless metrics.public', async () => {
    const forwarded = { 'X-Forwarded-For': '192.0.2.7' };
    const server = await startServer({ set: { 'proxy.trusted': '127.0.0.1/32' } });
    assert.equal((await get(server, '/metrics')).status, 200);
    for (const list of ['192.0.2.7', '127.0.0.1', '127.0.0.1, 127.0.0.1', '::1', '192.0.2.7:555', 'unknown', '']) {
      assert.equal((await get(server, '/metrics', { 'X-Forwarded-For': list })).status, 403, `forwarded for "${list}"`);
    }
    await server.stop();
    const open = await startServer({ set: { 'proxy.trusted': '127.0.0.1/32', 'metrics.public': true } });
    assert.equal((await get(open, '/metrics', forwarded)).status, 200);
  });

  test('bytes that wait for slow readers and those that are let go are counted', async () => {
    const server = await startServer({ set: { ...ROOMY, 'limits.send_queue': 300_000, 'limits.message_length': 100_000, 'limits.payload': 1_000_000 } });
    const eve = await register(server, 'eve');
    const bob = await register(server, 'bob');
    const slow = await openPlain(server);
    slow.ws.send(JSON.stringify({ type: 'auth', token: eve.accessToken }));
    await settles(server, 1, 'sessions');
    slow.ws._socket.pause();
    // What one connection may send in ten seconds could fit what the kernel holds for the slow one.
    const talkers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => connectIo(server, { token: bob.accessToken, transports: ['websocket'] })));
    let waited = 0;
    for (let i = 0; i < 1000; ++i) {
      assert.equal((await ask(talkers[i % talkers.length], 'send-message', { message: 'x'.repeat(60_000) })).ok, true);
      const { text } = await get(server, '/metrics');
      waited = Math.max(waited, Number(/^securechat_outbox_bytes\{shard="0"\} (\d+)$/m.exec(text)[1]));
      if (/^securechat_slow_consumers_total\{shard="0"\} 1$/m.test(text)) break;
    }
    assert.ok(waited > 10_000, `${waited} bytes were seen to wait`);
    await settles(server, 1, 'slow_consumers_total');
    await settles(server, 0, 'outbox_bytes');
    for (const talker of talkers) talker.disconnect();
  });
});
