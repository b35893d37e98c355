// Framing (RFC 6455 sections 5.1 to 5.6): lengths, masks, control frames, reserved bits and opcodes, fragments.
import { after, before } from 'node:test';
import * as frames from './frames.mjs';
import { startHost } from './host.mjs';
import { conversations, says } from './websocket_peer.mjs';

const { binary, close, frame, last, more, ping, pong, text } = frames;

let host;
before(async () => { host = await startHost('websocket'); });
after(() => host.stop());

const echoes = [0, 1, 125, 126, 127, 128, 65535, 65536, 200000].flatMap((size) => [
  { rfc: '5.2', asks: `a text of ${size} bytes is received`, send: [text('*'.repeat(size))], hears: [says.text('*'.repeat(size))] },
  { rfc: '5.2', asks: `a binary message of ${size} bytes is received`, send: [binary(Buffer.alloc(size, 0xfe))], hears: [says.binary(Buffer.alloc(size, 0xfe))] },
]);

const lengths = [
  { rfc: '5.2', asks: 'a frame may arrive octet by octet', send: [text('hello'.repeat(30))], octets: true, hears: [says.text('hello'.repeat(30))] },
  { rfc: '5.2', asks: 'the most significant bit of a 64-bit length is 0',
    send: [binary('x', { lengthBits: 64, declared: 1n << 63n })], hears: [says.close(1002)] },
  { rfc: '5.2', asks: 'a length is encoded in the fewest octets: 16 bits', send: [text('short', { lengthBits: 16 })],
    hears: [says.text('short')], deviates: 'libwebsockets does not say how the length was written' },
  { rfc: '5.2', asks: 'a length is encoded in the fewest octets: 64 bits', send: [text('short', { lengthBits: 64 })],
    hears: [says.text('short')], deviates: 'libwebsockets does not say how the length was written' },
  { rfc: '5.3', asks: 'the masking key 0 is one like others', send: [text('plain', { key: Buffer.alloc(4) })], hears: [says.text('plain')] },
  { rfc: '5.1', asks: 'a frame without a mask closes', send: [text('bare', { mask: false })], hears: [says.text('bare')],
    deviates: 'libwebsockets before 5.0 accepts it and does not report it' },
];

const control = [
  ...['', 'payload', Buffer.from('00fffefdfcfb00ff', 'hex'), 'x'.repeat(125)].map((payload) => (
    { rfc: '5.5.2', asks: `a ping of ${payload.length} bytes is answered by a pong of the same`, send: [ping(payload)], hears: [says.pong(payload)] })),
  { rfc: '5.5.2', asks: 'a ping may arrive octet by octet', send: [ping('x'.repeat(125))], octets: true, hears: [says.pong('x'.repeat(125))] },
  { rfc: '5.5', asks: 'a control frame of 126 bytes closes', send: [ping('x'.repeat(126))], hears: [says.close(1002)] },
  { rfc: '5.5', asks: 'a close frame of 126 bytes closes', send: [frame(frames.CLOSE, frames.closePayload(1000, 'x'.repeat(124)))], hears: [says.close(1002)] },
  { rfc: '5.5', asks: 'a fragmented ping closes', send: [ping('x', { fin: false })], hears: [says.close(1002)] },
  { rfc: '5.5', asks: 'a fragmented pong closes', send: [pong('x', { fin: false })], hears: [says.close(1002)] },
  { rfc: '5.5.3', asks: 'an unsolicited pong is ignored', send: [pong('')], hears: [] },
  { rfc: '5.5.3', asks: 'an unsolicited pong may carry anything', send: [pong(Buffer.from('fffefdc3', 'hex'))], hears: [] },
  { rfc: '5.5.3', asks: 'a pong, then a ping', send: [pong('unsolicited'), ping('ping')], hears: [says.pong('ping')] },
  { rfc: '5.5.3', asks: 'a pong after a text is no part of it', send: [text('caf\u00e9'), pong(Buffer.from('ff', 'hex'))], hears: [says.text('caf\u00e9')] },
  { rfc: '5.5.3', asks: 'of several pings that are not answered yet, the most recent is answered',
    send: Array.from({ length: 10 }, (_, i) => ping(`ping ${i}`)), hears: [says.pong('ping 0')],
    deviates: 'libwebsockets answers the first of those it reads together and drops the others' },
];

