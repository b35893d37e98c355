/** The page of examples/socketio-web in a real browser: the official Socket.IO client, served by the server itself. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  PASSWORD, PHONE, assertNoSidewaysScroll, closeBrowser, confirmed, connected, countRefreshes, line, login, openBrowser, picture, register,
  say, texts, visit as visitPage, watch,
} from './browser.mjs';
import { closeProxies, startProxy } from './proxy.mjs';
import { cleanUp, startServer } from './server.mjs';
import { CLIENT, EXAMPLE, overWebSocket, servingThePage, traffic } from './socketio_page.mjs';

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

describe('the Socket.IO page', { timeout: 180_000 }, () => {
  test('two people register, talk, upgrade to WebSocket, reload, and sign out', async () => {
    let seen;
    const ada = await visit({ prepare: (page) => { seen = traffic(page); } });
    const grace = await visit({ viewport: PHONE, colorScheme: 'dark', isMobile: true, hasTouch: true });
    await picture(ada.page, 'socketio-sign-in');
    await register(ada.page, 'Ada');
    await register(grace.page, 'Grace');
    await ada.page.locator('#people').getByText('Ada, Grace').waitFor();
    for (const { page } of [ada, grace]) await overWebSocket(page);
    assert.deepEqual(seen.handshakes, ['polling'], 'one session, begun with long-polling');
    assert.equal(seen.webSockets, 1);

    const talk = [
      [grace, ada, 'Is this the official client?'],
      [ada, grace, 'The very same. It began with long-polling and is on a WebSocket by now.'],
      [grace, ada, 'And what I type is only text?'],
      [ada, grace, '<img src=x onerror="window.broken = 1"> <script>window.broken = 1</script>'],
      [grace, ada, '&lt; is not < and &amp;lt; is neither: \' " / \\ ` &'],
      [ada, grace, 'Grüße 👋 مرحبا'],
    ];
    for (const [from, to, text] of talk) {
      await say(from.page, text);
      await confirmed(to.page, text);
    }
    const expected = talk.map(([, , text]) => text);
    for (const { page } of [ada, grace]) {
      assert.deepEqual(await texts(page), expected);
      assert.equal(await page.locator('.message script, .message img').count(), 0);
      assert.equal(await page.evaluate(() => window.broken), undefined);
    }
    for (const colorScheme of ['light', 'dark']) {
      for (const [name, { page }] of [['desktop', ada], ['phone', grace]]) {
        await page.emulateMedia({ colorScheme });
        await picture(page, `socketio-chat-${name}-${colorScheme}`);
      }
    }

    await ada.page.reload();
    await confirmed(ada.page, expected.at(-1));
    assert.deepEqual(await texts(ada.page), expected, 'the history of the room, once');
    await ada.page.click('#sign-out');
    await ada.page.waitForSelector('#signin:not([hidden])');
    assert.equal(await ada.page.evaluate(() => localStorage.length), 0);
    await grace.page.locator('.notice').getByText('Ada left').last().waitFor();
    await login(ada.page, 'Ada');
    await confirmed(ada.page, expected.at(-1));

    assert.deepEqual([...ada.faults, ...grace.faults], []);
    await ada.context.close();
    await grace.context.close();
  });

  for (const [what, prepare, proxy] of [
    ['there is none in the browser', (page) => page.addInitScript(() => { delete window.WebSocket; })],
    ['its constructor throws', (page) => page.addInitScript(() => { window.WebSocket = class { constructor() { throw new Error('no'); } }; })],
    ['a proxy refuses it', () => {}, { upgrades: false }],
  ]) {
    test(`without WebSocket (${what}) it goes on over long-polling`, async () => {
      const name = what.split(' ').join('');
      const { url: at } = proxy ? await startProxy(server, proxy) : server;
      const { context, page, faults } = await visit({ at, prepare });
      const other = await visit();
      await register(page, name);
      await register(other.page, `${name}2`);
      await say(page, `${name}: over polling`);
      await confirmed(other.page, `${name}: over polling`);
      await say(other.page, `${name}: and back`);
      await confirmed(page, `${name}: and back`);
      await page.waitForTimeout(1_000);
      assert.equal(await page.locator('#state').getAttribute('data-transport'), 'polling');
      assert.equal(await page.locator('#banner').isVisible(), false);
      assert.deepEqual([...faults, ...other.faults], []);
      await context.close();
      await other.context.close();
    });
  }

  test('a restart of the server: the page comes back by itself and the server recovers its session', async () => {
    let seen;
    const alan = await visit({ prepare: (page) => { seen = traffic(page); } });
    const john = await visit();
    await register(alan.page, 'Alan');
    await register(john.page, 'John');
    await say(john.page, 'Before the restart');
    await confirmed(alan.page, 'Before the restart');
    for (const { page } of [alan, john]) await overWebSocket(page);

    seen.sent.length = 0;
    await server.stop();
    await alan.page.waitForSelector('#banner:not([hidden])');
    await alan.page.fill('#message', 'Typed while the server was away');
    await alan.page.press('#message', 'Enter');
    await line(alan.page, 'Typed while the server was away', 'pending').waitFor();
    await picture(alan.page, 'socketio-connection-lost');
    await server.restart();

    for (const { page } of [alan, john]) {
      await connected(page, 40_000);
      await confirmed(page, 'Typed while the server was away');
    }
    await say(john.page, 'Welcome back');
    await confirmed(alan.page, 'Welcome back');
    for (const { page } of [alan, john]) {
      assert.deepEqual((await texts(page)).slice(-3), ['Before the restart', 'Typed while the server was away', 'Welcome back']);
      assert.equal(await page.locator('#banner').isVisible(), false);
    }
    assert.ok(seen.sent.some((packet) => /^40\{.*"pid":/.test(packet)), 'it asked to be recovered');
    assert.ok(!seen.sent.some((packet) => packet.includes('room-history')), 'it was: there was no need to read history');
    assert.deepEqual([...alan.faults, ...john.faults], []);
    await alan.context.close();
    await john.context.close();
  });

  test('an access token that expires is replaced, on the live socket and before a new one', async () => {
    const brief = await startServer({ set: { ...served, 'auth.jwt_expires_in': '7s' } });
    try {
      let seen;
      const { context, page, faults } = await visit({ at: brief.url, prepare: (fresh) => { seen = traffic(fresh); } });
      const counted = countRefreshes(page);
      await register(page, 'Radia');
      await say(page, 'With the first token');
      await page.waitForTimeout(9_000);
      await say(page, 'With a later token');
      assert.equal(await page.locator('#signin').isVisible(), false);
      assert.deepEqual(seen.handshakes, ['polling'], 'the socket was never lost');
      assert.ok(seen.sent.some((packet) => packet.includes('refresh-auth')));
      assert.ok(counted.refreshes >= 1 && counted.refreshes <= 4, `${counted.refreshes} new tokens in 9 s`);

      // A page that slept: the server ends the socket with the token, and a new token brings it back.
      await page.route('**/api/auth/refresh', (route) => route.abort());
      await page.waitForSelector('#banner:not([hidden])', { timeout: 20_000 });
      await page.unroute('**/api/auth/refresh');
      await connected(page, 20_000);
      await say(page, 'After the expiry');
      assert.deepEqual(await texts(page), ['With the first token', 'With a later token', 'After the expiry']);
      assert.deepEqual(faults, []);
      await context.close();
    } finally {
      await brief.stop();
    }
  });

  test('two tabs do not fight over the refresh token; signing out in one ends both', async () => {
    const strict = await startServer({ set: { ...served, 'auth.refresh_rotation': 'strict' } });
    try {
      const { context, page, faults } = await visit({ at: strict.url });
      await register(page, 'Margaret');
      const second = await context.newPage();
      const more = watch(second);
      await second.goto(strict.url);
      await connected(second);
      for (let round = 0; round < 3; round += 1) {
        await Promise.all([page.reload(), second.reload()]); // both refresh the one stored token
        await Promise.all([connected(page), connected(second)]);
      }
      await say(second, 'From the second tab');
      await confirmed(page, 'From the second tab');
      await page.click('#sign-out');
      await second.waitForSelector('#signin:not([hidden])');
      assert.deepEqual([...faults, ...more], []);
      await context.close();
    } finally {
      await strict.stop();
    }
  });

  test('a tab that sees late what another one stored has its turn after that', async () => {
    const strict = await startServer({ set: { ...served, 'auth.refresh_rotation': 'strict' } });
    try {
      const { context, page, faults } = await visit({ at: strict.url });
      await register(page, 'Hedy');
      const second = await context.newPage();
      const more = watch(second);
      await second.addInitScript(() => {
        const { getItem, setItem } = Storage.prototype;
        let late = null;
        addEventListener('storage', ({ key, oldValue }) => {
          late = { key, oldValue };
          setTimeout(() => { late = null; }, 100);
        }, { capture: true });
        Storage.prototype.getItem = function get(key) { return late?.key === key ? late.oldValue : getItem.call(this, key); };
        Storage.prototype.setItem = function set(key, value) { late = null; setItem.call(this, key, value); };
      });
      await second.goto(strict.url);
      await connected(second);

      let open;
      const gate = new Promise((resolve) => { open = resolve; });
      await page.route('**/api/auth/refresh', async (route) => { await gate; await route.continue(); });
      const asked = page.waitForRequest('**/api/auth/refresh');
      await page.reload();
      await asked;
      await second.reload();
      await second.waitForTimeout(500); // By now it waits for its turn.
      open();
      await Promise.all([connected(page), connected(second)]);
      assert.deepEqual([...faults, ...more], []);
      await context.close();
    } finally {
      await strict.stop();
    }
  });
});

