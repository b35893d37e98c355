// A client behind a proxy that cuts and delays bytes: HTTP and WebSocket arrive in pieces of every size.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ROOMY, ask, cleanUp, connectIo, heard, register, startServer } from './server.mjs';

// Relays to the port; each direction's bytes go on in pieces of 1, 2, 3, ... bytes, the later ones after a pause.
async function cuttingProxy(port, size) {
  const sockets = new Set();
  const relay = (from, to) => {
    let queue = Promise.resolve();
    from.on('data', (bytes) => {
      queue = queue.then(async () => {
        for (let at = 0, piece = size; at < bytes.length; at += piece) {
          to.write(bytes.subarray(at, at + piece));
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
    });
    from.on('end', () => queue.then(() => to.end()));
    from.on('error', () => to.destroy());
  };
  const server = net.createServer({ noDelay: true }, (client) => {
    const upstream = net.connect({ port, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, upstream]) sockets.add(socket);
    relay(client, upstream);
    relay(upstream, client);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('behind a proxy that cuts', () => {
  let server;
  let ada;
  before(async () => {
    server = await startServer({ set: ROOMY });
    ada = await register(server, 'ada');
  });
  after(cleanUp);

  for (const size of [1, 2, 3, 7, 40]) {
    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
      test(`pieces of ${size} bytes, ${transports.join(' then ')}`, async () => {
        const proxy = await cuttingProxy(new URL(server.url).port, size);
        try {
          const socket = await connectIo({ ...server, url: proxy.url }, { token: ada.accessToken, transports });
          const text = `€ through ${size} `.repeat(8).trim();
          const answer = await ask(socket, 'send-message', { message: text });
          assert.equal(answer.ok, true, JSON.stringify(answer));
          assert.equal((await heard(socket, 'receive-message', (m) => m.id === answer.id)).message, text);
          socket.disconnect();
        } finally {
          proxy.close();
        }
      });
    }
  }
});
