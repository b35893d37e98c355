/**
 * The HTTP side: register, login, refresh, logout, and the tokens these give.
 *
 * The access token lives in memory only; it is short-lived and a reload gets a new one. The refresh token and the
 * csrfToken live in localStorage: the server's default mode sets no cookies, and without a stored token every reload
 * would ask for the password again. A script injected into this page could read them; the page has no inline script,
 * loads from its own origin only and never makes HTML from text, which is what keeps such a script out. Logging out
 * removes them here and revokes them at the server.
 *
 * With `auth.cookies` the tokens are cookies that no script sees: the answers then have no tokens, localStorage keeps who
 * is signed in only, and the csrfToken, which requests must name, lives in memory; a reload asks the server for it.
 */

const STORE = 'securechat.session';

/** A token with less than this left is not worth opening a socket with. */
const MARGIN_MS = 5_000;

/** So long before its end a token is replaced, when the server announces that end. */
const RENEWAL_MS = 10_000;

/** What one tab stores is seen by another, which is another process, a moment later: so long nobody else has a turn. */
const SPREAD_MS = 250;

/**
 * The wait until a token that ends then is replaced. A token that lives shorter than the server's announcement is early
 * gets its successor announced at once, too: replacing it without a wait would never come to an end. The announcement
 * comes a minute early at most, whatever the clock here says.
 */
function renewalWait(expiresAt) {
  const left = Date.parse(expiresAt) - Date.now();
  const wait = Math.max(left - RENEWAL_MS, left / 2);
  return Number.isNaN(wait) ? 1_000 : Math.min(Math.max(wait, 1_000), 60_000 - RENEWAL_MS);
}

/** An answer that is not a success. `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
  constructor(message, { status = 0, code = '', retryAfter = null } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** The server refused the refresh token: the one thing besides logging out that ends a session here. */
export class SignedOut extends Error {}

function post(path, body, { csrf, ...more } = {}) {
  const headers = { 'Content-Type': 'application/json', ...(csrf ? { 'X-CSRF-Token': csrf } : {}) };
  return call(path, { method: 'POST', headers, body: JSON.stringify(body), ...more });
}

async function call(path, { timeout = 20_000, ...options } = {}) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(timeout), ...options });
  } catch {
    throw new ApiError('The server cannot be reached');
  }
  const answer = await response.json().catch(() => null); // a 204 and a proxy's error page are not JSON
  if (response.ok) return answer;
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  throw new ApiError(answer?.error || `The server answered ${response.status}`, {
    status: response.status, code: answer?.code ?? '', retryAfter: Number.isNaN(seconds) ? null : seconds,
  });
}

/** The signed-in session of this browser: `user`, its tokens, and the calls that change them. */
export class Session {
  #access = null; // { token, goodUntil }; with cookies the token is undefined
  #csrf = null; // with cookies only
  #refreshing = null;
  #renewal = 0;
  #unsaved = null; // stands in for localStorage where the browser forbids it

  /** What is stored, or null. Read anew each time, since another tab may have refreshed or logged out meanwhile. */
  get stored() {
    let text = this.#unsaved;
    try { text = localStorage.getItem(STORE) ?? text; } catch { /* storage is off: the tab's memory has to do */ }
    try {
      const stored = JSON.parse(text);
      return typeof stored?.refreshToken === 'string' || stored?.cookies === true ? stored : null;
    } catch {
      return null;
    }
  }

  get user() {
    return this.stored?.user ?? null;
  }

  /** `mode` is `login` or `register`; the fields go to the server as they were typed, which judges them. */
  async enter(mode, fields) {
    const answer = await post(`api/auth/${mode}`, fields);
    this.#keep(answer, answer?.user, Date.now());
    return this.user;
  }