const rsv = [1, 2, 3, 4, 5, 6, 7];
const reserved = [
  ...rsv.map((bits) => ({ rfc: '5.2', asks: `RSV bits ${bits} without an extension close`, send: [text('x', { rsv: bits })], hears: [says.close(1002)] })),
  ...rsv.map((bits) => ({ rfc: '5.2', asks: `RSV bits ${bits} on a ping close`, send: [ping('x', { rsv: bits })], hears: [says.close(1002)] })),
  { rfc: '5.2', asks: 'RSV bits on a continuation close', send: [text('a', { fin: false }), last('b', { rsv: 4 })], hears: [says.close(1002)] },
  { rfc: '7.1.7', asks: 'what came before the fault is answered before the close frame', send: [text('before'), text('x', { rsv: 2 }), ping('after')],
    hears: [says.text('before'), says.close(1002)] },
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
    { rfc: '5.2', asks: `opcode ${opcode} closes`, send: [frame(opcode, '')], hears: [says.close(1002)] },
    { rfc: '5.2', asks: `opcode ${opcode} with a payload, behind a text, closes`, send: [text('before'), frame(opcode, 'x'.repeat(20))],
      hears: [says.text('before'), says.close(1002)] },
  ]),
];

const start = (payload, options) => text(payload, { fin: false, ...options });
const fragments = [
  { rfc: '5.4', asks: 'two fragments are one message', send: [start('fragment1'), last('fragment2')], hears: [says.text('fragment1fragment2')] },
  { rfc: '5.4', asks: 'fragments may arrive octet by octet', send: [start('fragment1'), last('fragment2')], octets: true, hears: [says.text('fragment1fragment2')] },
  { rfc: '5.4', asks: 'fragments may be empty', send: [start(''), more(''), last('')], hears: [says.text('')] },
  { rfc: '5.4', asks: 'the middle one alone may hold something', send: [start(''), more('middle'), last('')], hears: [says.text('middle')] },
  { rfc: '5.4', asks: 'a binary message in fragments', send: [binary('a', { fin: false }), more('b'), last('c')], hears: [says.binary('abc')] },
  { rfc: '5.4', asks: 'a ping between fragments is answered, before the message',
    send: [start('fragment1'), ping('between'), last('fragment2')], hears: [says.pong('between'), says.text('fragment1fragment2')] },
  { rfc: '5.4', asks: 'a ping between fragments, octet by octet', octets: true,
    send: [start('fragment1'), ping('between'), last('fragment2')], hears: [says.pong('between'), says.text('fragment1fragment2')] },
  { rfc: '5.4', asks: 'a pong between fragments is ignored', send: [start('a\u00e9'), pong(Buffer.from('ff', 'hex')), last('b')], hears: [says.text('a\u00e9b')] },
  { rfc: '5.4', asks: 'a pong inside a code point is no part of it',
    send: [start(Buffer.from('c3', 'hex')), pong('pong'), last(Buffer.from('a9', 'hex'))], hears: [says.text('\u00e9')] },
  { rfc: '5.4', asks: 'a close frame between fragments closes', send: [start('a'), close(1000), last('b')], hears: [says.close(1000)] },
  { rfc: '5.4', asks: 'a continuation of nothing closes', send: [last('x')], hears: [says.close(1002)] },
  { rfc: '5.4', asks: 'a continuation of nothing that is not final closes', send: [more('x')], hears: [says.close(1002)] },
  { rfc: '5.4', asks: 'a continuation after a whole message closes', send: [text('whole'), last('x'), text('more')], hears: [says.text('whole'), says.close(1002)] },
  { rfc: '5.4', asks: 'a text inside a fragmented message closes', send: [start('a'), text('b')], hears: [says.close(1002)] },
  { rfc: '5.4', asks: 'a binary frame inside a fragmented text closes', send: [start('a'), binary('b', { fin: false })], hears: [says.close(1002)] },
  { rfc: '5.4', asks: 'two messages in one segment are two', send: [start('1'), last('2'), text('3')], hears: [says.text('12'), says.text('3')] },
];

conversations(() => host, [...echoes, ...lengths, ...control, ...reserved, ...fragments]);
