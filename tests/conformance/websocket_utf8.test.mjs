// Text is UTF-8 (RFC 6455 section 8.1), and what is not closes with 1007, as soon as it is seen.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { last, more, text } from './frames.mjs';
import { startHost } from './host.mjs';
import { conversations, says, WebSocketPeer } from './websocket_peer.mjs';

let host;
before(async () => { host = await startHost('websocket'); });
after(() => host.stop());

const hex = (digits) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

const valid = {
  'several languages': 'Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!! \u03ba\u1f79\u03c3\u03bc\u03b5 \u65e5\u672c\u8a9e',
  'the highest code point': '\u{10ffff}',
  'noncharacters': '\ufffe\uffff\u{1fffe}\u{ffffe}\ufdd0',
  'the borders of each length': '\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}',
  'the code points around the surrogates': '\ud7ff\ue000',
  'U+FFFD itself': '\ufffd',
  'a byte order mark': '\ufeffx',
};
const invalid = {
  'a lone continuation': '80',
  'two continuations behind text': '68 80 bf',
  'a lone first byte': 'c3',
  'half a code point at the end': '68 65 e2 82',
  'a first byte without continuations': 'c3 20',
  'an overlong /': 'c0 af',
  'an overlong NUL of 3': 'e0 80 80',
  'an overlong of 4': 'f0 80 80 af',
  'the highest overlong of 2': 'c1 bf',
  'the highest overlong of 3': 'e0 9f bf',
  'the highest overlong of 4': 'f0 8f bf bf',
  'the first surrogate': 'ed a0 80',
  'the last surrogate': 'ed bf bf',
  'a surrogate pair': 'ed a0 80 ed b0 80',
  'U+110000': 'f4 90 80 80',
  'a form of 5 bytes': 'f8 88 80 80 80',
  'a form of 6 bytes': 'fc 84 80 80 80 80',
  'the byte FE': 'fe',
  'the byte FF behind text': '48 65 6c 6c 6f ff',
};

const rows = [
  ...Object.entries(valid).flatMap(([what, value]) => [
    { rfc: '8.1', asks: `${what} is received`, send: [text(value)], hears: [says.text(value)] },
    { rfc: '8.1', asks: `${what} is received, octet by octet`, octets: true, send: [text(value)], hears: [says.text(value)] },
    { rfc: '5.6', asks: `${what} may be cut anywhere`, hears: [says.text(value)],
      send: [text('', { fin: false }), ...[...Buffer.from(value)].map((octet) => more(Buffer.from([octet]))), last('')] },
  ]),
  ...Object.entries(invalid).flatMap(([what, digits]) => [
    { rfc: '8.1', asks: `${what} closes with 1007`, send: [text(hex(digits))], hears: [says.close(1007)] },
    { rfc: '8.1', asks: `${what} in fragments closes with 1007`, hears: [says.close(1007)],
      send: [text('', { fin: false }), ...[...hex(digits)].map((octet) => more(Buffer.from([octet]))), last('')] },
  ]),
  { rfc: '8.1', asks: 'half a code point before an empty last fragment closes with 1007',
    send: [text(hex('c3'), { fin: false }), last('')], hears: [says.close(1007)] },
  { rfc: '8.1', asks: 'half a code point is not finished by the next message',
    send: [text(hex('c3')), text(hex('a9'))], hears: [says.close(1007)] },
  { rfc: '8.1', asks: 'what came before is answered', send: [text('before'), text(hex('ff'))], hears: [says.text('before'), says.close(1007)] },
];
conversations(() => host, rows);

// Section 8.1 says when: "MUST fail" once the endpoint finds it, which a careful one does at the octet.
const early = {
  'in a frame that is not whole': [text(Buffer.concat([Buffer.from('good'), hex('f4 90'), Buffer.alloc(100)])).subarray(0, 14)],
  'in a fragment of a message that is not whole': [text('good', { fin: false }), more(hex('ce ba ff'))],
  'at the second byte of a code point': [text('good', { fin: false }), more(hex('ed')), more(hex('a0'))],
};
for (const [where, parts] of Object.entries(early)) {
  test(`8.1: an error ${where} closes at once`, async () => {
    const peer = await WebSocketPeer.open(host.port);
    peer.send(...parts);
    assert.equal(await peer.hear(1000), says.close(1007));
    peer.destroy();
  });
}
