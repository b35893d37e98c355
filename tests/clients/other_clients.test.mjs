// Clients of other makers: Debian's python3-socketio, and Engine.IO's own client without Socket.IO above it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Socket } from 'engine.io-client';
import { ROOMY, cleanUp, register, startServer, within } from './server.mjs';

const SCRIPT = fileURLToPath(new URL('./python_socketio_client.py', import.meta.url));

describe('other clients', () => {
  let server;
  let ada;
  before(async () => {
    server = await startServer({ set: ROOMY });
    ada = await register(server, 'ada');
  });
  after(cleanUp);

  for (const transport of ['polling', 'websocket']) {
    test(`python3-socketio over ${transport}`, async () => {
      const own = await startServer({ set: { ...ROOMY, 'origin.allowed': '' } });
      const { accessToken } = await register(own, 'snake');
      const env = { ...process.env, TOKEN: accessToken };
      const { stdout } = await promisify(execFile)('/usr/bin/python3', [SCRIPT, own.url, transport], { env, timeout: 30000 });
      assert.equal(stdout.trim(), 'passed');
    });
  }

  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    test(`engine.io-client over ${transports.join(' then ')}`, async () => {
      const socket = new Socket(`${server.url}/socket.io/`, { path: '/socket.io/', transports, extraHeaders: { Origin: server.origin } });
      const messages = [];
      const joined = new Promise((resolve, reject) => {
        socket.on('open', () => socket.send(`0${JSON.stringify({ token: ada.accessToken })}`));
        socket.on('message', (text) => {
          messages.push(text);
          if (text.startsWith('0{"sid"')) resolve();
        });
        socket.on('error', reject);
      });
      await within(joined, 'the answer to CONNECT');
      socket.close();
    });
  }
});
