/**
 * One socket to the server, kept alive.
 *
 * Opens the WebSocket, authenticates in the first frame, matches acknowledgements to requests by `ref`, and comes back
 * by itself after a loss. It knows nothing of rooms or of the screen. There is never more than one socket: whatever
 * opens a new one lets go of the old one first.
 */

import { SignedOut } from './api.js';

const SUBPROTOCOL = 'securechat.v1';
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** After "too many": the server counts over a sliding minute, and refused attempts count too. */
const CROWDED_WAIT_MS = 20_000;
const OPENING_MS = 15_000;
const ANSWER_MS = 15_000;
/** A connection that lived this long was a good one, and the next wait starts small again. */
const STABLE_MS = 5_000;

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
  #url;
  #credentials;
  #handlers;
  #socket = null;
  #token = null; // the one the current socket uses
  #refused = null; // the one the server turned away
  #requests = new Map();
  #lastRef = 0;
  #attempt = 0;
  #life = 0; // grows with every opening, so that a late answer for an earlier one is recognised
  #waitTimer = 0;
  #openingTimer = 0;
  #welcomedAt = 0;
  #renewedSinceWelcome = false;
  #lastError = null;

  /**
   * `credentials(refused)` gives `{token, csrfToken}`, a new token if `refused` is the one it has; the token is undefined
   * where a cookie is in its place.
   * Handlers: `state(state)`, `welcome(frame)`, `event(type, data)`, `signedOut(error)`.
   */
  constructor(url, credentials, handlers) {
    this.#url = url;
    this.#credentials = credentials;
    this.#handlers = handlers;
    this.state = { name: 'closed' };
  }

  get connected() {
    return this.state.name === 'connected';
  }

  /** Opens a socket now, whatever was there or planned before. */
  async open() {
    this.#letGo();
    const life = this.#life;
    this.#change({ name: 'connecting' });
    try {
      const { token, csrfToken } = await this.#credentials(this.#refused);
      if (life !== this.#life) return; // closed or opened anew while waiting
      this.#refused = null;
      this.#token = token;
      this.#dial({ type: 'auth', token, csrfToken });
    } catch (error) {
      if (life !== this.#life) return;
      if (error instanceof SignedOut) {
        this.close();
        this.#handlers.signedOut(error);
      } else {
        this.#wait((error.retryAfter ?? 0) * 1000); // the refresh did not get through: still signed in, try later
      }
    }
  }

  /** Closes for good, until `open` is called again. */
  close() {
    this.#letGo();
    this.#attempt = 0;
    this.#refused = null;
    this.#renewedSinceWelcome = false;
    this.#change({ name: 'closed' });
  }

  /** Sends an event and answers with what the server acknowledged; throws `Disconnected` when that cannot come. */
  request(type, data) {
    if (!this.connected) return Promise.reject(new Disconnected());
    const ref = ++this.#lastRef;
    return new Promise((resolve, reject) => {
      // A server that is silent for so long is gone even if the network has not noticed. Start over.
      const timer = setTimeout(() => this.open(), ANSWER_MS);
      this.#requests.set(ref, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ type, ref, data }));
    });
  }

  #dial(auth) {
    const socket = new WebSocket(this.#url, SUBPROTOCOL);
    this.#socket = socket;
    this.#lastError = null;
    // Each handler checks that its socket is still the current one: events of a dropped one may already be queued.
    socket.onopen = () => { if (socket === this.#socket) socket.send(JSON.stringify(auth)); };
    socket.onmessage = ({ data }) => { if (socket === this.#socket) this.#receive(data); };
    socket.onclose = ({ code }) => { if (socket === this.#socket) this.#closed(code); };
    this.#openingTimer = setTimeout(() => this.#closed(1006), OPENING_MS);
  }

  #receive(text) {
    let frame;
    try { frame = JSON.parse(text); } catch { return; }
    if (frame.type === 'welcome') {
      clearTimeout(this.#openingTimer);
      this.#welcomedAt = Date.now();
      this.#renewedSinceWelcome = false;
      this.#change({ name: 'connected' });
      this.#handlers.welcome(frame);
    } else if (frame.type === 'ack') {
      this.#settle(frame.ref, frame.data ?? { ok: false, error: 'No answer' });
    } else if (frame.type === 'error') {
      if (frame.ref !== undefined) {
        this.#settle(frame.ref, { ok: false, error: frame.message, code: frame.code });
        return;
      }
      this.#lastError = frame.code || frame.message;
      if (this.connected) this.#handlers.event('error', frame);
    } else {
      this.#handlers.event(frame.type, frame.data ?? {});
    }
  }

  #settle(ref, answer) {
    const request = this.#requests.get(ref);
    if (!request) return;
    this.#requests.delete(ref);
    clearTimeout(request.timer);
    request.resolve(answer);
  }

  /** Decides by the close code what comes next. */
  #closed(code) {
    const reason = this.#lastError;
    const lived = this.#welcomedAt ? Date.now() - this.#welcomedAt : 0;
    this.#letGo();
    if (lived >= STABLE_MS) this.#attempt = 0;

    if (code === 4403) {
      this.#stop(reason ?? 'FORBIDDEN');
    } else if (code === 4401) {
      this.#refused = this.#token;
      if (this.#renewedSinceWelcome) {
        this.#stop(reason ?? 'AUTH_FAILED'); // a brand-new token was refused as well: trying on would be a loop
      } else if (lived > 0 && lived < STABLE_MS) {
        this.#wait(); // tokens that hardly live: keep going, but not as fast as they die
      } else {
        this.#renewedSinceWelcome = true;
        this.open();
      }
    } else if (code === 4429) {
      this.#wait(CROWDED_WAIT_MS);
    } else {
      this.#wait(); // 1001, 1006, 4408, 4508 and whatever else: a loss, come back
    }
  }

  /** Plans the next attempt: doubling waits, with jitter so that a restarted server is not met by everybody at once. */
  #wait(atLeast = 0) {
    const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempt);
    this.#attempt += 1;
    const delay = atLeast + ceiling / 2 + Math.random() * (ceiling / 2);
    this.#waitTimer = setTimeout(() => this.open(), delay);
    const crowded = atLeast >= CROWDED_WAIT_MS;
    this.#change({ name: navigator.onLine ? 'waiting' : 'offline', until: Date.now() + delay, crowded });
  }

  #stop(code) {
    this.#change({ name: 'stopped', reason: REASONS.get(code) ?? code });
  }

  /** Drops the socket and all that hangs on it, without deciding what follows. */
  #letGo() {
    this.#life += 1;
    this.#welcomedAt = 0;
    clearTimeout(this.#waitTimer);
    clearTimeout(this.#openingTimer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const { reject, timer } of this.#requests.values()) {
      clearTimeout(timer);
      reject(new Disconnected());
    }
    this.#requests.clear();
  }

  #change(state) {
    this.state = state;
    this.#handlers.state(state);
  }
}
