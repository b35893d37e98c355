// The Engine.IO protocol, version 4, point by point (https://socket.io/docs/v4/engine-io-protocol/), on --role engineio.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pause } from '../clients/wait.mjs';
import { startHost } from './host.mjs';
import { PacketSocket } from './sockets.mjs';

const INTERVAL = 300;
const TIMEOUT = 200;
let host;
let http;
let ws;

before(async () => {
  host = await startHost('engineio');
  http = `${host.url}/engine.io/?`;
  ws = `${host.url.replace('http', 'ws')}/engine.io/?`;
});
after(async () => {
  assert.deepEqual(await host.stop(), { code: 0, signal: null });
});

const fetchText = async (query, options) => {
  const answer = await fetch(http + query, options);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};
const open = async () => JSON.parse((await fetchText('EIO=4&transport=polling')).text.slice(1)).sid;
const poll = (sid, options) => fetchText(`EIO=4&transport=polling&sid=${sid}`, options);
const post = (sid, body) => poll(sid, { method: 'POST', body });

function checkOpen(packet, upgrades) {
  assert.equal(packet[0], '0');
  const { sid, ...rest } = JSON.parse(packet.slice(1));
  assert.match(sid, /^[\w-]{20,}$/);
  assert.deepEqual(rest, { upgrades, pingInterval: INTERVAL, pingTimeout: TIMEOUT, maxPayload: 1000000 });
}

describe('handshake', () => {
  test('over polling', async () => {
    const answer = await fetchText('EIO=4&transport=polling');
    assert.equal(answer.status, 200);
    assert.equal(answer.type, 'text/plain; charset=UTF-8');
    checkOpen(answer.text, ['websocket']);
  });

  test('over WebSocket', async () => {
    const socket = await PacketSocket.open(`${ws}EIO=4&transport=websocket`);
    checkOpen(await socket.next(), []);
    socket.close();
  });

  for (const [what, query, options] of [
    ['no EIO', 'transport=polling'], ['a wrong EIO', 'EIO=abc&transport=polling'], ['no transport', 'EIO=4'],
    ['an unknown transport', 'EIO=4&transport=abc'], ['POST', 'EIO=4&transport=polling', { method: 'POST' }],
    ['PUT', 'EIO=4&transport=polling', { method: 'PUT' }], ['an unknown sid', 'EIO=4&transport=polling&sid=none'],
  ]) {
    test(`${what} is 400`, async () => {
      const { status, text } = await fetchText(query, options);
      assert.equal(status, 400);
      const { code, message } = JSON.parse(text);
      assert.equal(typeof code, 'number');
      assert.equal(typeof message, 'string');
    });
  }

  for (const query of ['transport=websocket', 'EIO=abc&transport=websocket', 'EIO=4', 'EIO=4&transport=abc', 'EIO=4&transport=websocket&sid=none']) {
    test(`a WebSocket with ${query} is refused`, async () => {
      const socket = await PacketSocket.open(ws + query);
      await socket.ended();
      assert.equal(socket.inbox.drain(() => true).length, 0);
    });
  }
});

describe('messages', () => {
  test('text and binary over polling, one and several in a payload', async () => {
    const sid = await open();
    for (const payload of ['4hello', '4test1\x1e4test2\x1e4test3', 'bAQIDBA==', '4hello\x1ebAQIDBA==\x1e4€', '4']) {
      assert.deepEqual(await post(sid, payload), { status: 200, type: 'text/html', text: 'ok' });
      assert.equal((await poll(sid)).text, payload);
    }
  });

  test('text and binary over WebSocket', async () => {
    const socket = await PacketSocket.open(`${ws}EIO=4&transport=websocket`);
    await socket.next();
    socket.send('4hello', Buffer.from([1, 2, 3, 4]), '4€', '4');
    assert.equal(await socket.next(), '4hello');
    assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3, 4]));
    assert.equal(await socket.next(), '4€');
    assert.equal(await socket.next(), '4');
    socket.close();
  });

  for (const packet of ['abc', '4a\x1eabc', 'b!', '', '9']) {
    test(`an invalid payload ${JSON.stringify(packet)} ends the session`, async () => {
      const sid = await open();
      assert.equal((await post(sid, packet)).status, 400);
      assert.equal((await poll(sid)).status, 400);
    });
  }

  test('an invalid packet closes the WebSocket', async () => {
    const socket = await PacketSocket.open(`${ws}EIO=4&transport=websocket`);
    socket.send('abc');
    await socket.ended();
  });

  test('two polls at a time end the session', async () => {
    const sid = await open();
    const [first, second] = await Promise.all([poll(sid), pause(5).then(() => poll(sid))]);
    assert.deepEqual([first.status, first.text], [200, '1']);
    assert.equal(second.status, 400);
    assert.equal((await poll(sid)).status, 400);
  });

  test('a cancelled poll ends the session', async () => {
    const sid = await open();
    const controller = new AbortController();
    poll(sid, { signal: controller.signal }).catch(() => {});
    await pause(10);
    controller.abort();
    await pause(10);
    assert.equal((await post(sid, '4hello')).status, 400);
  });
});

