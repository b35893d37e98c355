/**
 * Fills a room from the server's history: what is new since last time, or the page before the oldest one shown.
 *
 * Both ask by `seq`, the room's own numbering, and not by time: clocks differ, numbers do not. A connection that goes
 * meanwhile ends either with `Disconnected`; the room then stays marked as incomplete and the next welcome starts over.
 */

const PAGE = 50;
const CATCH_UP_PAGE = 200;
/** Missed more than this many pages: start from the newest page instead, the rest is behind "earlier". */
const CATCH_UP_PAGES = 5;

export async function catchUp(connection, room) {
  for (let pages = 0; room.loaded && room.syncedSeq > 0; pages += 1) {
    if (pages === CATCH_UP_PAGES) { room.reset(); break; }
    const after = room.syncedSeq;
    const page = await load(connection, room, { after, limit: CATCH_UP_PAGE });
    if (!page.more || room.syncedSeq === after) break;
  }
  if (!room.loaded || room.syncedSeq === 0) {
    const page = await load(connection, room, { limit: PAGE });
    room.loaded = true;
    room.hasEarlier = Boolean(page.more);
  }
  room.syncedSeq = Math.max(room.syncedSeq, room.newestSeq);
}

export async function loadEarlier(connection, room) {
  const page = await load(connection, room, { before: room.oldestSeq, limit: PAGE });
  room.hasEarlier = Boolean(page.more) && page.messages.length > 0;
}

/** One page, taken into the room. A server that keeps no history refuses, which is the same as an empty page. */
async function load(connection, room, range) {
  const { ok, messages = [], more } = await connection.request('room-history', { room: room.name, ...range });
  if (!ok) return { messages: [], more: false };
  room.addPage(messages);
  return { messages, more };
}
