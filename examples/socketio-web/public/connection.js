/**
 * The one Socket.IO socket of this page, from its making to the closing of the tab.
 *
 * What socket.io-client does by itself stays with it: long-polling first, the upgrade to WebSocket, heartbeats, coming
 * back after a lost connection, asking for what was missed (`socket.recovered`). What it leaves to the page is here: new
 * tokens, and what to do when the server said no. Nothing here ever makes a second socket: after a refusal the same one
 * connects again, at most once without a wait.
 */

import { SignedOut } from './shared/api.js';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** After "too many": the server counts over a sliding minute, and refused attempts count too. */
const CROWDED_WAIT_MS = 20_000;
const ANSWER_MS = 15_000;
/** A connection that lived this long was a good one, and the next wait starts small again. */
const STABLE_MS = 5_000;

/** Refusals that a new token may cure. */
const CURABLE = new Set(['TOKEN_EXPIRED', 'AUTH_FAILED', 'NO_TOKEN']);

const REASONS = new Map([
  ['INVALID_ORIGIN', 'The server does not accept connections from a page at this address.'],
  ['CSRF_FAILED', 'The server did not accept this session’s CSRF token.'],
  ['FORBIDDEN', 'The server refused the connection.'],
  ['AUTH_FAILED', 'The server does not accept this session.'],
  ['TOKEN_EXPIRED', 'The server says that the new token has expired as well. Are the clocks right?'],
]);

/** The connection went away before the answer came; whether the server acted on the request is unknown. */
export class Disconnected extends Error {}

export class Connection {
  #socket;
  #credentials;
  #signedOut;
  #opening = 0; // grows with every opening, so that a late answer for an earlier one is recognised
  #token = null; // the one the server was last given
  #refused = null; // the one it turned away
  #renewed = false; // whether a new one was tried since the last good connection
  #attempt = 0;
  #timer = 0;
  #connectedAt = 0;
  #onState;

  /** `credentials(refused)` gives `{token, csrfToken}`, a new token if `refused` is the one it has. */
  constructor(io, credentials) {
    this.#credentials = credentials;
    this.#socket = io({ autoConnect: false, auth: (send) => this.#authenticate(send), reconnectionDelayMax: 10_000 });
    this.#socket.on('connect_error', (error) => this.#failed(error));
    this.#socket.on('disconnect', (reason) => this.#lost(reason));
    this.state = { name: 'closed' };
  }

  get connected() {
    return this.#socket.connected;
  }

  /** Calls `callback({recovered})` at every connect; recovered: what was missed follows, and nothing else is missing. */
  onConnect(callback) {
    this.#socket.on('connect', () => {
      this.#connectedAt = Date.now();
      this.#renewed = false;
      this.#refused = null;
      this.#change({ name: 'connected', transport: this.#watchTransport() });
      callback({ recovered: Boolean(this.#socket.recovered) });
    });
  }

  /** Calls `callback(event, data)` for every event of the server. */
  onEvent(callback) {
    this.#socket.onAny((event, data) => callback(event, data ?? {}));
  }

  /** Calls `callback({name, text?, transport?})`; the name is closed, connecting, connected, waiting or stopped. */
  onState(callback) {
    this.#onState = callback;
  }

  /** Calls `callback(error)` when the session is over and people must sign in. */
  onSignedOut(callback) {
    this.#signedOut = callback;
  }

  open() {
    clearTimeout(this.#timer);
    this.#change({ name: 'connecting' });
    this.#socket.connect();
  }

  close() {
    this.#letGo();
    this.#attempt = 0;
    this.#refused = null;
    this.#renewed = false;
    this.#change({ name: 'closed' });
  }

  /** No need to sit out the rest of a wait: for the button, and for when the network or the tab comes back. */
  retryNow() {
    if (this.state.name !== 'waiting' && this.state.name !== 'stopped') return;
    this.#letGo();
    this.#renewed = false;
    this.open();
  }

  /** Sends an event and answers with its acknowledgement; throws `Disconnected` when that cannot come. */
  async request(event, data) {
    // The client would keep it and send it later, unasked; the chat decides itself what is sent again.
    if (!this.connected) throw new Disconnected();
    try {
      return await this.#socket.timeout(ANSWER_MS).emitWithAck(event, data);
    } catch {
      // A server that is silent for so long is gone even if the network has not noticed: the client then starts over.
      if (this.connected) this.#socket.io.engine.close();
      throw new Disconnected();
    }
  }

  /** Called by the client whenever it has a transport and is about to join. */
  #authenticate(send) {
    const opening = ++this.#opening;
    this.#credentials(this.#refused).then(
      ({ token, csrfToken }) => {
        if (opening !== this.#opening) return; // the transport that this was for has gone
        this.#token = token;
        send({ token, csrfToken });
      },
      (error) => {
        if (opening !== this.#opening) return;
        this.#letGo();
        if (error instanceof SignedOut) this.#signedOut(error);
        else this.#wait((error.retryAfter ?? 0) * 1000, error.message); // a fault of the network is no logout
      },
    );
  }

  /** No transport, or the server's refusal: the client goes on by itself after the one, never after the other. */
  #failed({ message }) {
    if (this.#socket.active) {
      this.#change({ name: 'waiting', text: 'The server cannot be reached. Trying again…' });
    } else if (CURABLE.has(message) && !this.#renewed) {
      this.#renewed = true;
      this.#refused = this.#token;
      this.open();
    } else if (message === 'TOO_MANY_CONNECTIONS') {
      this.#wait(CROWDED_WAIT_MS, 'Too many connections from here.');
    } else {
      this.#letGo();
      this.#change({ name: 'stopped', text: REASONS.get(message) ?? message });
    }
  }

  #lost(reason) {
    const lived = Date.now() - this.#connectedAt;
    if (lived >= STABLE_MS) this.#attempt = 0;
    if (reason === 'io client disconnect') return; // this page's own doing
    if (reason !== 'io server disconnect') {
      this.#change({ name: 'waiting', text: 'The connection is lost. Reconnecting…' });
      return;
    }
    // The server ended it: the token has expired, or the session is over. Asking for a new token tells which.
    this.#refused = this.#token;
    if (lived < STABLE_MS) this.#wait(0, 'The server closed the connection.');
    else this.open();
  }

  /** Plans the next attempt: doubling waits, with jitter so that a restarted server is not met by everybody at once. */
  #wait(atLeast, why) {
    const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempt);
    this.#attempt += 1;
    const delay = atLeast + ceiling / 2 + Math.random() * (ceiling / 2);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), delay);
    this.#change({ name: 'waiting', text: `${why.replace(/[.]?$/, '.')} Trying again in ${Math.ceil(delay / 1000)} s.` });
  }

  #letGo() {
    this.#opening += 1;
    clearTimeout(this.#timer);
    this.#socket.disconnect();
  }

  #watchTransport() {
    const { engine } = this.#socket.io;
    engine.once('upgrade', ({ name }) => this.#change({ name: 'connected', transport: name }));
    return engine.transport.name;
  }

  #change(state) {
    this.state = state;
    this.#onState?.(state);
  }
}
