// The opening handshake (RFC 6455 section 4.2) as a server must judge it.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { startHost } from './host.mjs';
import { acceptOf, WebSocketPeer } from './websocket_peer.mjs';

let host;
before(async () => { host = await startHost('websocket'); });
after(() => host.stop());

const rows = [
  { asks: '4.2.2: a handshake as in section 1.2 is accepted', status: 101 },
  { asks: '4.1: the Upgrade value is case-insensitive', change: { Upgrade: 'WebSocket' }, status: 101 },
  { asks: '4.2.1: Connection is a list that holds Upgrade', change: { Connection: 'keep-alive, upgrade' }, status: 101 },
  { asks: '4.2.1: unknown headers are ignored', change: { 'X-Unknown': 'x' }, status: 101 },
  { asks: '4.2.2: an extension that is not known is not accepted', change: { 'Sec-WebSocket-Extensions': 'x-webkit-unknown' }, status: 101 },
  { asks: '4.2.1: the method is GET', method: 'POST', status: 400 },
  { asks: '4.2.1: HTTP/1.1 or higher', protocol: 'HTTP/1.0', status: 400 },
  { asks: '4.2.1: there is a Host', change: { Host: undefined }, status: 400 },
  { asks: '4.2.1: there is a Connection', change: { Connection: undefined }, status: 400 },
  { asks: '4.2.1: there is a key', change: { 'Sec-WebSocket-Key': undefined }, status: 400 },
  { asks: '4.2.1: the key is the base64 of 16 bytes, not 15', change: { 'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4P' }, status: 400 },
  { asks: '4.2.1: the key is base64', change: { 'Sec-WebSocket-Key': '*QIDBAUGBwgJCgsMDQ4PEA==' }, status: 400 },
  { asks: '4.4: another version is 426 and names ours', change: { 'Sec-WebSocket-Version': '8' }, status: 426 },
  { asks: '4.4: no version is 426 and names ours', change: { 'Sec-WebSocket-Version': undefined }, status: 426 },
  { asks: '4.2.2: a resource that is not there is 404', path: '/elsewhere', status: 404 },
];

for (const { asks, status, ...request } of rows) {
  test(asks, async () => {
    const peer = await WebSocketPeer.handshake(host.port, request);
    assert.equal(peer.status, status);
    if (status === 426) assert.equal(peer.headers['sec-websocket-version'], '13');
    if (status === 101) {
      assert.equal(peer.headers['sec-websocket-accept'], acceptOf(peer.key));
      assert.equal(peer.headers.upgrade.toLowerCase(), 'websocket');
      assert.equal(peer.headers.connection.toLowerCase(), 'upgrade');
      assert.equal(peer.headers['sec-websocket-extensions'], undefined);
      assert.equal(peer.headers['sec-websocket-protocol'], undefined);
    }
    peer.destroy();
  });
}

test('the program ends cleanly on SIGTERM and on SIGINT, with a WebSocket open', async () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const other = await startHost('websocket');
    const peer = await WebSocketPeer.open(other.port);
    assert.deepEqual(await other.stop(signal), { code: 0, signal: null });
    peer.destroy();
  }
});
