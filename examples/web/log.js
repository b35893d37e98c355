/**
 * Draws the lines of one room: messages, quiet notices, day headings.
 *
 * Each line keeps its element for as long as it is shown. A pending message that is confirmed changes in place, so a
 * screen reader speaks it once, and the reader's place in the list does not jump.
 */

import { arrange, button, element, initial, setText, tone } from './dom.js';
import { clockTime, dayName, fullTime } from './text.js';

/** Messages of one person this close together are shown as one group. */
const GROUP_MS = 5 * 60_000;
/** Within this distance of the end, the reader counts as reading the newest. */
const NEAR_END_PX = 60;

export class Log {
  #scroller;
  #list;
  #toNewest;
  #actions;
  #elements = new Map(); // by key
  #newestKey = null;
  atNewest = true;

  /** `actions` are `retry(draft)` and `edit(draft)`. */
  constructor(scroller, list, toNewest, actions) {
    this.#scroller = scroller;
    this.#list = list;
    this.#toNewest = toNewest;
    this.#actions = actions;
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    toNewest.addEventListener('click', () => { this.#scrollToEnd(); scroller.focus({ preventScroll: true }); });
    // A keyboard on a phone, or a growing composer, shrinks the list: whoever read the newest still does.
    new ResizeObserver(() => { if (this.atNewest) this.#scrollToEnd(); }).observe(scroller);
  }

  /** Begins with another room: nothing of the last one stays, and its messages are not spoken one by one. */
  clear() {
    this.#elements.clear();
    this.#list.replaceChildren();
    this.#newestKey = null;
    this.atNewest = true;
    this.#toNewest.hidden = true;
  }

  /** `prepended` says that older lines came in front: the line that was being read then stays where it is. */
  draw(lines, me, connected, { prepended = false } = {}) {
    const { scrollHeight, scrollTop } = this.#scroller;
    const keep = this.atNewest && !prepended;
    const drawn = new Map();
    let previous = null;
    for (const line of lines) {
      const day = line.at.toDateString();
      if (previous?.at.toDateString() !== day) drawn.set(`day ${day}`, this.#day(`day ${day}`, line.at));
      const together = previous?.kind === 'message' && line.kind === 'message' && previous.userId === line.userId
        && line.at - previous.at < GROUP_MS && previous.at.toDateString() === day;
      drawn.set(line.key, this.#line(line, me, connected, together));
      previous = line;
    }
    this.#elements = drawn;
    arrange(this.#list, [...drawn.values()]);

    const newest = lines.at(-1);
    const grew = newest !== undefined && newest.key !== this.#newestKey;
    this.#newestKey = newest?.key ?? null;
    const mine = grew && newest.state === 'pending';
    if (keep || mine) this.#scrollToEnd();
    else if (prepended) this.#scroller.scrollTop = scrollTop + this.#scroller.scrollHeight - scrollHeight;
    else if (grew && newest.kind === 'message') this.#toNewest.hidden = false;
  }

  #day(key, date) {
    const heading = this.#elements.get(key) ?? element('p', 'day');
    setText(heading, dayName(date));
    return heading;
  }

  #line(line, me, connected, together) {
    if (line.kind === 'notice') return this.#elements.get(line.key) ?? element('p', 'notice', line.text);
    const own = line.userId === me?.id;
    const item = this.#elements.get(line.key) ?? this.#message(line, own);
    item.classList.toggle('together', together);
    setText(item.querySelector('.text'), line.text);
    this.#drawState(item, line, connected);
    return item;
  }

  #message(line, own) {
    const item = element('div', own ? 'message own' : 'message');
    const avatar = element('span', `avatar ${tone(line.username)}`, initial(line.username));
    avatar.setAttribute('aria-hidden', 'true');
    const bubble = element('div', 'bubble');
    const author = element('p', own ? 'author visually-hidden' : `author ${tone(line.username)}`, own ? 'You' : line.username);
    const body = element('div', 'body');
    // Whatever direction the text has, it is laid out by its own first strong letter, not by the page's.
    body.append(Object.assign(element('p', 'text'), { dir: 'auto' }), element('span', 'meta'));
    bubble.append(author, body);
    item.append(...(own ? [bubble] : [avatar, bubble]));
    return item;
  }

  /** What stands below the text: the time, or how far a message of one's own has come. */
  #drawState(item, line, connected) {
    const state = line.state ?? 'sent';
    const shown = `${state} ${line.reason ?? ''} ${connected} ${line.at.getTime()} ${line.edited ?? false}`;
    if (item.dataset.shown === shown) return;
    item.dataset.shown = shown;
    item.dataset.state = state;
    const meta = item.querySelector('.meta');
    if (state === 'failed') {
      const actions = element('span', 'actions');
      actions.append(
        button('quiet', 'Retry', () => this.#actions.retry(line)),
        button('quiet', 'Edit', () => this.#actions.edit(line)),
      );
      meta.replaceChildren(element('span', 'reason', `Not sent: ${line.reason}`), actions);
    } else if (state === 'pending') {
      meta.replaceChildren(element('span', '', connected ? 'Sending…' : 'Waiting for the connection…'));
    } else {
      const time = element('time', '', clockTime(line.at) + (line.edited ? ' · edited' : ''));
      time.dateTime = line.at.toISOString();
      time.title = fullTime(line.at);
      meta.replaceChildren(time);
    }
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.atNewest = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (this.atNewest) this.#toNewest.hidden = true;
  }

  #scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.atNewest = true;
    this.#toNewest.hidden = true;
  }
}
