// Engine.IO over long-polling, request by request.
import assert from 'node:assert/strict';
import { get, request } from './http.mjs';
import { ORIGIN } from './server.mjs';

export const PATH = '/socket.io/?';
export const OPEN = `${PATH}EIO=4&transport=polling`;
export const FROM_PAGE = { Origin: ORIGIN };

// An answer as status and text.
export const brief = ({ status, text }) => [status, text];

// A session over polling whose requests are made one by one.
export class Poller {
  constructor(server) {
    this.server = server;
  }

  static async open(server) {
    const poller = new Poller(server);
    const answer = await get(server, OPEN, FROM_PAGE);
    assert.equal(answer.status, 200, answer.text);
    poller.sid = JSON.parse(answer.text.slice(1)).sid;
    return poller;
  }

  // Joined to the main namespace; what else was said meanwhile is in the inbox.
  static async join(server, token) {
    const poller = await Poller.open(server);
    assert.deepEqual(brief(await poller.post(`40${JSON.stringify({ token })}`)), [200, 'ok']);
    const [first] = await poller.poll();
    assert.match(first, /^40\{"sid":/);
    return poller;
  }

  get path() {
    return `${OPEN}&sid=${this.sid}`;
  }

  get(headers = FROM_PAGE) {
    return get(this.server, this.path, headers);
  }

  post(body, headers = FROM_PAGE) {
    return request(this.server, { method: 'POST', path: this.path, body, headers });
  }

  // The packets of one poll.
  async poll() {
    const answer = await this.get();
    assert.equal(answer.status, 200, answer.text);
    return answer.text.split('\x1e');
  }

  // Polls until a packet matches, and answers pings.
  async until(match, what) {
    for (let i = 0; i < 50; i += 1) {
      for (const packet of await this.poll()) {
        if (packet === '2') await this.post('3');
        if (match.test(packet)) return packet;
      }
    }
    return assert.fail(`waited for ${what}`);
  }

  async isOver() {
    const answer = await this.get();
    assert.deepEqual([answer.status, answer.body], [400, { code: 1, message: 'Session ID unknown' }], 'the session is over');
  }
}
