// Socket.IO 4.8 as its documentation shows it, WebSocket only. With JWT_SECRET in the environment every
// client's token is verified in a middleware, as people do.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import jwt from 'jsonwebtoken';
import { Server } from 'socket.io';
import { listen, tlsOptions, wrap } from './common.mjs';

const tls = tlsOptions();
const http = tls ? createTlsServer(tls) : createServer();
const io = new Server(http, { transports: ['websocket'], cors: { origin: '*' } });
const secret = process.env.JWT_SECRET;

if (secret) {
  io.use((socket, next) => {
    jwt.verify(socket.handshake.auth.token, secret, { algorithms: ['HS256'] }, (error, claims) => {
      if (error) return next(new Error('AUTH_FAILED'));
      socket.data.username = claims.username;
      return next();
    });
  });
}

io.on('connection', (socket) => {
  socket.on('send-message', ({ message, room }, ack) => {
    (room ? io.to(room) : io).emit('receive-message', wrap(socket.data.username ?? 'somebody', message));
    ack?.({ ok: true });
  });
  socket.on('join-room', ({ room }, ack) => {
    socket.join(room);
    ack?.({ ok: true });
  });
});

listen(http, Boolean(tls));
