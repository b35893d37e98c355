// Messages are edited and deleted: who may, what everybody hears, what is left of them, and what those hear who were away.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  ROOMY, ask, cleanUp, closeClients, connectIo, connectPlain, heard, heardSoFar, pause, register, startServer,
} from './server.mjs';

const FORBIDDEN = { ok: false, error: 'Forbidden', code: 'FORBIDDEN' };
const RECONNECTS = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 60, randomizationFactor: 0 };

for (const threads of [1, 2]) {
  for (const history of ['durable', 'memory']) {
    describe(`changes of messages: listen.threads ${threads}, chat.history ${history}`, () => {
      let server;
      let [ada, bob] = [];
      before(async () => {
        server = await startServer({ set: { ...ROOMY, 'listen.threads': threads, 'chat.history': history } });
        [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')];
      });
      afterEach(closeClients);
      after(cleanUp);

      test('an edit and a deletion reach everybody on both protocols, and history', async () => {
        const [author, plain] = [await connectIo(server, { token: ada.accessToken }), await connectPlain(server, { token: bob.accessToken })];
        const others = await Promise.all([1, 2, 3, 4].map(() => connectIo(server, { token: bob.accessToken })));
        const { id, seq } = await ask(author, 'send-message', { message: 'one' });
        const edited = await ask(author, 'edit-message', { id, message: '<i>two</i>' });
        assert.deepEqual({ ...edited, editedAt: null }, { ok: true, id, room: 'lobby', seq, editedAt: null });
        assert.match(edited.editedAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
        for (const socket of [author, ...others]) {
          const told = await heard(socket, 'message-edited');
          assert.deepEqual([told.id, told.message, told.username, told.userId, told.editedAt],
            [id, '&lt;i&gt;two&lt;&#x2F;i&gt;', 'ada', ada.user.id, edited.editedAt]);
        }
        assert.equal((await plain.next('message-edited')).data.id, id);
        const page = (await ask(others[0], 'room-history', { room: 'lobby' })).messages;
        assert.deepEqual(page.find((m) => m.id === id).message, '&lt;i&gt;two&lt;&#x2F;i&gt;');
        assert.deepEqual((await ask(author, 'message-edits', { id })).edits.map((e) => e.message), ['one']);

        assert.deepEqual(await ask(others[0], 'edit-message', { id, message: 'mine' }), FORBIDDEN);
        assert.deepEqual(await ask(others[0], 'delete-message', { id }), FORBIDDEN);
        assert.deepEqual(await ask(author, 'delete-message', { id }), { ok: true, id, room: 'lobby', seq });
        for (const socket of [author, ...others]) assert.deepEqual(await heard(socket, 'message-deleted'), { id, room: 'lobby', seq });
        assert.deepEqual((await plain.next('message-deleted')).data, { id, room: 'lobby', seq });
        const left = (await ask(others[0], 'room-history', { room: 'lobby' })).messages;
        assert.equal(left.some((m) => m.id === id), false);
        assert.deepEqual(await ask(author, 'edit-message', { id, message: 'back' }), FORBIDDEN);
        assert.equal((await ask(author, 'send-message', { message: 'next' })).seq, seq + 1);
      });

      test('who was away is told of what changed meanwhile, once, in order', async () => {
        const [author, reader] = [await connectIo(server, { token: ada.accessToken }), await connectIo(server, { token: bob.accessToken, ...RECONNECTS })];
        const said = [];
        for (const message of ['a', 'b', 'c']) said.push(await ask(author, 'send-message', { message }));
        await heard(reader, 'receive-message', (m) => m.message === 'c');
        reader.io.reconnection(false);
        reader.io.engine.close();
        await pause(50);
        await ask(author, 'edit-message', { id: said[0].id, message: 'a2' });
        await ask(author, 'edit-message', { id: said[0].id, message: 'a3' });
        await ask(author, 'delete-message', { id: said[1].id });
        const late = await ask(author, 'send-message', { message: 'd' });
        await ask(author, 'edit-message', { id: late.id, message: 'd2' });
        const gone = await ask(author, 'send-message', { message: 'never seen' });
        await ask(author, 'delete-message', { id: gone.id });
        reader.inbox.drain(() => true);
        reader.io.reconnection(true);
        reader.connect();
        await reader.inbox.take(({ event }) => event === 'connect', 'the connect after the loss');
        if (threads === 1) assert.equal(reader.recovered, true);
        if (!reader.recovered) return; // It came back to another shard before its loss was noticed there.
        await ask(author, 'send-message', { message: 'live' });
        await heard(reader, 'receive-message', (m) => m.message === 'live');
        assert.deepEqual(heardSoFar(reader, 'message-edited').map((m) => m.message), ['a3']);
        assert.deepEqual(heardSoFar(reader, 'message-deleted').map((m) => m.id), [said[1].id]);
        assert.deepEqual(heardSoFar(reader, 'receive-message').map((m) => m.message), ['d2']);
      });
    });
  }
}

describe('changes of messages over a restart', () => {
  after(cleanUp);

  test('they are kept', async () => {
    const server = await startServer({ set: ROOMY });
    const ada = await register(server, 'ada');
    let socket = await connectIo(server, { token: ada.accessToken });
    const [first, second] = [await ask(socket, 'send-message', { message: 'one' }), await ask(socket, 'send-message', { message: 'two' })];
    await ask(socket, 'edit-message', { id: first.id, message: 'edited' });
    await ask(socket, 'delete-message', { id: second.id });
    await server.kill9();
    await server.restart();
    socket = await connectIo(server, { token: ada.accessToken });
    const { messages } = await ask(socket, 'room-history', { room: 'lobby' });
    assert.deepEqual(messages.map((m) => [m.seq, m.message]), [[1, 'edited']]);
    assert.deepEqual((await ask(socket, 'message-edits', { id: first.id })).edits.map((e) => e.message), ['one']);
    assert.equal((await ask(socket, 'send-message', { message: 'three' })).seq, 3);
  });
});
