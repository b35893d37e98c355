// The change from long-polling to WebSocket while messages flow both ways: each arrives once, in order.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { FROM_PAGE, PATH, Poller } from './poller.mjs';
import { ROOMY, ask, cleanUp, connectIo, eventually, heard, heardSoFar, pause, register, startServer, within } from './server.mjs';

for (const threads of [1, 4]) {
  describe(`upgrade while messages flow, ${threads} event loop${threads > 1 ? 's' : ''}`, () => {
    const MESSAGES = 60;
    let server;
    let ada;
    let bob;
    before(async () => {
      server = await startServer({ set: { ...ROOMY, 'listen.threads': threads } });
      [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')];
      bob.socket = await connectIo(server, { token: bob.accessToken, transports: ['websocket'] });
    });
    after(cleanUp);

    const message = (packet) => JSON.parse(packet.slice(packet.indexOf('[')))[1];
    const others = async (from) => {
      for (let i = 0; i < MESSAGES; i += 1) {
        bob.socket.emit('send-message', { message: `${from}:bob:${i}` });
        await pause(1);
      }
    };

    function check(round, packets) {
      const texts = packets.filter((packet) => packet.startsWith('42["receive-message"')).map(message);
      assert.deepEqual(texts.map(({ seq }) => seq), texts.map((_, i) => texts[0].seq + i), 'no gap, no repetition, no other order');
      for (const who of ['ada', 'bob']) {
        const mine = texts.map((one) => one.message).filter((text) => text.startsWith(`${round}:${who}:`));
        assert.deepEqual(mine, Array.from({ length: MESSAGES }, (_, i) => `${round}:${who}:${i}`), `of ${who}`);
      }
      const acks = packets.filter((packet) => /^43\d/.test(packet)).map((packet) => Number(/^43(\d+)/.exec(packet)[1]));
      assert.deepEqual(acks.sort((a, b) => a - b), Array.from({ length: MESSAGES }, (_, i) => i), 'acknowledged once each');
    }

    const changeAfter = async (round, delay) => {
      const poller = await Poller.join(server, ada.accessToken);
      const packets = [];
      let ws = null;
      let pausing = false;
      let posting = Promise.resolve();
      const polls = (async () => { while (!pausing) packets.push(...await poller.poll()); })();
      let resume;
      const upgraded = new Promise((resolve) => { resume = resolve; });
      const sends = (async () => {
        for (let i = 0; i < MESSAGES; i += 1) {
          const packet = `42${i}["send-message",{"message":"${round}:ada:${i}"}]`;
          if (pausing) await upgraded;
          if (ws) ws.send(packet);
          else assert.equal((await (posting = poller.post(packet))).text, 'ok');
          await pause(1);
        }
      })();
      const flow = others(round);
      await pause(delay);
      const next = new WebSocket(`${server.url.replace('http', 'ws')}${PATH}EIO=4&transport=websocket&sid=${poller.sid}`, { headers: FROM_PAGE });
      const probed = new Promise((resolve) => { next.once('message', (data) => resolve(data.toString())); });
      await within(new Promise((resolve, reject) => { next.once('open', resolve); next.once('error', reject); }), 'the second transport');
      next.send('2probe');
      assert.equal(await within(probed, 'the answer to the probe'), '3probe');
      next.on('message', (data) => packets.push(data.toString()));
      // As a client does it: polling ends with what is under way, then the new transport takes over.
      pausing = true;
      await within(Promise.all([polls, posting]), 'the last requests');
      next.send('5');
      ws = next;
      resume();
      await within(Promise.all([sends, flow]), 'all to be sent', 10000);
      const news = () => packets.filter((packet) => packet.startsWith('42["receive-message"')).length;
      const acks = () => packets.filter((packet) => packet.startsWith('43')).length;
      await eventually(() => news() >= 2 * MESSAGES && acks() >= MESSAGES, 'everything to arrive', 8000);
      await pause(100);
      check(round, packets.filter((packet) => packet !== '6'));
      next.terminate();
    };

    for (const [round, delay] of [0, 2, 5, 10, 25, 60].entries()) {
      test(`after ${delay} ms`, () => changeAfter(round, delay));
    }

    test('the official client, from its first moment on', async () => {
      const socket = await connectIo(server, { token: ada.accessToken, transports: ['polling', 'websocket'] });
      const flow = others('io');
      const answers = await Promise.all(Array.from({ length: MESSAGES }, async (_, i) => {
        await pause(i * 2);
        return ask(socket, 'send-message', { message: `io:ada:${i}` });
      }));
      assert.ok(answers.every((answer) => answer.ok));
      await flow;
      await eventually(() => socket.io.engine.transport.name === 'websocket', 'the upgrade');
      await heard(socket, 'receive-message', (m) => m.message === `io:bob:${MESSAGES - 1}`);
      const texts = heardSoFar(socket, 'receive-message').map((one) => one.message);
      for (const who of ['ada', 'bob']) {
        assert.deepEqual(texts.filter((text) => text.startsWith(`io:${who}:`)),
          Array.from({ length: MESSAGES - (who === 'bob' ? 1 : 0) }, (_, i) => `io:${who}:${i}`), who);
      }
    });
  });
}
