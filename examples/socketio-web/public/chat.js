/**
 * The conversation in the one room of this page: joins, loads history, sends what was typed, takes in what comes.
 */

import { Disconnected } from './connection.js';
import { catchUp, loadEarlier } from './shared/history.js';
import { DEFAULT_ROOM, Room } from './shared/rooms.js';
import { unescapeText } from './shared/text.js';

export class Chat {
  #session;
  #connection;
  #view;
  #room = new Room(DEFAULT_ROOM);
  #me = null;

  constructor(session, connection, view) {
    this.#session = session;
    this.#connection = connection;
    this.#view = view;
    connection.onConnect(({ recovered }) => this.#connected(recovered));
    connection.onEvent((event, data) => this.#receive(event, data));
    connection.onState((state) => { view.setConnection(state); this.#draw(); });
  }

  start(user) {
    this.#me = user;
    this.#room = new Room(DEFAULT_ROOM);
    this.#connection.open();
  }

  stop() {
    this.#connection.close();
    this.#me = null;
  }

  send(text) {
    this.#deliver(this.#room.draft(text.trim(), this.#me));
  }

  retry(draft) {
    this.#deliver(draft);
  }

  discard(draft) {
    this.#room.discard(draft);
    this.#draw();
  }

  async loadEarlier() {
    try {
      await loadEarlier(this.#connection, this.#room);
      this.#draw({ prepended: true });
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error; // the button can be pressed again
    }
  }

  /**
   * After every connect, the first or the hundredth: who is here, what was missed, what still waits to be sent. When the
   * server has recovered the session, what was missed comes by itself; history is then read only if it never was.
   */
  async #connected(recovered) {
    const room = this.#room;
    if (!recovered) room.synced = false;
    try {
      const joined = await this.#connection.request('join-room', { room: room.name });
      if (!joined.ok) {
        room.notice(`${joined.error || 'This room cannot be joined'}.`);
      } else {
        room.setPeople(joined.users ?? []);
        if (joined.seq < room.syncedSeq) room.reset(); // the server's history began anew
        if (!room.synced || !room.loaded) await catchUp(this.#connection, room);
      }
      room.synced = true;
      this.#draw();
      for (const draft of room.waiting()) this.#deliver(draft);
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error; // the next connect does it again
    }
  }

  /**
   * Sends a draft. When the connection goes before the answer, it stays pending and is sent again after the next connect
   * with the same clientId, by which the server knows that it is the same message.
   */
  async #deliver(draft) {
    const room = this.#room;
    draft.state = 'pending';
    this.#draw();
    if (!room.synced || !this.#connection.connected || draft.onItsWay) return;
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
    this.#draw();
  }

  #receive(event, data) {
    if (event === 'auth-expiring') {
      this.#session.renewBefore(data.expiresAt, (token) => this.#connection.request('refresh-auth', { token }));
      return;
    }
    if (event === 'error') {
      if (data.message !== 'TOKEN_EXPIRED') this.#view.announce(data.message); // the disconnect that follows says it all
      return;
    }
    const room = this.#room;
    if (data.room !== room.name) return;
    if (event === 'receive-message') {
      if (room.add(data) && this.#view.atNewest) room.trim();
    } else if (event === 'user-joined' || event === 'user-left') {
      this.#moved(room, data, event === 'user-joined');
    } else {
      return;
    }
    this.#draw();
  }

  #moved(room, { userId, username }, joined) {
    if (joined === room.people.has(userId)) return; // a second tab of somebody
    if (joined) room.people.set(userId, { userId, username: unescapeText(username) });
    else room.people.delete(userId);
    room.notice(`${unescapeText(username)} ${joined ? 'joined' : 'left'}`);
  }

  #draw(options) {
    if (this.#me) this.#view.draw(this.#room, this.#me, this.#connection.connected, options);
  }
}
