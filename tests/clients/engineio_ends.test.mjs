// How Engine.IO sessions end on the real server: by faults, by peers that leave, by pings that are missed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { FROM_PAGE, PATH, Poller, brief } from './poller.mjs';
import { dial, head } from './raw.mjs';
import { Inbox, ORIGIN, ROOMY, ask, cleanUp, connectIo, heard, metric, pause, register, startServer } from './server.mjs';

const EVIL = 'http://evil.example';

// How a session over polling ends. Whoever shares a room hears of it at once, long before a ping could be missed.
describe('ends', () => {
  let server;
  let observer;
  let number = 0;
  before(async () => {
    server = await startServer({ set: ROOMY });
    observer = await connectIo(server, { token: (await register(server, 'observer')).accessToken });
    await ask(observer, 'join-room', { room: 'den' });
  });
  after(cleanUp);

  const member = async () => {
    const account = await register(server, `member${number += 1}`);
    const poller = await Poller.join(server, account.accessToken);
    await poller.post('421["join-room",{"room":"den"}]');
    await poller.until(/^431\[/, 'the room');
    await heard(observer, 'user-joined', (event) => event.userId === account.user.id);
    return { poller, hasLeft: () => heard(observer, 'user-left', (event) => event.userId === account.user.id, 1000) };
  };
  const rawPoll = (poller) => dial(server).write(head(`GET ${poller.path} HTTP/1.1`, 'Host: x', `Origin: ${ORIGIN}`));
  const BAD = { code: 3, message: 'Bad request' };

  for (const [what, act] of [
    ['a second poll: the first gets a close packet, the second 400', async (poller) => {
      const [first, second] = await Promise.all([poller.get(), pause(50).then(() => poller.get())]);
      assert.deepEqual([brief(first), second.status, second.body], [[200, '1'], 400, BAD]);
    }],
    ['a close packet: the poll that waits gets a noop', async (poller) => {
      const [waiting, closed] = await Promise.all([poller.get(), pause(50).then(() => poller.post('1'))]);
      assert.deepEqual([brief(waiting), brief(closed)], [[200, '6'], [200, 'ok']]);
    }],
    ['a packet that is none: 400, the poll that waits gets a close packet', async (poller) => {
      const [waiting, refused] = await Promise.all([poller.get(), pause(50).then(() => poller.post('x'))]);
      assert.deepEqual([brief(waiting), refused.status, refused.body], [[200, '1'], 400, BAD]);
    }],
    ['a binary body, of an older protocol', async (poller) => {
      const refused = await poller.post('4x', { ...FROM_PAGE, 'Content-Type': 'application/octet-stream' });
      assert.deepEqual([refused.status, refused.body], [400, BAD]);
    }],
    ['a second POST beside one that is under way', async (poller) => {
      const half = dial(server).write(`${head(`POST ${poller.path} HTTP/1.1`, 'Host: x', `Origin: ${ORIGIN}`, 'Content-Length: 10')}42`);
      await pause(50);
      const refused = await poller.post('3');
      assert.deepEqual([refused.status, refused.body], [400, BAD]);
      half.socket.destroy();
    }],
    ['the peer of a poll that waits goes away', async (poller) => {
      const peer = rawPoll(poller);
      await pause(50);
      peer.socket.end();
    }],
    ['the peer of a poll that waits breaks off', async (poller) => {
      const peer = rawPoll(poller);
      await pause(50);
      peer.socket.resetAndDestroy();
    }],
    ['the peer of a POST goes away in its midst', async (poller) => {
      const peer = dial(server).write(`${head(`POST ${poller.path} HTTP/1.1`, 'Host: x', `Origin: ${ORIGIN}`, 'Content-Length: 10')}42`);
      await pause(50);
      peer.socket.resetAndDestroy();
    }],
    ['a request from another origin', async (poller) => {
      const refused = await poller.post('3', { Origin: EVIL });
      assert.deepEqual([refused.status, refused.body.code], [403, 4]);
    }],
  ]) {
    test(what, async () => {
      const { poller, hasLeft } = await member();
      await act(poller);
      await hasLeft();
      await poller.isOver();
    });
  }

  test('a namespace that is left is not the end of the session', async () => {
    const { poller, hasLeft } = await member();
    const parked = poller.get();
    assert.deepEqual(brief(await poller.post('41')), [200, 'ok']);
    await hasLeft();
    assert.equal(await metric(server, 'securechat_sessions'), 1, 'only the observer has joined');
    assert.equal(await metric(server, 'securechat_engine_sessions'), 2);
    await poller.post('1');
    assert.match((await parked).text, /^(6|1)$/);
  });
});

describe('heartbeat', () => {
  const INTERVAL = 300;
  const TIMEOUT = 200;
  let server;
  before(async () => {
    server = await startServer({ set: { ...ROOMY, 'engine.ping_interval': `${INTERVAL}ms`, 'engine.ping_timeout': `${TIMEOUT}ms` } });
  });
  after(cleanUp);

  // When the ping came and when the session ended without an answer to it, in milliseconds since the handshake.
  const overPolling = async () => {
    const before_ = performance.now();
    const poller = await Poller.open(server);
    const opened = performance.now();
    assert.deepEqual(await poller.poll(), ['2']);
    const pinged = performance.now();
    assert.deepEqual(await poller.poll(), ['1']);
    const ended = performance.now();
    await poller.isOver();
    return { asked: before_, opened, pinged, ended };
  };
  const overWebSocket = async () => {
    const asked = performance.now();
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}${PATH}EIO=4&transport=websocket`, { headers: FROM_PAGE });
    const inbox = new Inbox();
    ws.on('message', (data) => inbox.push(data.toString()));
    ws.on('close', () => inbox.push('end'));
    await inbox.take((packet) => packet[0] === '0', 'the open packet');
    const opened = performance.now();
    await inbox.take((packet) => packet === '2', 'the ping');
    const pinged = performance.now();
    await inbox.take((packet) => packet === 'end', 'the close');
    return { asked, opened, pinged, ended: performance.now() };
  };

  for (const [over, run] of [['polling', overPolling], ['WebSocket', overWebSocket]]) {
    // Shows: R68
    test(`over ${over} a ping comes and is missed on time, within 20 ms`, async () => {
      // Never early. How late is for the machine to say, too: where others compute, this process or the server may wait for its turn,
      // so that one attempt of ten has to be on time.
      let best = Infinity;
      for (let attempt = 0; attempt < 10 && best > 20; attempt += 1) {
        const { asked, opened, pinged, ended } = await run();
        assert.ok(pinged >= asked + INTERVAL - 1, `pinged ${pinged - asked} ms after the handshake was asked for`);
        assert.ok(ended >= asked + INTERVAL + TIMEOUT - 1, `ended after ${ended - asked} ms`);
        best = Math.min(best, Math.max(pinged - opened - INTERVAL, ended - opened - INTERVAL - TIMEOUT));
      }
      assert.ok(best <= 20, `late by ${best} ms at best`);
    });
  }

  // Shows: R68
  test('a member who misses it leaves the room', async () => {
    const observer = await connectIo(server, { token: (await register(server, 'observer')).accessToken });
    await ask(observer, 'join-room', { room: 'den' });
    const account = await register(server, 'sleeper');
    const poller = await Poller.join(server, account.accessToken);
    await poller.post('421["join-room",{"room":"den"}]');
    await poller.until(/^431\[/, 'the room');
    await poller.until(/^2$/, 'a ping');
    await poller.post('3');
    await heard(observer, 'user-left', (event) => event.userId === account.user.id, INTERVAL + TIMEOUT + 2000);
    await poller.isOver();
  });
});
