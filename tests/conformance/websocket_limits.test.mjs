// Big messages and many fragments (what RFC 6455 section 10.4 leaves to the server): 16 MiB and 65,536 fragments pass.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { BINARY, binary, CONTINUATION, frame, last, more, TEXT, text } from './frames.mjs';
import { startHost } from './host.mjs';
import { expectAlive, says, WebSocketPeer } from './websocket_peer.mjs';

const MIB = 1 << 20;
const LONG = 30000;

let host;
before(async () => { host = await startHost('websocket'); });
after(() => host.stop());

async function echoes(parts, opcode, payload) {
  const peer = await WebSocketPeer.open(host.port);
  peer.send(...parts);
  const answer = await peer.hearFrame(LONG);
  assert.equal(answer.opcode, opcode);
  assert.ok(answer.payload.equals(payload), 'the payload comes back as it was');
  await expectAlive(peer);
  peer.destroy();
}

for (const size of [MIB, 4 * MIB, 16 * MIB]) {
  test(`a text of ${size / MIB} MiB`, () => {
    const payload = Buffer.from('caf\u00e9 '.repeat(size / 6 + 1)).subarray(0, size - size % 6);
    return echoes([text(payload)], TEXT, payload);
  });
  test(`a binary message of ${size / MIB} MiB`, () => {
    const payload = Buffer.alloc(size, 0xfe);
    return echoes([binary(payload)], BINARY, payload);
  });
}

function pieces(opcode, payload, size) {
  const parts = [];
  for (let at = 0; at < payload.length; at += size) {
    const part = payload.subarray(at, at + size);
    parts.push(frame(at === 0 ? opcode : CONTINUATION, part, { fin: at + size >= payload.length }));
  }
  return parts;
}

for (const size of [64, 256, 1024, 65536]) {
  test(`4 MiB in fragments of ${size} bytes`, () => {
    const payload = Buffer.alloc(4 * MIB, '*');
    return echoes(pieces(TEXT, payload, size), TEXT, payload);
  });
}

test('a thousand messages in a row', async () => {
  const peer = await WebSocketPeer.open(host.port);
  peer.send(...Array.from({ length: 1000 }, (_, i) => text(`message ${i}`)));
  for (let i = 0; i < 1000; i += 1) assert.equal(await peer.hear(), says.text(`message ${i}`));
  await expectAlive(peer);
  peer.destroy();
});

test('a message over 16 MiB is refused on its declared length: 1009', async () => {
  const peer = await WebSocketPeer.open(host.port);
  peer.send(binary('the first bytes', { declared: 16 * MIB + 1 }));
  assert.equal(await peer.hear(), says.close(1009));
  assert.equal(await peer.hear(), 'end');
  peer.destroy();
});

test('a message over 16 MiB in fragments is refused: 1009', async () => {
  const peer = await WebSocketPeer.open(host.port);
  const part = Buffer.alloc(MIB);
  peer.send(binary(part, { fin: false }), ...Array.from({ length: 15 }, () => more(part)), last('x'));
  assert.equal(await peer.hear(LONG), says.close(1009));
  peer.destroy();
});
