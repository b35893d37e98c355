// A client behind a proxy that cuts and delays bytes: HTTP and WebSocket arrive in pieces of every size.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { closeProxies, startCuttingProxy } from './proxy.mjs';
import { ROOMY, ask, cleanUp, connectIo, heard, register, startServer } from './server.mjs';

describe('behind a proxy that cuts', () => {
  let server;
  let ada;
  before(async () => {
    server = await startServer({ set: ROOMY });
    ada = await register(server, 'ada');
  });
  after(() => {
    closeProxies();
    return cleanUp();
  });

  for (const size of [1, 2, 3, 7, 40]) {
    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
      test(`pieces of ${size} bytes, ${transports.join(' then ')}`, async () => {
        const proxy = await startCuttingProxy(server, size);
        const socket = await connectIo({ ...server, url: proxy.url }, { token: ada.accessToken, transports });
        const text = `€ through ${size} `.repeat(8).trim();
        const answer = await ask(socket, 'send-message', { message: text });
        assert.equal(answer.ok, true, JSON.stringify(answer));
        assert.equal((await heard(socket, 'receive-message', (m) => m.id === answer.id)).message, text);
        socket.disconnect();
      });
    }
  }
});
