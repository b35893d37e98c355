/** How the page of examples/socketio-web takes bad news: refusals, lost tokens, a network that fails. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  PASSWORD, assertNoSidewaysScroll, closeBrowser, confirmed, connected, fillRegistration, openBrowser, picture, register, visit as visitPage,
} from './browser.mjs';
import { closeProxies, startProxy } from './proxy.mjs';
import { cleanUp, expiredToken, startServer } from './server.mjs';
import { bannerText, overWebSocket, servingThePage, traffic } from './socketio_page.mjs';

let served;
let server;

before(async () => {
  await openBrowser();
  served = servingThePage();
  server = await startServer({ set: served });
});

after(async () => {
  await closeBrowser();
  closeProxies();
  await cleanUp();
});

const visit = ({ at = server.url, ...options } = {}) => visitPage(at, options);
const stopped = (page) => page.waitForSelector('#state[data-state="stopped"]');

describe('how the Socket.IO page takes bad news', { timeout: 180_000 }, () => {
  // Shows: S30
  test('a network that fails does not sign out', async () => {
    const { context, page, faults } = await visit();
    await register(page, 'Vint');
    for (const answer of [(route) => route.abort(), (route) => route.fulfill({ status: 503, json: { error: 'Server busy' } })]) {
      await page.route('**/api/auth/refresh', answer);
      await page.reload();
      await page.waitForSelector('#banner:not([hidden])');
      assert.match(await bannerText(page), /^(The server cannot be reached|Server busy)\. Trying again in \d+ s\.$/);
      assert.equal(await page.locator('#signin').isVisible(), false);
      await page.unroute('**/api/auth/refresh');
      await page.click('#banner-retry');
      await connected(page);
    }
    await page.route('**/socket.io/?**', (route) => route.abort());
    await page.reload();
    await page.waitForSelector('#banner:not([hidden])');
    await page.unroute('**/socket.io/?**');
    await connected(page);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('a session that the server ended brings the form back and says so', async () => {
    const { context, page, faults } = await visit();
    await register(page, 'Leslie');
    const refreshToken = await page.evaluate(() => JSON.parse(localStorage.getItem('securechat.session')).refreshToken);
    await page.waitForTimeout(5_000); // A socket that was just opened would wait before it asks.
    const answer = await page.request.post(`${server.url}/api/auth/logout`, { data: { refreshToken } });
    assert.equal(answer.status(), 204);
    await page.locator('#signin-error').getByText('Your session has ended').waitFor();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('the form shows its words, and so does a message', async () => {
    const { context, page, faults } = await visit();
    const error = page.locator('#signin-error');
    await page.fill('#email', 'nobody@example.org');
    await page.fill('#password', PASSWORD);
    await page.press('#password', 'Enter');
    await error.getByText('Invalid credentials').waitFor();
    await page.click('#mode-register');
    for (const [email, password, words] of [
      ['not an address', PASSWORD, 'Invalid email'],
      ['niklaus@example.org', 'lowercase1', 'Need upper and lowercase'],
    ]) {
      await page.fill('#username', 'Niklaus');
      await page.fill('#email', email);
      await page.fill('#password', password);
      await page.click('#signin-submit');
      await error.getByText(words).waitFor();
    }
    await register(page, 'Niklaus');
    await page.fill('#message', 'word '.repeat(104));
    await page.press('#message', 'Enter');
    await page.locator('.message[data-state="failed"]').getByText('Not sent: Invalid message').waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.fill('#message', 'short enough');
    await page.press('#message', 'Enter');
    await confirmed(page, 'short enough');
    await assertNoSidewaysScroll(page, 'chat');
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('another origin: it stops after one attempt, gives the reason, and does not sign out', async () => {
    const evil = (headers, path) => { if (path.startsWith('/socket.io/?')) headers.origin = 'http://evil.example'; };
    let seen;
    const { url: at } = await startProxy(server, { alter: evil });
    const { context, page, faults } = await visit({ at, prepare: (fresh) => { seen = traffic(fresh); } });
    await fillRegistration(page, 'Annie');
    await stopped(page);
    assert.match(await bannerText(page), /does not accept connections from a page at this address/);
    await page.waitForTimeout(2_500);
    assert.equal(seen.handshakes.length, 1);
    assert.ok(await page.evaluate(() => localStorage.getItem('securechat.session')));
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('a browser that does not send Sec-Fetch-Site joins, vouched for by its Referer', async () => {
    let seen;
    const { url: at } = await startProxy(server, { alter: (headers) => { delete headers['sec-fetch-site']; } });
    const { context, page, faults } = await visit({ at, prepare: (fresh) => { seen = traffic(fresh); } });
    await register(page, 'Elsewhere');
    await overWebSocket(page);
    assert.deepEqual(seen.handshakes, ['polling']);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('an expired token is replaced once, not for ever', async () => {
    let seen;
    const { context, page, faults } = await visit({ prepare: (fresh) => { seen = traffic(fresh); } });
    await page.route('**/api/auth/*', async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      await route.fulfill({ response: answer, json: { ...body, accessToken: expiredToken(body.accessToken, server.secrets.jwt) } });
    });
    await fillRegistration(page, 'Tim');
    await stopped(page);
    await page.waitForTimeout(2_500);
    assert.equal(seen.sent.filter((packet) => packet.startsWith('40{')).length, 2);
    await page.unroute('**/api/auth/*');
    await page.click('#banner-retry');
    await connected(page);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('too many connections: it waits, and says how long', async () => {
    const narrow = await startServer({ set: { ...served, 'limits.connections': 1 } });
    try {
      const { context, page, faults } = await visit({ at: narrow.url });
      await register(page, 'Ray');
      await page.reload();
      await page.waitForSelector('#banner:not([hidden])');
      const seconds = Number(/^Too many connections from here\. Trying again in (\d+) s\.$/.exec(await bannerText(page))[1]);
      assert.ok(seconds >= 20, `${seconds} s`);
      assert.deepEqual(faults, []);
      await context.close();
    } finally {
      await narrow.stop();
    }
  });

  test('a server without engine.client_dir: the page says what is missing', async () => {
    const without = await startServer({ set: { ...served, 'engine.client_dir': '' } });
    try {
      const { context, page } = await visitPage(without.url, { ready: '#missing:not([hidden])' });
      assert.match(await page.locator('#missing').textContent(), /engine\.client_dir/);
      await picture(page, 'socketio-missing');
      await context.close();
    } finally {
      await without.stop();
    }
  });
});
