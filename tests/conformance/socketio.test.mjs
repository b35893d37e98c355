// The Socket.IO protocol, version 5, point by point (https://socket.io/docs/v4/socket-io-protocol/), on --role socketio.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pause } from '../clients/wait.mjs';
import { startHost } from './host.mjs';
import { PacketSocket } from './sockets.mjs';

let host;
before(async () => {
  host = await startHost('socketio');
});
after(async () => {
  assert.deepEqual(await host.stop(), { code: 0, signal: null });
});

async function openEngine() {
  const socket = await PacketSocket.open(`${host.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  assert.equal((await socket.next())[0], '0');
  return socket;
}

async function joined(connect = '40', head = '40', event = '42') {
  const socket = await openEngine();
  socket.send(connect);
  const answer = await socket.next();
  assert.ok(answer.startsWith(head), answer);
  assert.deepEqual(Object.keys(JSON.parse(answer.slice(head.length))), ['sid']);
  assert.equal(await socket.next(), `${event}["auth",{}]`);
  return socket;
}

describe('connect', () => {
  test('to the main namespace, without and with a payload', async () => {
    (await joined()).close();
    const socket = await openEngine();
    socket.send('40{"token":"123"}');
    assert.match(await socket.next(), /^40\{"sid":"[\w-]{20,}"\}$/);
    assert.equal(await socket.next(), '42["auth",{"token":"123"}]');
    socket.close();
  });

  test('over HTTP long-polling', async () => {
    const url = `${host.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1));
    assert.equal(await (await fetch(`${url}&sid=${sid}`, { method: 'POST', body: '40' })).text(), 'ok');
    let packets = '';
    while (packets.split('\x1e').length < 2) packets += (packets ? '\x1e' : '') + await (await fetch(`${url}&sid=${sid}`)).text();
    assert.match(packets, /^40\{"sid":"[\w-]+"\}\x1e42\["auth",\{\}\]$/);
    await fetch(`${url}&sid=${sid}`, { method: 'POST', body: '1' });
  });

  test('to another namespace, without and with a payload', async () => {
    const socket = await joined('40/custom,', '40/custom,', '42/custom,');
    socket.close();
    const other = await openEngine();
    other.send('40/custom,{"token":"abc"}');
    assert.match(await other.next(), /^40\/custom,\{"sid":"[\w-]{20,}"\}$/);
    assert.equal(await other.next(), '42/custom,["auth",{"token":"abc"}]');
    other.close();
  });

  test('an unknown namespace is refused, the connection goes on', async () => {
    const socket = await openEngine();
    socket.send('40/random');
    assert.equal(await socket.next(), '44/random,{"message":"Invalid namespace"}');
    socket.send('40/random?key=value');
    assert.equal(await socket.next(), '44/random,{"message":"Invalid namespace"}');
    socket.send('40');
    assert.match(await socket.next(), /^40\{"sid":/);
    socket.close();
  });

  test('an invalid handshake closes, and so does none', async () => {
    const socket = await openEngine();
    socket.send('4abc');
    await socket.ended();
    const silent = await openEngine();
    const start = Date.now();
    silent.next().catch(() => {});
    await silent.ended();
    assert.ok(Date.now() - start >= 900, 'after the connect timeout');
  });
});

describe('disconnect', () => {
  test('from a namespace keeps the connection', async () => {
    const socket = await joined();
    socket.send('40/custom');
    assert.match(await socket.next(), /^40\/custom,/);
    assert.equal(await socket.next(), '42/custom,["auth",{}]');
    socket.send('41', '42/custom,["message","still here"]');
    assert.equal(await socket.next(), '42/custom,["message-back","still here"]');
    socket.send('41/custom,');
    await pause(350);
    assert.equal(await socket.inbox.take(() => true, 'a ping'), '2');
    socket.send('3', '40');
    assert.match(await socket.next(), /^40\{"sid":/, 'and may join again');
    socket.close();
  });
});

describe('events', () => {
  test('text', async () => {
    const socket = await joined();
    socket.send('42["message",1,"2",{"3":[true]}]', '42["message"]');
    assert.equal(await socket.next(), '42["message-back",1,"2",{"3":[true]}]');
    assert.equal(await socket.next(), '42["message-back"]');
    socket.send('42/custom,["message","nobody joined that"]');
    await socket.ended();
  });

  test('in another namespace', async () => {
    const socket = await joined('40/custom,', '40/custom,', '42/custom,');
    socket.send('42/custom,["message","x"]', '42/custom,7["message-with-ack","y"]');
    assert.equal(await socket.next(), '42/custom,["message-back","x"]');
    assert.equal(await socket.next(), '43/custom,7["y"]');
    socket.close();
  });

  test('with an acknowledgement', async () => {
    const socket = await joined();
    socket.send('42456["message-with-ack",1,"2",{"3":[false]}]', '420["message-with-ack"]');
    assert.equal(await socket.next(), '43456[1,"2",{"3":[false]}]');
    assert.equal(await socket.next(), '430[]');
    socket.close();
  });

  test('binary, with and without an acknowledgement', async () => {
    const socket = await joined();
    const [one, two] = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];
    const args = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
    socket.send(`452-["message",${args}]`, one, two);
    assert.equal(await socket.next(), `452-["message-back",${args}]`);
    assert.deepEqual([await socket.next(), await socket.next()], [one, two]);
    socket.send(`452-789["message-with-ack",${args}]`, one, two);
    assert.equal(await socket.next(), `462-789[${args}]`);
    assert.deepEqual([await socket.next(), await socket.next()], [one, two]);
    socket.close();
  });

  for (const [what, ...packets] of [
    ['an unknown packet type', '4abc'], ['an invalid payload', '42{}'], ['an invalid acknowledgement id', '42abc["message-with-ack"]'],
    ['an invalid binary count', '45x-["message"]'], ['text between attachments', '451-["message",{"_placeholder":true,"num":0}]', '42["message"]'],
    ['an attachment that nobody announced', Buffer.from([1])], ['a second CONNECT', '40'],
  ]) {
    test(`${what} closes the connection`, async () => {
      const socket = await joined();
      socket.send(...packets);
      await socket.ended();
    });
  }
});