  /**
   * The credentials for a socket. `refused` is a token that the server has turned away: it is then replaced even if
   * the clock here says that it is still good, because the clocks of two machines differ.
   */
  async credentials(refused = null) {
    const held = this.#access;
    if (!held || held.token === refused || held.goodUntil - MARGIN_MS < Date.now()) await this.refresh();
    return { token: this.#access.token, csrfToken: this.#csrf ?? this.stored?.csrfToken };
  }

  /** Gets new tokens. Whoever asks while a refresh is under way shares its outcome: the refresh token rotates. */
  refresh() {
    this.#refreshing ??= this.#refreshInTurn().finally(() => { this.#refreshing = null; });
    return this.#refreshing;
  }

  /** Replaces the token before its announced end; `swap(token)` puts the new one, if it is to be seen, on the live socket. */
  renewBefore(expiresAt, swap) {
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(async () => {
      try {
        await this.refresh();
        await swap(this.#access.token);
      } catch { /* not now: the socket ends with its token then, and the usual way back gets a new one */ }
    }, renewalWait(expiresAt));
  }

  /** Tabs share one stored refresh token, so they take turns where the browser offers locks (HTTPS and loopback). */
  #refreshInTurn() {
    if (!navigator.locks) return this.#refreshOnce();
    return new Promise((done, failed) => {
      navigator.locks.request(STORE, async () => {
        await this.#refreshOnce().then(done, failed);
        await new Promise((over) => { setTimeout(over, SPREAD_MS); });
      }).catch(failed);
    });
  }

  async #refreshOnce(previous = null) {
    const before = this.stored;
    if (!before) throw new SignedOut('You are signed out.');
    let answer;
    try {
      answer = before.cookies
        ? await post('api/auth/refresh', {}, { csrf: await this.#csrfToken(previous !== null) })
        : await post('api/auth/refresh', { refreshToken: before.refreshToken });
    } catch (error) {
      // Another tab has signed in anew: the cookies are of its session, the token in memory is of the one before.
      if (error.code === 'CSRF_FAILED' && previous === null) return this.#refreshOnce(before);
      if (error.status !== 401) throw error; // a network fault or a busy server says nothing about the session
      const now = this.stored;
      if (now && now.refreshToken !== before.refreshToken && previous === null) return this.#refreshOnce(before);
      this.#forget();
      throw new SignedOut('Your session has ended. Please sign in again.');
    }
    // Somebody who logged out while the answer was on its way must stay logged out.
    if (!this.stored) throw new SignedOut('You are signed out.');
    this.#keep(answer, before.user, before.since);
    return undefined;
  }

  /** With cookies: what a request has to name beside them. */
  async #csrfToken(anew = false) {
    if (anew || !this.#csrf) this.#csrf = (await call('api/auth/csrf')).csrfToken;
    return this.#csrf;
  }

  /** Forgets the tokens at once and tells the server. Answers whether the server could be told. */
  async leave() {
    const before = this.stored;
    const held = this.#csrf;
    this.#forget();
    if (!before) return true;
    try {
      const csrf = before.cookies ? held ?? await this.#csrfToken() : undefined;
      const { refreshToken } = before;
      await post('api/auth/logout', { refreshToken }, { csrf, timeout: 5_000, keepalive: true });
      return true;
    } catch (error) {
      return error.status === 401; // already unknown there
    }
  }

  /** Calls back when another tab of this browser logs out or signs in as somebody else. */
  onChangedElsewhere(callback) {
    addEventListener('storage', (event) => {
      if (event.key !== STORE && event.key !== null) return;
      const known = this.#access?.userId;
      const now = this.stored;
      if (now?.cookies) this.#csrf = this.#access = null; // another tab signed in: they are of the session before
      if (!now || (known && now.user?.id !== known)) {
        this.#access = null;
        callback(now?.user ?? null);
      }
    });
  }

  /** `since` tells one sign-in from the next, so that other tabs learn of it. */
  #keep(answer, user, since) {
    const { refreshToken, csrfToken } = answer ?? {};
    const cookies = answer?.accessToken === undefined && refreshToken === undefined && typeof csrfToken === 'string';
    // Checked before anything is stored: a half answer must not leave the word "undefined" where a token belongs.
    if (!cookies && (typeof answer?.accessToken !== 'string' || typeof refreshToken !== 'string')) {
      throw new ApiError('The server gave an answer this page does not understand');
    }
    const life = Number(answer.expiresIn) > 0 ? Number(answer.expiresIn) * 1000 : Infinity;
    this.#access = { token: answer.accessToken, goodUntil: Date.now() + life, userId: user?.id };
    this.#csrf = cookies ? csrfToken : null;
    const credentials = cookies ? { cookies, since } : { refreshToken, csrfToken };
    const text = JSON.stringify({ ...credentials, user: { id: user?.id, username: user?.username } });
    this.#unsaved = text;
    try { localStorage.setItem(STORE, text); this.#unsaved = null; } catch { /* see `stored` */ }
  }

  #forget() {
    clearTimeout(this.#renewal);
    this.#access = null;
    this.#csrf = null;
    this.#unsaved = null;
    try { localStorage.removeItem(STORE); } catch { /* see `stored` */ }
  }
}
