// WebSocket frames as bytes (RFC 6455 section 5.2), right or wrong as the caller wants them.
import { randomBytes } from 'node:crypto';

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

// A client's frame. `lengthBits` (7, 16 or 64) overrides the shortest encoding, `declared` the
// payload's true length.
export function frame(opcode, payload = '', { fin = true, rsv = 0, mask = true, key, lengthBits, declared } = {}) {
  const body = Buffer.from(payload);
  const length = BigInt(declared ?? body.length);
  const bits = lengthBits ?? (length < 126n ? 7 : length < 65536n ? 16 : 64);
  const head = Buffer.alloc({ 7: 2, 16: 4, 64: 10 }[bits]);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (mask ? 0x80 : 0) | (bits === 7 ? Number(length) : bits === 16 ? 126 : 127);
  if (bits === 16) head.writeUInt16BE(Number(length), 2);
  if (bits === 64) head.writeBigUInt64BE(length, 2);
  if (!mask) return Buffer.concat([head, body]);
  const masking = key ?? randomBytes(4);
  const masked = Buffer.from(body);
  for (let i = 0; i < body.length; i += 1) masked[i] ^= masking[i & 3];
  return Buffer.concat([head, masking, masked]);
}

export const text = (payload, options) => frame(TEXT, payload, options);
export const binary = (payload, options) => frame(BINARY, payload, options);
export const ping = (payload, options) => frame(PING, payload, options);
export const pong = (payload, options) => frame(PONG, payload, options);
export const more = (payload, options) => frame(CONTINUATION, payload, { fin: false, ...options });
export const last = (payload, options) => frame(CONTINUATION, payload, options);

export function closePayload(code, reason = '') {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}
export function close(code, reason) {
  return frame(CLOSE, code === undefined ? '' : closePayload(code, reason));
}

// Takes whole server frames out of a growing buffer.
export class FrameReader {
  #waiting = [];
  #size = 0;

  push(bytes) {
    this.#waiting.push(bytes);
    this.#size += bytes.length;
  }

  // The next frame, or null when it is not whole yet. Throws for what no server may send.
  next() {
    if (this.#size < 2) return null;
    let head = this.#gather(Math.min(this.#size, 10));
    const rsv = (head[0] >> 4) & 7;
    if (head[1] & 0x80) throw new Error('the server masks its frames');
    const short = head[1] & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.#size < start) return null;
    head = this.#gather(start);
    const length = short < 126 ? short : short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
    if ((short === 126 && length < 126) || (short === 127 && length < 65536)) throw new Error('a length is not encoded minimally');
    if (this.#size < start + length) return null;
    const bytes = this.#gather(start + length);
    this.#size -= bytes.length;
    const rest = this.#waiting[0].subarray(bytes.length);
    this.#waiting = rest.length > 0 ? [rest] : [];
    return { fin: (bytes[0] & 0x80) !== 0, rsv, opcode: bytes[0] & 0x0f, payload: bytes.subarray(start) };
  }

  #gather(size) {
    if (this.#waiting[0].length < size) this.#waiting = [Buffer.concat(this.#waiting)];
    return this.#waiting[0].subarray(0, size);
  }
}
