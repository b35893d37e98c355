/**
 * Text on its way between the server and the screen.
 *
 * The server escapes what people type as HTML text, exactly once, so that even a careless page is safe. This page
 * never makes HTML from text: it sets `textContent` only. It must therefore take that one escaping back, or people
 * would read `&lt;` where `<` was typed.
 */

const ESCAPES = new Map([
  ['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;'], ['"', '&quot;'],
  ["'", '&#x27;'], ['/', '&#x2F;'], ['\\', '&#x5C;'], ['`', '&#96;'],
]);
const ORIGINALS = new Map([...ESCAPES].map(([character, entity]) => [entity, character]));

/**
 * Takes back the server's one escaping: these eight entities and no others, in a single pass. A second pass would
 * turn the `&amp;lt;` of somebody who typed `&lt;` into `<`, which is not what they wrote.
 */
export function unescapeText(text) {
  return String(text ?? '').replace(/&(?:amp|lt|gt|quot|#x27|#x2F|#x5C|#96);/g, (entity) => ORIGINALS.get(entity));
}

/** The length that counts against the server's limit: UTF-16 units of the trimmed and escaped text. */
export function escapedLength(text) {
  let length = 0;
  for (const unit of text.trim().split('')) length += ESCAPES.get(unit)?.length ?? 1;
  return length;
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayFormat = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long' });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'medium' });

/** Hours and minutes as the reader's own locale writes them. */
export const clockTime = (date) => clockFormat.format(date);

/** Date and time in full, for a tooltip. */
export const fullTime = (date) => fullFormat.format(date);

/** The heading between the messages of two days. */
export function dayName(date, today = new Date()) {
  const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((midnight(today) - midnight(date)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return dayFormat.format(date);
}

/** A waiting time in words: seconds up to a minute and a half, then minutes rounded up so that it is never too early. */
export function waitingTime(seconds) {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole <= 90) return `${whole} second${whole === 1 ? '' : 's'}`;
  return `${Math.ceil(whole / 60)} minutes`;
}

/**
 * 128 random bits as hex. `crypto.randomUUID` would be shorter, but browsers offer it only on HTTPS and loopback,
 * and this page is also tried out over plain HTTP in a local network.
 */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
