/**
 * What is known of a room: its messages, those still on their way, its people. Pure data, no socket and no screen.
 *
 * A message can arrive twice, live and in a page of history, and history can come in any order of pages. Messages are
 * therefore kept by `id` and ordered by `seq`, the number that the server gives within the room.
 */

import { randomId, unescapeText } from './text.js';

/** The room that the server puts every session into. */
export const DEFAULT_ROOM = 'lobby';

export class Room {
  #messages = new Map(); // by id
  #drafts = new Map(); // by clientId: sent or failed, not confirmed
  #notices = [];
  #noticeCount = 0;

  /** Whether everything up to the newest message is here. Not after a reconnect, until what was missed is loaded. */
  synced = false;
  /** Up to here nothing is missing. A live message moves it only while synced, or the gap before it would be lost. */
  syncedSeq = 0;
  loaded = false;
  hasEarlier = false;
  unread = 0;
  people = new Map(); // by userId

  constructor(name) {
    this.name = name;
  }

  /** Takes in a message of the server. Answers whether it was not known yet. */
  add(raw) {
    if (typeof raw?.id !== 'string' && typeof raw?.id !== 'number') return false;
    if (this.synced) this.syncedSeq = Math.max(this.syncedSeq, raw.seq ?? 0);
    if (this.#messages.has(raw.id)) return false;
    // One's own message may come back before its acknowledgement does; it then takes the draft's place on the screen.
    const draft = this.#drafts.get(raw.clientId);
    if (draft) this.#drafts.delete(raw.clientId);
    this.#messages.set(raw.id, {
      key: draft?.key ?? `m${raw.id}`,
      kind: 'message',
      id: raw.id,
      seq: raw.seq ?? 0,
      userId: raw.userId,
      username: unescapeText(raw.username),
      text: unescapeText(raw.message),
      at: new Date(raw.timestamp),
      edited: Boolean(raw.edited ?? raw.editedAt),
    });
    return true;
  }

  /** A page of history, oldest first. */
  addPage(messages) {
    for (const message of messages) this.add(message);
    const last = messages.at(-1)?.seq ?? 0;
    if (last > this.syncedSeq) this.syncedSeq = last;
  }

  /** A message that was just typed. Its `clientId` stays the same however often it is sent: the server stores one. */
  draft(text, me) {
    const clientId = randomId();
    const draft = {
      key: `d${clientId}`, kind: 'message', clientId, text,
      userId: me.id, username: me.username, at: new Date(), state: 'pending',
    };
    this.#drafts.set(clientId, draft);
    return draft;
  }

  /** The server has stored the draft. */
  confirm(draft, { id, seq, timestamp }) {
    if (!this.#drafts.delete(draft.clientId) || this.#messages.has(id)) return;
    if (this.synced) this.syncedSeq = Math.max(this.syncedSeq, seq ?? 0);
    const { key, kind, userId, username, text } = draft;
    this.#messages.set(id, { key, kind, id, seq: seq ?? 0, userId, username, text, at: new Date(timestamp) });
  }

  discard(draft) {
    this.#drafts.delete(draft.clientId);
  }

  /** Drafts in the order they were typed that still wait for the server. */
  waiting() {
    return [...this.#drafts.values()].filter((draft) => draft.state === 'pending');
  }

  edit(id, text) {
    const message = this.#messages.get(id);
    if (message) Object.assign(message, { text: unescapeText(text), edited: true });
  }

  remove(id) {
    this.#messages.delete(id);
  }

  /** A quiet line between the messages. It stays after the newest message of its moment. */
  notice(text) {
    this.#noticeCount += 1;
    this.#notices.push({ key: `n${this.#noticeCount}`, kind: 'notice', text, seq: this.newestSeq + 0.5, at: new Date() });
    if (this.#notices.length > 100) this.#notices.shift();
  }

  get newestSeq() {
    let newest = 0;
    for (const { seq } of this.#messages.values()) if (seq > newest) newest = seq;
    return newest;
  }

  get oldestSeq() {
    let oldest = Infinity;
    for (const { seq } of this.#messages.values()) if (seq < oldest) oldest = seq;
    return oldest;
  }

  /** All lines from the oldest to the newest, drafts last. */
  lines() {
    const settled = [...this.#messages.values(), ...this.#notices].sort((a, b) => a.seq - b.seq || a.at - b.at);
    return [...settled, ...this.#drafts.values()];
  }

  /** Lets go of the oldest messages once there are very many; scrolling back loads them again. */
  trim(most = 600, keep = 400) {
    if (this.#messages.size <= most) return;
    const oldest = [...this.#messages.values()].sort((a, b) => a.seq - b.seq).slice(0, this.#messages.size - keep);
    for (const { id } of oldest) this.#messages.delete(id);
    const { oldestSeq } = this;
    this.#notices = this.#notices.filter(({ seq }) => seq > oldestSeq);
    this.hasEarlier = true;
  }

  /** Forgets what the server told, but not what people typed: for a gap too wide, or a server that began anew. */
  reset() {
    this.#messages.clear();
    this.#notices = [];
    this.syncedSeq = 0;
    this.loaded = false;
    this.hasEarlier = false;
  }

  setPeople(users) {
    this.people = new Map(users.map((user) => [user.userId, { ...user, username: unescapeText(user.username) }]));
  }
}
