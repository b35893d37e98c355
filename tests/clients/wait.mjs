// Waiting, always with a limit and with words that say what was waited for.
import { setTimeout as delay } from 'node:timers/promises';

export const WAIT = 4000;

export function pause(ms) {
  return delay(ms);
}

// The promise's value, or an error after ms.
export async function within(promise, what, ms = WAIT) {
  const limit = new AbortController();
  const late = delay(ms, null, { signal: limit.signal }).then(
    () => { throw new Error(`waited ${ms} ms for ${what}`); },
    () => {},
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    limit.abort();
  }
}

// The first event of that name: its first argument.
export function once(emitter, event, ms = WAIT) {
  let listener;
  const heard = new Promise((resolve) => {
    listener = (value) => resolve(value);
    emitter.once(event, listener);
  });
  return within(heard, `the event "${event}"`, ms).finally(() => emitter.off(event, listener));
}

// Asks again until the answer is true (or anything truthy) and gives that answer.
export async function eventually(ask, what, ms = WAIT) {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await delay(30);
  }
}

// What a client has received and nobody has taken yet, in order of arrival.
export class Inbox {
  items = [];
  #takers = new Set();

  push(item) {
    for (const taker of this.#takers) {
      if (taker.match(item)) {
        this.#takers.delete(taker);
        taker.resolve(item);
        return;
      }
    }
    this.items.push(item);
  }

  // Removes and gives the first item that matches, now or within ms.
  take(match, what, ms = WAIT) {
    const index = this.items.findIndex(match);
    if (index >= 0) return Promise.resolve(this.items.splice(index, 1)[0]);
    const taker = { match };
    const taken = new Promise((resolve) => { taker.resolve = resolve; });
    this.#takers.add(taker);
    return within(taken, what, ms)
      .catch((error) => { throw new Error(`${error.message}; there was ${brief(this.items)}`); })
      .finally(() => this.#takers.delete(taker));
  }

  // Removes and gives everything that matches so far.
  drain(match = () => true) {
    const taken = this.items.filter(match);
    this.items = this.items.filter((item) => !taken.includes(item));
    return taken;
  }
}

function brief(items) {
  if (items.length === 0) return 'nothing else';
  const text = JSON.stringify(items);
  return `instead ${text.length > 600 ? `${text.slice(0, 600)}...` : text}`;
}
