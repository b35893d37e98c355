/**
 * The conversation: joins rooms, loads what is missing, sends what was typed, and tells the view what changed.
 *
 * The order after every welcome is the same, whether it is the first or the hundredth: join each room, load what came
 * since the last message known, then send what still waits. Doing it in one way leaves no second path to go wrong.
 */

import { Connection, Disconnected } from './connection.js';
import { catchUp, loadEarlier } from './history.js';
import { forgetRooms, recallRooms, rememberRooms } from './remember.js';
import { DEFAULT_ROOM, Room } from './rooms.js';
import { unescapeText } from './text.js';

export class Chat {
  #session;
  #view;
  #connection;
  #rooms = new Map();
  #active = null;
  #me = null;

  constructor(session, view, onSignedOut) {
    this.#session = session;
    this.#view = view;
    const url = new URL('ws', location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    this.#connection = new Connection(url.href, (refused) => session.credentials(refused), {
      state: (state) => this.#stateChanged(state),
      welcome: (frame) => this.#welcomed(frame),
      event: (type, data) => this.#receive(type, data),
      signedOut: onSignedOut,
    });
  }

  start(user) {
    this.#me = user;
    this.#rooms = new Map([[DEFAULT_ROOM, new Room(DEFAULT_ROOM)]]);
    const saved = recallRooms(user.id);
    for (const name of saved.names) this.#rooms.set(name, new Room(name));
    this.#active = this.#rooms.get(saved.active) ?? this.#rooms.get(DEFAULT_ROOM);
    this.#view.setUser(user);
    this.#view.showRoom(this.#active, this.#me);
    this.#drawRooms();
    this.#connection.open();
  }

  stop() {
    this.#connection.close();
    this.#rooms.clear();
    forgetRooms();
  }

  /** For the button, and for when the network or the tab comes back: no need to sit out the rest of a wait. */
  retryNow() {
    if (!this.#connection.connected && this.#connection.state.name !== 'connecting') this.#connection.open();
  }

  /** As `retryNow`, but only for a wait that is not there because the server asked for one. */
  retryIfWaiting() {
    const { name, crowded } = this.#connection.state;
    if (name === 'offline' || (name === 'waiting' && !crowded)) this.#connection.open();
  }

  select(name) {
    const room = this.#rooms.get(name);
    if (!room) return;
    this.#active = room;
    this.#seen();
    this.#view.showRoom(room, this.#me);
    this.#drawRooms();
    rememberRooms(this.#me?.id, [...this.#rooms.keys()], name);
  }

  /** The active room has been looked at: its unread mark goes. */
  seen() {
    if (this.#active?.unread) {
      this.#seen();
      this.#drawRooms();
    }
  }

  /** Answers an error text, or null once joined. */
  async join(typed) {
    const wanted = typed.trim();
    if (!wanted) return 'Type the name of a room.';
    if (this.#rooms.has(wanted)) { this.select(wanted); return null; }
    try {
      const answer = await this.#connection.request('join-room', { room: wanted });
      if (!answer.ok) return answer.error || 'The room cannot be joined';
      const name = answer.room ?? wanted;
      if (!this.#rooms.has(name)) this.#rooms.set(name, new Room(name));
      this.select(name);
      this.#sync(this.#rooms.get(name), answer);
      return null;
    } catch (error) {
      return error instanceof Disconnected ? 'Not connected. Try again in a moment.' : String(error);
    }
  }

  async leave() {
    const room = this.#active;
    const answer = await this.#connection.request('leave-room', { room: room.name }).catch(() => null);
    if (answer === null) return; // still a member; the connection's state says why nothing happened
    this.#rooms.delete(room.name);
    this.select(DEFAULT_ROOM);
  }

  send(text) {
    const draft = this.#active.draft(text.trim(), this.#me);
    this.#deliver(this.#active, draft);
  }

  retry(draft) {
    this.#deliver(this.#active, draft);
  }

  discard(draft) {
    this.#active.discard(draft);
    this.#draw(this.#active);
  }

  async loadEarlier() {
    const room = this.#active;
    try {
      await loadEarlier(this.#connection, room);
      this.#draw(room, { prepended: true });
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error; // the button can be pressed again
    }
  }

  #welcomed(frame) {
    const { user } = frame;
    if (user) this.#me = { id: user.id ?? user.userId ?? this.#me?.id, username: unescapeText(user.username ?? this.#me?.username) };
    this.#view.setUser(this.#me);
    for (const room of this.#rooms.values()) {
      room.synced = false;
      this.#sync(room);
    }
  }

  /** Joins (again), loads what is missing, sends what waits. Stops without a word when the connection goes. */
  async #sync(room, joined = null) {
    try {
      const answer = joined ?? await this.#connection.request('join-room', { room: room.name });
      if (!answer.ok) {
        room.notice(`${answer.error || 'This room cannot be joined'}.`);
      } else {
        room.setPeople(answer.users ?? await this.#roomUsers(room));
        if (answer.seq !== undefined && answer.seq < room.syncedSeq) room.reset(); // the server's history began anew
        await catchUp(this.#connection, room);
      }
      room.synced = true;
      this.#draw(room);
      for (const draft of room.waiting()) this.#deliver(room, draft);
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
    }
  }

  async #roomUsers(room) {
    const answer = await this.#connection.request('room-users', { room: room.name });
    return answer.ok ? answer.users ?? [] : []; // a server without presence: the list stays empty
  }

  /**
   * Sends a draft. When the connection goes before the answer, the draft stays pending and is sent again after the
   * next welcome; the same clientId makes that harmless even if the server had stored it already.
   */
  async #deliver(room, draft) {
    draft.state = 'pending';
    this.#draw(room);
    if (!room.synced || draft.onItsWay) return; // `#sync` sends it, after those typed before it
    draft.onItsWay = true;
    try {
      const { text: message, clientId } = draft;
      const answer = await this.#connection.request('send-message', { message, room: room.name, clientId });
      if (answer.ok) room.confirm(draft, answer);
      else Object.assign(draft, { state: 'failed', reason: answer.error || 'Not sent' });
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
    } finally {
      draft.onItsWay = false;
    }
    this.#draw(room);
  }

  #receive(type, data) {
    if (type === 'auth-expiring') {
      this.#session.renewBefore(data.expiresAt, (token) => (
        token ? this.#connection.request('refresh-auth', { token }) : this.#connection.open())); // a cookie is seen by handshakes only
      return;
    }
    if (type === 'error') {
      if (data.code !== 'TOKEN_EXPIRED' && data.message !== 'TOKEN_EXPIRED') this.#view.announce(data.message);
      return;
    }
    const room = this.#rooms.get(data.room ?? DEFAULT_ROOM);
    if (!room) return; // a room that was just left
    if (type === 'receive-message') this.#arrived(room, data);
    else if (type === 'user-joined' || type === 'user-left') this.#moved(room, data, type === 'user-joined');
    else if (type === 'message-edited') room.edit(data.id, data.message);
    else if (type === 'message-deleted') room.remove(data.id);
    else return;
    this.#draw(room);
  }

  #arrived(room, data) {
    if (!room.add(data) || data.userId === this.#me?.id) return;
    if (room !== this.#active || document.hidden) {
      room.unread += 1;
      this.#drawRooms();
    }
    if (room !== this.#active || this.#view.atNewest) room.trim();
  }

  #moved(room, { userId, username: escaped }, joined) {
    const username = unescapeText(escaped);
    if (joined === room.people.has(userId) || userId === this.#me?.id) return; // nothing new: a second tab, or a replay
    if (joined) room.people.set(userId, { userId, username, status: 'online' });
    else room.people.delete(userId);
    room.notice(joined ? `${username} joined` : `${username} left`);
  }

  #stateChanged(state) {
    if (state.name !== 'connected') for (const room of this.#rooms.values()) room.synced = false;
    this.#view.setConnection(state);
    if (this.#active) this.#draw(this.#active);
  }

  #seen() {
    this.#active.unread = 0;
  }

  #draw(room, options) {
    if (room === this.#active) this.#view.updateRoom(room, this.#me, this.#connection.connected, options);
  }

  #drawRooms() {
    this.#view.setRooms([...this.#rooms.values()], this.#active);
  }
}
