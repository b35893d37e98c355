// A WebSocket that keeps what it receives, for suites that look at packets. `ws` is resolved where the client tests have it.
import { createRequire } from 'node:module';
import { Inbox, within } from '../clients/wait.mjs';

const WebSocket = createRequire(new URL('../clients/package.json', import.meta.url))('ws');

export class PacketSocket {
  inbox = new Inbox();

  constructor(url) {
    this.ws = new WebSocket(url);
    this.ws.on('error', () => {});
    this.ws.on('message', (data, binary) => this.inbox.push(binary ? data : data.toString('utf8')));
    this.opened = new Promise((resolve) => this.ws.once('open', resolve));
    this.closed = new Promise((resolve) => this.ws.once('close', (code) => resolve(code)));
  }

  static async open(url) {
    const socket = new PacketSocket(url);
    await within(Promise.race([socket.opened, socket.closed]), 'the WebSocket to open');
    return socket;
  }

  send(...packets) {
    for (const packet of packets) this.ws.send(packet);
  }

  // The next packet that is no ping; pings are answered.
  async next(what = 'a packet') {
    while (true) {
      const packet = await this.inbox.take(() => true, what);
      if (packet !== '2') return packet;
      this.ws.send('3');
    }
  }

  ended(ms) {
    return within(this.closed, 'the WebSocket to close', ms);
  }

  close() {
    this.ws.terminate();
  }
}
