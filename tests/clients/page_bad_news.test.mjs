/** How the built-in chat page takes bad news: a stand-in for the server's WebSocket refuses, closes and stays silent. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  BUILT_IN_PAGE, closeBrowser, confirmed, connected, fillRegistration as fill, openBrowser, register, reload, texts, visit as visitPage,
} from './browser.mjs';
import { cleanUp, ROOMY, startServer } from './server.mjs';

let server;

before(async () => {
  await openBrowser();
  server = await startServer({ set: { ...ROOMY, 'http.static_dir': BUILT_IN_PAGE, 'origin.allowed': '' } });
});

after(async () => {
  await closeBrowser();
  await cleanUp();
});

const visit = () => visitPage(server.url);

describe('how the page takes bad news', { timeout: 120_000 }, () => {
  /**
   * Puts a stand-in between the page and its socket; `answer(socket, frame, count)` sees each frame, per socket. A page
   * that is loaded already keeps its own WebSocket, so it is loaded again.
   */
  async function standIn(page, answer) {
    const sockets = [];
    await page.routeWebSocket(/\/ws$/, (socket) => {
      sockets.push(socket);
      const count = sockets.length;
      socket.onMessage((text) => answer(socket, JSON.parse(text), count));
    });
    await reload(page);
    return sockets;
  }
  const refuse = (socket, code, name) => {
    socket.send(JSON.stringify({ type: 'error', message: name, code: name }));
    socket.close({ code });
  };
  const welcome = (socket) => socket.send(JSON.stringify({ type: 'welcome', sid: 's', user: { id: 'u', username: 'U' }, resumed: false }));

  test('4403 stops and gives the reason; it does not sign out', async () => {
    const { context, page, faults } = await visit();
    const sockets = await standIn(page, (socket) => refuse(socket, 4403, 'INVALID_ORIGIN'));
    await fill(page, 'Annie');
    await page.waitForSelector('#state[data-state="stopped"]');
    assert.match(await page.locator('#banner-text').textContent(), /does not accept connections from a page at this address/);
    await page.waitForTimeout(2_500);
    assert.equal(sockets.length, 1);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('4401 gets a new token and tries once more, not for ever', async () => {
    const { context, page, faults } = await visit();
    const tokens = [];
    await standIn(page, (socket, frame) => { tokens.push(frame.token); refuse(socket, 4401, 'TOKEN_EXPIRED'); });
    await fill(page, 'Tim');
    await page.waitForSelector('#state[data-state="stopped"]');
    await page.waitForTimeout(1_500);
    assert.equal(tokens.length, 2);
    assert.notEqual(tokens[0], tokens[1]);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('4429 waits longer than a lost connection', async () => {
    const { context, page, faults } = await visit();
    await standIn(page, (socket, frame, count) => (count === 1 ? refuse(socket, 4429, 'TOO_MANY_CONNECTIONS') : welcome(socket)));
    await fill(page, 'Ray');
    await page.waitForSelector('#banner:not([hidden])');
    const seconds = Number(/in (\d+) s/.exec(await page.locator('#banner-text').textContent())[1]);
    assert.ok(seconds >= 20, `${seconds} s`);
    await page.click('#banner-retry');
    await connected(page);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('a session that the server ended brings the form back and says so', async () => {
    const { context, page, faults } = await visit();
    await register(page, 'Leslie');
    const token = await page.evaluate(() => JSON.parse(localStorage.getItem('securechat.session')).refreshToken);
    const { status } = await page.request.post(`${server.url}/api/auth/logout`, { data: { refreshToken: token } })
      .then((response) => ({ status: response.status() }));
    assert.equal(status, 204);
    await page.locator('#signin-error').getByText('Your session has ended').waitFor();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('an answer that never came: the same message is sent again, under the same clientId', async () => {
    const { context, page, faults } = await visit();
    const sends = [];
    await standIn(page, (socket, { type, ref, data }, count) => {
      const ack = (answer) => socket.send(JSON.stringify({ type: 'ack', ref, data: { ok: true, ...answer } }));
      if (type === 'auth') welcome(socket);
      else if (type === 'join-room') ack({ room: data.room, users: [], seq: 0 });
      else if (type === 'room-history') ack({ messages: [], more: false });
      else if (type === 'send-message') {
        sends.push(data);
        if (count === 1) socket.close({ code: 1001 });
        else ack({ id: 'm1', seq: 1, timestamp: new Date().toISOString() });
      }
    });
    await fill(page, 'Jim');
    await connected(page);
    await page.fill('#message', 'Once only');
    await page.press('#message', 'Enter');
    await confirmed(page, 'Once only');
    assert.equal(sends.length, 2);
    assert.deepEqual(sends[0], sends[1]);
    assert.deepEqual(await texts(page), ['Once only']);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('what was missed is loaded after a loss, also when live messages come first', async () => {
    const { context, page, faults } = await visit();
    const message = (seq) => ({
      id: `m${seq}`, seq, room: 'lobby', userId: 'v', username: 'V', message: `no. ${seq}`, timestamp: new Date(2026, 0, 1, 12, 0, seq).toISOString(),
    });
    const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
    const asked = [];
    const sockets = await standIn(page, (socket, { type, ref, data }, count) => {
      const send = (frame) => socket.send(JSON.stringify(frame));
      const ack = (answer) => send({ type: 'ack', ref, data: { ok: true, ...answer } });
      if (type === 'auth') {
        welcome(socket);
        if (count === 2) send({ type: 'receive-message', data: message(9) }); // before history could be asked for
      } else if (type === 'join-room') {
        ack({ room: data.room, users: [], seq: count === 1 ? 2 : 9 });
      } else if (type === 'room-history') {
        asked.push(data);
        if (data.after === undefined) ack({ messages: range(1, 2), more: false });
        else ack({ messages: range(data.after + 1, Math.min(data.after + 4, 9)), more: data.after + 4 < 9 });
      }
    });
    await fill(page, 'Ken');
    await confirmed(page, 'no. 2');
    await sockets[0].close({ code: 4508 });
    await confirmed(page, 'no. 8');
    assert.deepEqual(await texts(page), range(1, 9).map((each) => each.message));
    assert.deepEqual(asked.map(({ after }) => after), [undefined, 2, 6]);
    assert.deepEqual(faults, []);
    await context.close();
  });
});
