// How far people have read: on all devices, over shards and over a restart.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { ROOMY, ask, cleanUp, closeClients, connectIo, connectPlain, heard, register, startServer } from './server.mjs';

describe('read marks', () => {
  afterEach(closeClients);
  after(cleanUp);

  for (const history of ['durable', 'memory']) {
    test(`everybody in the room hears of them, on both protocols and two shards: ${history}`, async () => {
      const server = await startServer({ set: { ...ROOMY, 'listen.threads': 2, 'chat.history': history } });
      const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')];
      const devices = await Promise.all([1, 2, 3, 4].map(() => connectIo(server, { token: ada.accessToken })));
      const plain = await connectPlain(server, { token: bob.accessToken });
      for (let i = 0; i < 3; i += 1) await ask(devices[0], 'send-message', { message: `m${i}` });
      assert.deepEqual(await ask(devices[0], 'mark-read', { room: 'lobby', seq: 3 }), { ok: true, room: 'lobby', seq: 3 });
      const told = { room: 'lobby', userId: ada.user.id, seq: 3 };
      for (const device of devices) assert.deepEqual(await heard(device, 'message-read'), told);
      assert.deepEqual((await plain.next('message-read')).data, told);
      assert.deepEqual((await plain.request('mark-read', { room: 'lobby', seq: 1 })), { ok: true, room: 'lobby', seq: 1 });
      assert.deepEqual((await ask(devices[3], 'room-marks', { room: 'lobby' })).marks, [{ userId: ada.user.id, seq: 3 }, { userId: bob.user.id, seq: 1 }]);
    });
  }

  test('they are kept over a restart', async () => {
    const server = await startServer({ set: ROOMY });
    const ada = await register(server, 'ada');
    let socket = await connectIo(server, { token: ada.accessToken });
    await ask(socket, 'send-message', { message: 'one' });
    await ask(socket, 'mark-read', { room: 'lobby', seq: 1 });
    await server.kill9();
    await server.restart();
    socket = await connectIo(server, { token: ada.accessToken });
    assert.deepEqual((await ask(socket, 'room-marks', { room: 'lobby' })).marks, [{ userId: ada.user.id, seq: 1 }]);
  });
});
