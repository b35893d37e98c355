/**
 * Everything of the chat's screen but the message log: rooms, people, connection state, the composer, the side panel.
 *
 * The view is told what is so and shows it; what people do, it passes on to the chat. It decides nothing.
 */

import { arrange, byId, element, initial, setText, tone } from './dom.js';
import { Log } from './log.js';
import { DEFAULT_ROOM } from './rooms.js';
import { escapedLength } from './text.js';

/** The server's default limit. The counter only warns: a server may be set differently, and its word counts. */
const MESSAGE_LIMIT = 500;
const COUNTER_FROM = 400;
const TITLE = 'securechat';

const STATE_WORDS = new Map([
  ['connecting', 'Connecting'], ['connected', 'Connected'], ['waiting', 'Reconnecting'],
  ['offline', 'Offline'], ['stopped', 'Not connected'], ['closed', 'Signed out'],
]);

export class View {
  #log;
  #countdown = 0;
  #speaking = 0;
  #wasConnected = false;
  #actions;
  #message = byId('message');

  /** `actions` are the chat's: send, retry, discard, select, join, leave, loadEarlier, retryNow, seen, signOut. */
  bind(actions) {
    this.#actions = actions;
    this.#log = new Log(byId('scroller'), byId('log'), byId('to-newest'), {
      retry: actions.retry,
      edit: (draft) => { actions.discard(draft); this.#compose(draft.text); },
    });
    byId('composer').addEventListener('submit', (event) => { event.preventDefault(); this.#send(); });
    this.#message.addEventListener('keydown', (event) => {
      // Enter that ends an input method's composition chooses a word; it must not send half a sentence.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    this.#message.addEventListener('input', () => this.#typed());
    byId('earlier').addEventListener('click', () => this.#loadEarlier());
    byId('banner-retry').addEventListener('click', actions.retryNow);
    byId('leave').addEventListener('click', actions.leave);
    byId('sign-out').addEventListener('click', actions.signOut);
    byId('join-form').addEventListener('submit', (event) => { event.preventDefault(); this.#join(); });
    byId('side-open').addEventListener('click', () => this.#side(true));
    byId('side-close').addEventListener('click', () => this.#side(false));
    byId('shade').addEventListener('click', () => this.#side(false));
    addEventListener('keydown', (event) => { if (event.key === 'Escape') this.#side(false); });
    // Turned or widened, the screen may have room for both; the panel is then no longer over anything.
    matchMedia('(max-width: 46rem)').addEventListener('change', () => this.#side(false));
    addEventListener('focus', actions.seen);
  }

  get atNewest() {
    return this.#log.atNewest;
  }

  show() {
    byId('chat').hidden = false;
    this.#compose('');
  }

  hide() {
    byId('chat').hidden = true;
    document.title = TITLE;
    clearInterval(this.#countdown);
    this.#log.clear();
    this.#side(false);
  }

  /** Says something once to those who listen to the page. */
  announce(text) {
    byId('announcer').textContent = text;
  }

  setUser({ username }) {
    setText(byId('me'), username ?? '');
    setText(byId('me-avatar'), initial(username ?? ''));
    byId('me-avatar').className = `avatar ${tone(username ?? '')}`;
  }

  setRooms(rooms, active) {
    const items = rooms.map((room) => {
      const item = element('li');
      const choose = element('button', 'room-choice');
      choose.type = 'button';
      choose.append(element('span', 'room-label', room.name));
      if (room === active) choose.setAttribute('aria-current', 'true');
      if (room.unread > 0) {
        const mark = element('span', 'unread', room.unread > 99 ? '99+' : String(room.unread));
        mark.append(element('span', 'visually-hidden', ' unread'));
        choose.append(mark);
      }
      choose.addEventListener('click', () => { this.#side(false); this.#actions.select(room.name); this.focusComposer(); });
      item.append(choose);
      return item;
    });
    const focused = [...byId('room-list').children].findIndex((item) => item.contains(document.activeElement));
    byId('room-list').replaceChildren(...items);
    if (focused >= 0) (items[focused] ?? items.at(-1)).firstChild.focus();

    const unread = rooms.reduce((sum, room) => sum + room.unread, 0);
    document.title = unread > 0 ? `(${unread}) ${TITLE}` : TITLE;
    byId('elsewhere').hidden = !rooms.some((room) => room !== active && room.unread > 0);
  }

  /** Another room comes on screen. */
  showRoom(room, me) {
    this.#log.clear();
    setText(byId('room-name'), room.name);
    byId('leave').hidden = room.name === DEFAULT_ROOM;
    this.updateRoom(room, me, this.#wasConnected);
  }

  updateRoom(room, me, connected, options) {
    const lines = room.lines();
    if (!room.synced || options?.prepended) this.#hush();
    byId('earlier').hidden = !room.hasEarlier;
    byId('empty').hidden = !room.loaded || lines.some(({ kind }) => kind === 'message');
    this.#log.draw(lines, me, connected, options);
    this.#people(room, me);
    if (room.synced) this.#speakSoon();
  }

  /** A page of history is not read out line by line; only what people say from then on is spoken. */
  #hush() {
    clearTimeout(this.#speaking);
    this.#speaking = 0;
    byId('log').setAttribute('aria-live', 'off');
  }

  #speakSoon() {
    this.#speaking ||= setTimeout(() => byId('log').setAttribute('aria-live', 'polite'), 400);
  }

  #people(room, me) {
    const people = [...room.people.values()].sort((a, b) => a.username.localeCompare(b.username));
    setText(byId('room-count'), people.length === 0 ? '' : `${people.length} ${people.length === 1 ? 'person' : 'people'} here`);
    arrange(byId('people-list'), people.map(({ userId, username, status }) => {
      const item = element('li', status === 'away' ? 'person away' : 'person');
      const avatar = element('span', `avatar ${tone(username)}`, initial(username));
      avatar.setAttribute('aria-hidden', 'true');
      item.append(avatar, element('span', 'who', username));
      if (userId === me?.id) item.append(element('span', 'note', 'you'));
      else if (status === 'away') item.append(element('span', 'note', 'away'));
      return item;
    }));
  }

  setConnection(state) {
    clearInterval(this.#countdown);
    const words = STATE_WORDS.get(state.name);
    const badge = byId('state');
    badge.dataset.state = state.name;
    setText(badge, words);
    byId('banner-retry').hidden = state.name === 'connecting';
    if (state.name === 'waiting' || state.name === 'offline') {
      this.#countdown = setInterval(() => this.#showWait(state), 500);
      this.#showWait(state);
    } else {
      // A short "connecting" after a wait keeps the banner, or it would flicker at every attempt.
      if (state.name === 'connecting') setText(byId('banner-text'), 'Connecting…');
      if (state.name === 'stopped') setText(byId('banner-text'), state.reason);
      byId('banner').hidden = state.name === 'connected' || (state.name === 'connecting' && byId('banner').hidden);
    }
    // Spoken: that it was lost, that it is back, that it stopped. Not every attempt in between.
    const connected = state.name === 'connected';
    if (connected) this.announce('Connected');
    else if (state.name === 'stopped') this.announce(`Not connected. ${state.reason}`);
    else if (this.#wasConnected && state.name !== 'closed') this.announce('Connection lost. Reconnecting.');
    this.#wasConnected = connected;
  }

  focusComposer() {
    // On a touch screen the focus would open the keyboard over half of the conversation.
    if (!matchMedia('(pointer: coarse)').matches) this.#message.focus();
  }

  #showWait({ name, until, crowded }) {
    const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    const why = name === 'offline' ? 'This device is offline.' : crowded ? 'The server asks for patience.' : 'The connection is lost.';
    setText(byId('banner-text'), `${why} Reconnecting in ${seconds} s`);
    byId('banner').hidden = false;
  }

  #send() {
    const text = this.#message.value;
    if (!text.trim()) return;
    this.#actions.send(text);
    this.#compose('');
    this.#message.focus();
  }

  #compose(text) {
    this.#message.value = text;
    this.#typed();
    if (text) this.#message.focus();
  }

  #typed() {
    const length = escapedLength(this.#message.value);
    const counter = byId('counter');
    counter.hidden = length < COUNTER_FROM;
    counter.classList.toggle('over', length > MESSAGE_LIMIT);
    setText(counter, `${length} / ${MESSAGE_LIMIT}${length > MESSAGE_LIMIT ? ' – too long' : ''}`);
    this.#message.style.height = 'auto';
    this.#message.style.height = `${this.#message.scrollHeight + 2}px`;
  }

  async #loadEarlier() {
    byId('earlier').disabled = true;
    await this.#actions.loadEarlier();
    byId('earlier').disabled = false;
    // The pressed button may be gone with the last page; the keyboard's place must not be.
    (byId('earlier').hidden ? byId('scroller') : byId('earlier')).focus({ preventScroll: true });
  }

  async #join() {
    const error = await this.#actions.join(byId('join-name').value);
    setText(byId('join-error'), error ?? '');
    if (error) { byId('join-name').focus(); return; }
    byId('join-name').value = '';
    this.#side(false);
    this.focusComposer();
  }

  /** The side panel: always there on a wide screen, over the conversation on a phone. */
  #side(open) {
    const was = byId('side').classList.contains('open');
    if (was === open) return;
    byId('side').classList.toggle('open', open);
    byId('conversation').inert = open; // what lies under the panel is out of reach for the keyboard as well
    byId('shade').hidden = !open;
    byId('side-open').setAttribute('aria-expanded', String(open));
    byId(open ? 'side-close' : 'side-open').focus();
  }
}
