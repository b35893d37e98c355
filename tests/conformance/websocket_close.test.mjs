// The closing handshake (RFC 6455 sections 5.5.1 and 7).
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { close, closePayload, CLOSE, frame, last, ping, text } from './frames.mjs';
import { startHost } from './host.mjs';
import { pause } from '../clients/wait.mjs';
import { conversations, says, WebSocketPeer } from './websocket_peer.mjs';

let host;
before(async () => { host = await startHost('websocket'); });
after(() => host.stop());

const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const registeredSince = [1012, 1013, 1014];
const invalid = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];

conversations(() => host, [
  { rfc: '5.5.1', asks: 'a close frame is answered by one', send: [close()], hears: [says.close()] },
  ...valid.map((code) => ({ rfc: '7.4', asks: `the code ${code} is answered by itself`, send: [close(code)], hears: [says.close(code)] })),
  ...registeredSince.map((code) => ({ rfc: '7.4.2', asks: `the code ${code}, registered since, is answered by itself`, send: [close(code)], hears: [says.close(1002)],
    deviates: 'libwebsockets takes it for 1002' })),
  ...invalid.map((code) => ({ rfc: '7.4', asks: `the code ${code} may not be sent: 1002`, send: [close(code)], hears: [says.close(1002)] })),
  { rfc: '5.5.1', asks: 'a payload of one byte is no code: 1002', send: [frame(CLOSE, 'x')], hears: [says.close(1002)] },
  { rfc: '5.5.1', asks: 'a reason may be there', send: [close(1000, 'reason')], hears: [says.close(1000)] },
  { rfc: '5.5.1', asks: 'the longest reason', send: [close(1000, 'x'.repeat(123))], hears: [says.close(1000)] },
  { rfc: '5.5.1', asks: 'a reason that is not UTF-8: 1007', send: [frame(CLOSE, Buffer.concat([closePayload(1000), Buffer.from('cebaff', 'hex')]))], hears: [says.close(1007)] },
  { rfc: '5.5.1', asks: 'a reason that ends in half a code point: 1007', send: [frame(CLOSE, Buffer.concat([closePayload(1000), Buffer.from('ce', 'hex')]))], hears: [says.close(1007)] },
  { rfc: '5.5.1', asks: 'what came before is answered first', send: [text('before'), close(1000)], hears: [says.text('before'), says.close(1000)] },
  { rfc: '5.5.1', asks: 'a text after the close frame is not answered', send: [close(1000), text('after')], hears: [says.close(1000)] },
  { rfc: '5.5.1', asks: 'a ping after the close frame is not answered', send: [close(1000), ping('after')], hears: [says.close(1000)] },
  { rfc: '5.5.1', asks: 'two close frames are answered once', send: [close(1000), close(1001)], hears: [says.close(1000)] },
  { rfc: '7.1', asks: 'a close frame may end a fragmented message', send: [text('part', { fin: false }), close(1001), last('')], hears: [says.close(1001)] },
  { rfc: '7.1', asks: 'a close frame may arrive octet by octet', send: [close(1000, 'bye')], octets: true, hears: [says.close(1000)] },
]);

test('5.5.1: what is being sent when the close frame comes is finished before it is answered', async () => {
  const peer = await WebSocketPeer.open(host.port);
  const payload = 'x'.repeat(3 << 20);
  peer.send(text(payload), close(1000));
  assert.equal(await peer.hear(), says.text(payload));
  assert.equal(await peer.hear(), says.close(1000));
  assert.equal(await peer.hear(), 'end');
  peer.destroy();
});

test('5.5.1: a close frame that comes while a frame is stuck half sent is answered (deviates: libwebsockets ends the connection)', async () => {
  const peer = await WebSocketPeer.open(host.port);
  peer.pause();
  peer.send(text('x'.repeat(16 << 20)));
  await pause(700);
  peer.send(close(1000));
  await pause(200);
  peer.resume();
  assert.equal(await peer.hear(), 'end');
  peer.destroy();
});

test('7.1.1: the server closes TCP although the client does not', async () => {
  const peer = await WebSocketPeer.open(host.port);
  const began = Date.now();
  peer.send(close(1000));
  assert.equal(await peer.hear(), says.close(1000));
  assert.equal(await peer.hear(), 'end');
  assert.ok(Date.now() - began < 500);
  peer.destroy();
});

test('7.1.7: a connection that has failed is closed without waiting for the client', async () => {
  for (const fault of [text('x', { rsv: 1 }), text(Buffer.from('ff', 'hex')), last('x')]) {
    const peer = await WebSocketPeer.open(host.port);
    const began = Date.now();
    peer.send(fault, text('x'.repeat(5000)));
    assert.match(await peer.hear(), /^close 100[27]$/);
    assert.equal(await peer.hear(), 'end');
    assert.ok(Date.now() - began < 500);
    peer.destroy();
  }
});

test('7.2.1: a client that goes without a close frame is let go', async () => {
  const peer = await WebSocketPeer.open(host.port);
  peer.finish();
  assert.equal(await peer.hear(), 'end');
  peer.destroy();
});
