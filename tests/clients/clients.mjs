// The two kinds of chat client: npm's socket.io-client, and ws with the subprotocol securechat.v1.
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { Inbox, WAIT, within } from './wait.mjs';

// The transports of a client that does not choose its own; the suites run once for each combination.
export const TRANSPORTS = (process.env.TRANSPORTS ?? 'websocket').split(',');

const open = new Set();

export function closeClients() {
  for (const close of open) close();
  open.clear();
}

// ---- Socket.IO

// A socket that is about to connect. origin: null sends none. Everything received is kept in socket.inbox as
// { event, args }, the life cycle included, so that nothing is lost between two awaits.
export function openIo(server, options = {}) {
  const { token, csrfToken, auth, origin = server.origin, headers = {}, namespace = '', ...rest } = options;
  const handshake = auth ?? {
    ...(token === undefined ? {} : { token }),
    ...(csrfToken === undefined ? {} : { csrfToken }),
  };
  const socket = io(`${server.url}${namespace}`, {
    transports: TRANSPORTS,
    forceNew: true,
    reconnection: false,
    timeout: WAIT,
    auth: handshake,
    extraHeaders: { ...(origin === null ? {} : { Origin: origin }), ...headers },
    ...rest,
  });
  record(socket);
  const close = () => socket.disconnect();
  open.add(close);
  return socket;
}

function record(socket) {
  socket.inbox = new Inbox();
  socket.onAny((event, ...args) => socket.inbox.push({ event, args }));
  for (const event of ['connect', 'connect_error', 'disconnect']) {
    socket.on(event, (...args) => socket.inbox.push({ event, args }));
  }
}

// A connected socket; a refusal is an error that names it.
export async function connectIo(server, options = {}) {
  return connected(openIo(server, options));
}

// As connectIo, but a further namespace on the connection of another socket.
export async function joinIo({ io: manager }, namespace, auth) {
  const socket = manager.socket(namespace, { auth });
  record(socket);
  return connected(socket);
}

async function connected(socket) {
  const first = await socket.inbox.take(({ event }) => event === 'connect' || event === 'connect_error', 'a Socket.IO connect');
  if (first.event === 'connect_error') {
    socket.disconnect();
    throw Object.assign(new Error(`the Socket.IO connect was refused: ${first.args[0].message}`), { refusal: first.args[0] });
  }
  return socket;
}

// The error a connect is refused with.
export async function refusedIo(server, options = {}) {
  const socket = openIo(server, options);
  const first = await socket.inbox.take(({ event }) => event === 'connect' || event === 'connect_error', 'a connect_error');
  socket.disconnect();
  if (first.event === 'connect') throw new Error('the Socket.IO connect was accepted, a refusal was expected');
  return first.args[0];
}

// Emits with an acknowledgement and gives the answer: ask(socket, 'send-message', { message: 'hi' }).
export function ask(socket, event, ...args) {
  const answered = new Promise((resolve) => { socket.emit(event, ...args, resolve); });
  return within(answered, `the acknowledgement of ${event}`);
}

// The first argument of the next such event for which where() holds.
export async function heard(socket, event, where = () => true, ms = WAIT) {
  const item = await socket.inbox.take((one) => one.event === event && where(one.args[0]), `the event "${event}"`, ms);
  return item.args[0];
}

// Everything of that name received so far.
export function heardSoFar(socket, event, where = () => true) {
  return socket.inbox.drain((one) => one.event === event && where(one.args[0])).map((one) => one.args[0]);
}

// The reason of the disconnect.
export async function disconnected(socket, ms = WAIT) {
  const item = await socket.inbox.take(({ event }) => event === 'disconnect', 'the disconnect', ms);
  return item.args[0];
}

// ---- plain WebSocket

export class PlainClient {
  inbox = new Inbox();
  #end;

  constructor(ws) {
    this.ws = ws;
    this.#end = new Promise((resolve) => {
      ws.once('close', (code, reason) => resolve({ code, reason: reason.toString('utf8'), at: Date.now() }));
    });
    ws.on('message', (data, binary) => {
      let frame;
      try {
        frame = binary ? { type: '(binary)' } : JSON.parse(data.toString('utf8'));
      } catch {
        frame = { type: '(not JSON)', text: data.toString('utf8') };
      }
      this.inbox.push(frame);
    });
    ws.on('error', () => {});
    open.add(() => ws.terminate());
  }

  get isOpen() {
    return this.ws.readyState === WebSocket.OPEN;
  }

  send(frame) {
    this.ws.send(JSON.stringify(frame));
  }

  // Bytes as they are, in a text frame unless binary is asked for.
  sendRaw(bytes, { binary = false, ...more } = {}) {
    this.ws.send(bytes, { binary, ...more });
  }

  next(type, where = () => true, ms = WAIT) {
    return this.inbox.take((frame) => frame.type === type && where(frame), `a frame of type "${type}"`, ms);
  }

  soFar(type) {
    return this.inbox.drain((frame) => frame.type === type);
  }

  // Sends an event with a ref of its own and gives the data of its acknowledgement.
  async request(type, data) {
    const ref = (this.lastRef = (this.lastRef ?? 0) + 1);
    this.send({ type, ref, data });
    const frame = await this.inbox.take((one) => one.type === 'ack' && one.ref === ref, `the acknowledgement of ${type} (ref ${ref})`);
    return frame.data;
  }

  // { code, reason, at } of the close.
  closed(ms = WAIT) {
    return within(this.#end, 'the close of the plain WebSocket', ms);
  }
}

// An upgraded plain connection, nothing sent yet. origin: null sends none; bearer goes on the upgrade.
// An HTTP refusal is an error with .status and .headers.
export async function openPlain(server, options = {}) {
  const { origin = server.origin, bearer, headers = {}, path = '/ws', protocols = ['securechat.v1'] } = options;
  const ws = new WebSocket(server.url.replace(/^http/, 'ws') + path, protocols, {
    perMessageDeflate: false,
    handshakeTimeout: WAIT,
    headers: {
      ...(origin === null ? {} : { Origin: origin }),
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
      ...headers,
    },
  });
  const client = new PlainClient(ws);
  await within(new Promise((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('error', reject);
    ws.once('unexpected-response', (asked, answer) => {
      answer.resume();
      asked.destroy();
      reject(Object.assign(new Error(`the upgrade of ${path} was refused with ${answer.statusCode}`), {
        status: answer.statusCode,
        headers: answer.headers,
      }));
    });
  }), `the upgrade of ${path}`);
  return client;
}

// An authenticated plain client; client.welcome is the welcome frame.
export async function connectPlain(server, { token, csrfToken, ...options } = {}) {
  const client = await openPlain(server, options);
  if (token !== undefined) client.send({ type: 'auth', token, ...(csrfToken === undefined ? {} : { csrfToken }) });
  client.welcome = await client.next('welcome');
  return client;
}

// How a plain client is refused: { error, code, reason }. error is the error frame, undefined when none came.
export async function refusedPlain(server, { token, csrfToken, first, ...options } = {}) {
  const client = await openPlain(server, options);
  const frame = first ?? (token === undefined ? undefined : { type: 'auth', token, ...(csrfToken === undefined ? {} : { csrfToken }) });
  if (frame !== undefined && client.isOpen) client.send(frame);
  const { code, reason } = await client.closed();
  const [error] = client.soFar('error');
  const [welcome] = client.soFar('welcome');
  if (welcome) throw new Error('the plain client was welcomed, a refusal was expected');
  return { error, code, reason };
}
