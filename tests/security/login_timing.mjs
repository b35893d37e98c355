// Whether the time of a refused login tells that the account exists. Wrong passwords of a known and of unknown accounts
// take turns, so that whatever else the machine does falls on both; of each the median counts. At bcrypt's cost 12.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PASSWORD, ROOMY, cleanUp, startServer } from '../clients/server.mjs';

const PAIRS = Number(process.env.PAIRS ?? 40);
const MOST = 0.05; // of the median
const WRONG = 'Wrong00000';

let server;
before(async () => {
  // The throttle counts, as it always does, but never makes anybody wait.
  server = await startServer({ set: { ...ROOMY, 'auth.bcrypt_cost': 12, 'auth.allow_weak_hash': false, 'limits.login_failures': 1000000 } });
});
after(cleanUp);

const median = (times) => {
  const sorted = [...times].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};

// Hashes make way for everything else, so that an answer may take long on a busy machine.
function post(path, body) {
  return fetch(`${server.url}/api/auth/${path}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(60_000),
  });
}

async function timed(email) {
  const begin = process.hrtime.bigint();
  const answer = await post('login', { email, password: WRONG });
  const text = await answer.text();
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  const headers = [...answer.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
  return { ms, seen: JSON.stringify([answer.status, text, headers]) };
}

// Shows: R27 S17
test(`medians of ${PAIRS} refused logins differ by less than 5 %`, { timeout: 500_000 }, async (t) => {
  const registered = await post('register', { username: 'ada', email: 'ada@example.com', password: PASSWORD });
  assert.equal(registered.status, 201);
  const known = [];
  const unknown = [];
  const seen = new Set();
  for (let i = -2; i < PAIRS; i += 1) {
    const turns = [['ada@example.com', known], [`eve${i}@example.com`, unknown]];
    if (i % 2) turns.reverse();
    for (const [email, times] of turns) {
      const answer = await timed(email);
      seen.add(answer.seen);
      if (i >= 0) times.push(answer.ms); // the first ones warm up
    }
  }
  assert.equal(seen.size, 1, `the same status, body and headers: ${[...seen].join('\n')}`);
  const [a, b] = [median(known), median(unknown)];
  const difference = Math.abs(a - b) / Math.max(a, b);
  t.diagnostic(`known ${a.toFixed(1)} ms, unknown ${b.toFixed(1)} ms, difference ${(100 * difference).toFixed(2)} %`);
  assert.ok(Math.min(a, b) > 50, 'each costs a hash of cost 12');
  assert.ok(difference < MOST, `known ${a.toFixed(1)} ms, unknown ${b.toFixed(1)} ms`);
});
