// Who fails to log in too often in a row has to wait, and learns nothing of the account by it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, ROOMY, bearer, cleanUp, pause, post, register, startServer } from './server.mjs';

const LOGIN = '/api/auth/login';
const WRONG = 'Wrong00000';

describe('failed logins in a row', () => {
  let server;
  before(async () => { server = await startServer({ set: { ...ROOMY, 'auth.bcrypt_cost': 10 } }); });
  after(cleanUp);

  async function failFive(email) {
    for (let i = 0; i < 5; i++) {
      const answer = await post(server, LOGIN, { email, password: WRONG });
      assert.equal(answer.status, 401, answer.text);
    }
    return post(server, LOGIN, { email, password: PASSWORD });
  }

  // Shows: R28 S17 S23
  test('the sixth attempt is 429, alike for known and unknown addresses', async () => {
    await register(server, 'ada');
    const answers = [await failFive('ada@example.com'), await failFive('nobody@example.com')];
    for (const answer of answers) {
      assert.equal(answer.status, 429, answer.text);
      assert.deepEqual(answer.body, { error: 'Too many attempts', code: 'TOO_MANY_ATTEMPTS' });
      assert.equal(answer.headers['retry-after'], '1');
      assert.equal(answer.headers['x-ratelimit-remaining'], '0');
    }
    const names = answers.map(({ headers }) => Object.keys(headers).filter((name) => name !== 'date').sort());
    assert.deepEqual(names[0], names[1], 'the same headers');
  });

  test('it passes with the time, and a success forgets the failures', async () => {
    await register(server, 'bob');
    assert.equal((await failFive('bob@example.com')).status, 429);
    await pause(1050);
    assert.equal((await post(server, LOGIN, { email: 'bob@example.com', password: PASSWORD })).status, 200);
    assert.equal((await failFive('bob@example.com')).headers['retry-after'], '1', 'counted anew');
  });

  // Shows: R28
  test('twenty at once get five guesses', async () => {
    await register(server, 'carol');
    const statuses = await Promise.all(Array.from({ length: 20 }, () =>
      post(server, LOGIN, { email: 'carol@example.com', password: WRONG }).then(({ status }) => status)));
    assert.equal(statuses.filter((status) => status === 401).length, 5, statuses.join());
    assert.equal(statuses.filter((status) => status === 429).length, 15, statuses.join());
  });

  test('twenty good logins at once all succeed', async () => {
    await register(server, 'dan');
    const statuses = await Promise.all(Array.from({ length: 20 }, () =>
      post(server, LOGIN, { email: 'dan@example.com', password: PASSWORD }).then(({ status }) => status)));
    assert.deepEqual([...new Set(statuses)], [200], statuses.join());
  });

  // Shows: R28
  test('the owner comes in with a token of a live session', async () => {
    const { accessToken } = await register(server, 'eve');
    assert.equal((await failFive('eve@example.com')).status, 429);
    const answer = await post(server, LOGIN, { email: 'eve@example.com', password: PASSWORD }, bearer(accessToken));
    assert.equal(answer.status, 200, answer.text);
  });

  test('a wrong type is 401 however often it comes', async () => {
    for (const email of [null, 5, {}, [], true, '', 'no', undefined]) {
      assert.equal((await post(server, LOGIN, { email, password: PASSWORD })).status, 401, JSON.stringify(email));
    }
  });

  // Shows: R93 S18
  test('twenty registrations of one address at once make one account', async () => {
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, i) =>
      post(server, '/api/auth/register', { username: `twin${i}`, email: i % 2 ? 'twin@example.com' : ' TWIN@Example.com', password: PASSWORD })
        .then(({ status }) => status)));
    assert.equal(statuses.filter((status) => status === 201).length, 1, statuses.join());
    assert.equal(statuses.filter((status) => status === 409).length, 19, statuses.join());
  });
});

test('limits.login_failures=0 turns it off', async () => {
  const server = await startServer({ set: { ...ROOMY, 'auth.bcrypt_cost': 10, 'limits.login_failures': 0 } });
  for (let i = 0; i < 8; i++) {
    assert.equal((await post(server, LOGIN, { email: 'nobody@example.com', password: WRONG })).status, 401);
  }
  await cleanUp();
});