describe('heartbeat', () => {
  test('pings over polling', async () => {
    const sid = await open();
    for (let i = 0; i < 3; i += 1) {
      assert.equal((await poll(sid)).text, '2');
      assert.equal((await post(sid, '3')).text, 'ok');
    }
  });

  test('without pongs the session ends in time, over polling', async () => {
    const sid = await open();
    await pause(INTERVAL + TIMEOUT + 30);
    assert.equal((await poll(sid)).status, 400);
  });

  test('pings over WebSocket, on time, and without pongs the end on time', async () => {
    let best = Infinity;
    for (let attempt = 0; attempt < 5 && best > 20; attempt += 1) {
      const socket = await PacketSocket.open(`${ws}EIO=4&transport=websocket`);
      await socket.next();
      const start = performance.now();
      assert.equal(await socket.inbox.take(() => true, 'the ping'), '2');
      const pinged = performance.now() - start;
      await socket.ended();
      const ended = performance.now() - start;
      assert.ok(pinged > INTERVAL - 20 && ended > INTERVAL + TIMEOUT - 20, `never early: ${pinged}, ${ended}`);
      best = Math.min(best, Math.max(pinged - INTERVAL, ended - INTERVAL - TIMEOUT));
    }
    assert.ok(best <= 20, `late by ${best} ms`);
  });
});

describe('close', () => {
  test('over polling, a poll that waits gets a noop', async () => {
    const sid = await open();
    const [waiting] = await Promise.all([poll(sid), pause(5).then(() => post(sid, '1'))]);
    assert.deepEqual([waiting.status, waiting.text], [200, '6']);
    assert.equal((await poll(sid)).status, 400);
  });

  test('over WebSocket', async () => {
    const socket = await PacketSocket.open(`${ws}EIO=4&transport=websocket`);
    await socket.next();
    socket.send('1');
    await socket.ended();
  });
});

describe('upgrade', () => {
  const upgrade = async () => {
    const sid = await open();
    const socket = await PacketSocket.open(`${ws}EIO=4&transport=websocket&sid=${sid}`);
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    socket.send('5');
    return { sid, socket };
  };

  test('from polling to WebSocket', async () => {
    const { socket } = await upgrade();
    socket.send('4hello');
    assert.equal(await socket.next(), '4hello');
    socket.close();
  });

  test('what waited on polling comes over WebSocket', async () => {
    const sid = await open();
    const socket = await PacketSocket.open(`${ws}EIO=4&transport=websocket&sid=${sid}`);
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    await post(sid, '4waits\x1ebAQIDBA==');
    socket.send('5');
    assert.equal(await socket.next(), '4waits');
    assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3, 4]));
    socket.close();
  });

  test('afterwards polls of that sid are refused, the session goes on', async () => {
    const { sid, socket } = await upgrade();
    socket.send('4before');
    assert.equal(await socket.next(), '4before');
    assert.equal((await poll(sid)).status, 400);
    socket.send('4after');
    assert.equal(await socket.next(), '4after');
    socket.close();
  });

  test('afterwards another WebSocket of that sid is closed, the first goes on', async () => {
    const { sid, socket } = await upgrade();
    socket.send('4before');
    assert.equal(await socket.next(), '4before');
    const second = await PacketSocket.open(`${ws}EIO=4&transport=websocket&sid=${sid}`);
    await second.ended();
    socket.send('4after');
    assert.equal(await socket.next(), '4after');
    socket.close();
  });
});