describe('for everybody', { timeout: 60_000 }, () => {
  test('keyboard only: sign in, send, reach every part', async () => {
    const first = await visit();
    await register(first.page, 'Katherine');
    await first.context.close();
    const { context, page, faults } = await visit();
    const { keyboard } = page;
    await keyboard.type('katherine@example.org');
    await keyboard.press('Tab');
    await keyboard.type(PASSWORD);
    await keyboard.press('Enter');
    await connected(page);
    await keyboard.type('Typed without a mouse');
    await keyboard.press('Shift+Enter');
    await keyboard.type('on two lines');
    await keyboard.press('Enter');
    await confirmed(page, 'Typed without a mouse\non two lines');
    const seen = new Set();
    for (let step = 0; step < 12; step += 1) {
      await keyboard.press('Tab');
      const { id, outlined } = await page.evaluate(() => {
        const { activeElement: active } = document;
        return { id: active.id || active.className, outlined: getComputedStyle(active).outlineStyle !== 'none' };
      });
      if (id) assert.ok(outlined, `${id} shows no focus`);
      seen.add(id);
    }
    for (const id of ['sign-out', 'scroller', 'message', 'primary send']) assert.ok(seen.has(id), `${id} is reached; reached: ${[...seen]}`);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('nothing scrolls sideways at 360 px', async () => {
    const { context, page, faults } = await visit({ viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true });
    await assertNoSidewaysScroll(page, 'sign in');
    await register(page, `Wolfeschlegelsteinhausenbergerdorff${'f'.repeat(20)}`);
    await say(page, `https://example.org/${'a'.repeat(200)}`);
    await assertNoSidewaysScroll(page, 'chat');
    await picture(page, 'socketio-phone-360');
    assert.deepEqual(faults, []);
    await context.close();
  });
});

test('the page is tested with the client that it asks npm for', () => {
  const { dependencies } = JSON.parse(readFileSync(join(EXAMPLE, 'package.json'), 'utf8'));
  const { packages } = JSON.parse(readFileSync(join(EXAMPLE, 'package-lock.json'), 'utf8'));
  const { version } = JSON.parse(readFileSync(join(CLIENT, 'package.json'), 'utf8'));
  assert.equal(dependencies['socket.io-client'], version);
  assert.equal(packages['node_modules/socket.io-client'].version, version);
});
