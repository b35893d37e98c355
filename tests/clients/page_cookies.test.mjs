/** The built-in page in a real browser, with auth.cookies: over http://localhost, which browsers take for secure, and over TLS. */

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { BUILT_IN_PAGE, closeBrowser, confirmed, connected, countRefreshes, login, openBrowser, register, reload, say, visit } from './browser.mjs';
import { ACCESS, REFRESH } from './cookies.mjs';
import { cleanUp, ROOMY, startServer } from './server.mjs';
import { withCertificate } from './raw.mjs';

const SERVED = { ...ROOMY, 'http.static_dir': BUILT_IN_PAGE, 'origin.allowed': '', 'auth.cookies': 'on' };

before(openBrowser);
after(async () => {
  await closeBrowser();
  await cleanUp();
});

const cookiesIn = async (context) => (await context.cookies()).map(({ name, httpOnly, secure, sameSite }) => ({ name, httpOnly, secure, sameSite }));
const BOTH = [ACCESS, REFRESH].map((name) => ({ name, httpOnly: true, secure: true, sameSite: 'Strict' }));

describe('the page with cookies', { timeout: 120_000 }, () => {
  for (const [where, more] of [['http://localhost', {}], ['https://localhost', withCertificate()]]) {
    // Shows: R36 S29
    test(`register, talk, reload, a second tab, sign out: ${where}`, async () => {
      const server = await startServer({ set: { ...SERVED, ...more } });
      const at = `${where}:${server.port}/`;
      const { context, page, faults } = await visit(at, { ignoreHTTPSErrors: true });
      await register(page, 'Ada');
      assert.deepEqual((await cookiesIn(context)).sort((a, b) => a.name.localeCompare(b.name)), BOTH);
      const seen = await page.evaluate(() => JSON.stringify({ cookie: document.cookie, local: { ...localStorage }, session: { ...sessionStorage } }));
      for (const { value } of await context.cookies()) assert.ok(!seen.includes(value), 'no script sees a token');
      assert.doesNotMatch(seen, /csrf/i);
      await say(page, 'Hello');

      // A reload, and a tab that was just opened, know nothing but the cookies.
      await reload(page);
      await connected(page);
      await confirmed(page, 'Hello');
      const tab = await context.newPage();
      await tab.goto(at);
      await connected(tab);
      await confirmed(tab, 'Hello');

      // Without the access cookie, as after its life, the refresh cookie carries on.
      await context.clearCookies({ name: ACCESS });
      const counted = countRefreshes(page);
      await reload(page);
      await connected(page);
      assert.equal(counted.refreshes, 1);
      assert.deepEqual((await cookiesIn(context)).length, 2);

      // The same user signs in anew in one tab: the CSRF token of the other is of the session before.
      await tab.evaluate(async () => {
        const { Session } = await import('./api.js');
        await new Session().enter('login', { email: 'ada@example.org', password: 'Correct1Horse' });
      });
      await context.setOffline(true);
      await context.setOffline(false);
      await page.evaluate(() => dispatchEvent(new Event('online')));
      await say(page, 'Still here');
      await confirmed(tab, 'Still here');

      await page.click('#sign-out');
      await page.waitForSelector('#signin:not([hidden])');
      await tab.waitForSelector('#signin:not([hidden])');
      await page.waitForFunction(() => localStorage.length === 0);
      for (let i = 0; i < 50 && (await context.cookies()).length > 0; i += 1) await page.waitForTimeout(50);
      assert.deepEqual(await context.cookies(), []);
      await login(page, 'Ada');
      assert.deepEqual(faults, []);
      await context.close();
      await server.stop();
    });
  }

  test('a token that ends is replaced without a word', async () => {
    const server = await startServer({ set: { ...SERVED, 'auth.jwt_expires_in': '6s' } });
    const { context, page, faults } = await visit(`http://localhost:${server.port}/`);
    await register(page, 'Grace');
    const counted = countRefreshes(page);
    await page.waitForTimeout(8_000);
    await connected(page);
    await say(page, 'Nobody asked for my password');
    assert.ok(counted.refreshes >= 1 && counted.refreshes < 8, String(counted.refreshes));
    assert.deepEqual(faults, []);
    await context.close();
    await server.stop();
  });

  // Shows: R1 R37 R38
  test('a page of another site gets nowhere with its visitor\'s cookies', async () => {
    const server = await startServer({ set: SERVED });
    const foreign = http.createServer((asked, answer) => answer.setHeader('Content-Type', 'text/html').end('<p>evil</p>'));
    await new Promise((listening) => { foreign.listen(0, '127.0.0.1', listening); });
    const { context, page } = await visit(`http://localhost:${server.port}/`);
    await register(page, 'Edsger');
    const evil = await context.newPage();
    await evil.goto(`http://localhost:${foreign.address().port}/`); // another port is the same site: the cookies are sent along
    const told = await evil.evaluate(async (at) => {
      const read = await fetch(`${at}/api/auth/csrf`, { credentials: 'include' }).then((answer) => answer.status, () => 'unreadable');
      const simple = await fetch(`${at}/api/auth/logout-all`, { method: 'POST', mode: 'no-cors', credentials: 'include' }).then(() => 'sent', () => 'refused');
      const json = await fetch(`${at}/api/auth/logout-all`, { method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' }, body: '{}' })
        .then((answer) => answer.status, () => 'unreadable');
      const code = await new Promise((resolve) => {
        const socket = new WebSocket(`${at.replace('http', 'ws')}/ws`, 'securechat.v1');
        socket.onopen = () => socket.send('{"type":"auth"}');
        socket.onclose = (event) => resolve(event.code);
        setTimeout(() => resolve('no close'), 5_000);
      });
      return { read, simple, json, code };
    }, `http://localhost:${server.port}`);
    // What was sent without asking came to an answer that Cross-Origin-Resource-Policy keeps from the page.
    assert.deepEqual(told, { read: 'unreadable', simple: 'refused', json: 'unreadable', code: 4403 });
    await say(page, 'Unharmed');
    await reload(page);
    await connected(page);
    await context.close();
    await server.stop();
    foreign.closeAllConnections();
    foreign.close();
  });
});
