/** The screen of the chat: people, connection, messages, the composer. It is told what is so, and decides nothing. */

import { byId, setText } from './shared/dom.js';
import { Log } from './shared/log.js';

const STATE_WORDS = new Map([
  ['connecting', 'Connecting'], ['connected', 'Connected'], ['waiting', 'Reconnecting'], ['stopped', 'Not connected'],
]);
const TRANSPORTS = new Map([['websocket', 'WebSocket'], ['polling', 'long-polling']]);

export class View {
  #log;
  #actions;
  #spoken = null;
  #message = byId('message');

  /** `actions`: send, retry, discard, loadEarlier, retryNow, signOut. */
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
    this.#message.addEventListener('input', () => this.#grow());
    byId('earlier').addEventListener('click', () => this.#loadEarlier());
    byId('banner-retry').addEventListener('click', actions.retryNow);
    byId('sign-out').addEventListener('click', actions.signOut);
  }

  get atNewest() {
    return this.#log.atNewest;
  }

  show({ username }) {
    byId('chat').hidden = false;
    setText(byId('me'), username ?? '');
    this.#log.clear();
    this.#compose('');
    // On a touch screen the focus would open the keyboard over half of the conversation.
    if (!matchMedia('(pointer: coarse)').matches) this.#message.focus();
  }

  hide() {
    byId('chat').hidden = true;
    this.#log.clear();
    this.#compose('');
  }

  /** Says something once to those who listen to the page. */
  announce(text) {
    byId('announcer').textContent = text;
  }

  draw(room, me, connected, options) {
    const lines = room.lines();
    byId('earlier').hidden = !room.hasEarlier;
    byId('empty').hidden = !room.loaded || lines.some(({ kind }) => kind === 'message');
    // History is not read out line by line; only what people say from then on is spoken.
    byId('log').setAttribute('aria-live', room.synced && !options?.prepended ? 'polite' : 'off');
    this.#log.draw(lines, me, connected, options);
    const names = [...room.people.values()].map(({ username }) => username).sort((a, b) => a.localeCompare(b));
    setText(byId('people'), names.join(', '));
  }

  setConnection({ name, text = '', transport = '' }) {
    const badge = byId('state');
    badge.dataset.state = name;
    badge.dataset.transport = transport;
    setText(badge, [STATE_WORDS.get(name), TRANSPORTS.get(transport)].filter(Boolean).join(' · '));
    // A short "connecting" after a wait keeps the banner, or it would flicker at every attempt.
    if (name === 'connecting') setText(byId('banner-text'), 'Connecting…');
    else setText(byId('banner-text'), text);
    byId('banner').hidden = name !== 'waiting' && name !== 'stopped' && !(name === 'connecting' && !byId('banner').hidden);
    byId('banner-retry').hidden = name === 'connecting';
    if (name === this.#spoken) return;
    if (name === 'connected') this.announce('Connected');
    else if (name === 'waiting' || name === 'stopped') this.announce(text);
    if (name !== 'connecting') this.#spoken = name;
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
    this.#grow();
    if (text) this.#message.focus();
  }

  #grow() {
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
}
