// The package ws alone, broadcasting as its README shows it.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { WebSocketServer } from 'ws';
import { listen, tlsOptions, wrap } from './common.mjs';

const tls = tlsOptions();
const http = tls ? createTlsServer(tls) : createServer();
const server = new WebSocketServer({ server: http });

server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (bytes) => {
    const { type, ref, data } = JSON.parse(bytes);
    const text = JSON.stringify({ type: 'receive-message', data: wrap('somebody', data.message) });
    if (type === 'echo') {
      socket.send(text);
    } else {
      for (const client of server.clients) client.send(text);
    }
    if (ref !== undefined) socket.send(JSON.stringify({ type: 'ack', ref, data: { ok: true } }));
  });
});

listen(http, Boolean(tls));
