/**
 * The chat page in a real browser, against the real server: what a newcomer does in the first ten minutes.
 *
 * Every page is watched for errors: a line of the Content-Security-Policy kind or an uncaught exception fails the test
 * it happens in.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  BUILT_IN_PAGE, PASSWORD, PHONE, assertNoSidewaysScroll, closeBrowser, confirmed, connected, countRefreshes, line, login, openBrowser, picture, register,
  say, texts, visit as visitPage, watch,
} from './browser.mjs';
import { cleanUp, ROOMY, startServer } from './server.mjs';

/** The page comes from the server itself, so the only origin allowed is the server's own. */
const SERVED = { ...ROOMY, 'http.static_dir': BUILT_IN_PAGE, 'origin.allowed': '' };

let server;

before(async () => {
  await openBrowser();
  server = await startServer({ set: SERVED });
});

after(async () => {
  await closeBrowser();
  await cleanUp();
});

const visit = ({ at = server.url, ...options } = {}) => visitPage(at, options);

describe('the chat page', { timeout: 180_000 }, () => {
  test('two people register, talk both ways, reload, and sign out', async () => {
    const ada = await visit();
    const grace = await visit({ viewport: PHONE, colorScheme: 'dark', isMobile: true, hasTouch: true });
    await picture(ada.page, 'sign-in');
    await register(ada.page, 'Ada');
    await register(grace.page, 'Grace');
    await ada.page.locator('#people-list').getByText('Grace').waitFor();

    const talk = [
      [grace, ada, 'Good morning! The new server is up.'],
      [ada, grace, 'It is quick. Where do the messages live?'],
      [grace, ada, 'In SQLite. An acknowledgement comes after the commit, so what you see as sent is stored.'],
      [ada, grace, 'And if I type <script>alert(1)</script>?'],
      [grace, ada, 'Then I read exactly that. Text stays text.'],
      [ada, grace, 'Restart it, I want to see the history come back.'],
    ];
    for (const [from, to, text] of talk) {
      await say(from.page, text);
      await confirmed(to.page, text);
    }
    for (const colorScheme of ['light', 'dark']) {
      for (const [name, { page }] of [['desktop', ada], ['phone', grace]]) {
        await page.emulateMedia({ colorScheme });
        await picture(page, `chat-${name}-${colorScheme}`);
      }
    }

    // What looks like markup, an entity or an escaped entity is shown as it was typed, on both sides.
    const awkward = [
      '<img src=x onerror="alert(1)">', '&lt; is not < and &amp;lt; is neither',
      '\' " / \\ ` & &#x27;', 'Grüße 👋 مرحبا',
    ];
    for (const text of awkward) {
      await say(ada.page, text);
      await confirmed(grace.page, text);
    }
    const expected = [...talk.map(([, , text]) => text), ...awkward];
    assert.deepEqual(await texts(ada.page), expected);
    assert.deepEqual(await texts(grace.page), expected);
    assert.equal(await ada.page.locator('.message script, .message img').count(), 0);

    // A reload continues without asking for the password, and history is not doubled.
    await ada.page.reload();
    await connected(ada.page);
    await confirmed(ada.page, awkward.at(-1));
    assert.deepEqual(await texts(ada.page), expected);
    assert.equal(await ada.page.locator('#me').textContent(), 'Ada');

    // Signing out removes what was stored and brings the form back; a reload does not sign in again.
    await ada.page.click('#sign-out');
    await ada.page.waitForSelector('#signin:not([hidden])');
    assert.equal(await ada.page.evaluate(() => localStorage.length), 0);
    await grace.page.locator('.notice').getByText('Ada left').last().waitFor();
    await ada.page.reload();
    await ada.page.waitForSelector('#signin:not([hidden])');
    assert.equal(await ada.page.locator('#chat').isVisible(), false);

    assert.deepEqual([...ada.faults, ...grace.faults], []);
    await ada.context.close();
    await grace.context.close();
  });

  test('rooms: join, unread mark, leave', async () => {
    const edsger = await visit();
    const barbara = await visit();
    await register(edsger.page, 'Edsger');
    await register(barbara.page, 'Barbara');
    for (const { page } of [edsger, barbara]) {
      await page.fill('#join-name', 'planning');
      await page.press('#join-name', 'Enter');
      await page.locator('#room-name', { hasText: /^planning$/ }).waitFor();
    }
    await say(edsger.page, 'Only in planning');
    await confirmed(barbara.page, 'Only in planning');
    await edsger.page.locator('.room-choice', { hasText: 'lobby' }).click();
    assert.equal(await line(edsger.page, 'Only in planning').count(), 0);
    await say(barbara.page, 'Are you still there?');
    await edsger.page.locator('.room-choice .unread').getByText('1').waitFor();
    await edsger.page.locator('.room-choice', { hasText: 'planning' }).click();
    await confirmed(edsger.page, 'Are you still there?');
    assert.equal(await edsger.page.locator('.room-choice .unread').count(), 0);

    // A reload finds the rooms of this tab again.
    await barbara.page.reload();
    await connected(barbara.page);
    await confirmed(barbara.page, 'Are you still there?');

    await edsger.page.click('#leave');
    await edsger.page.locator('#room-name', { hasText: /^lobby$/ }).waitFor();
    assert.equal(await edsger.page.locator('.room-choice').count(), 1);
    await barbara.page.locator('.notice').getByText('Edsger left').waitFor();
    assert.deepEqual([...edsger.faults, ...barbara.faults], []);
    await edsger.context.close();
    await barbara.context.close();
  });

  test('earlier messages come in pages, in order, each once', async () => {
    const { context, page, faults } = await visit();
    await register(page, 'Donald');
    await page.fill('#join-name', 'scrollback');
    await page.press('#join-name', 'Enter');
    await page.locator('#room-name', { hasText: /^scrollback$/ }).waitFor();
    const all = Array.from({ length: 70 }, (_, index) => `line ${index + 1}`);
    for (const text of all) {
      await page.fill('#message', text);
      await page.press('#message', 'Enter');
    }
    await confirmed(page, 'line 70', 20_000);
    await page.reload();
    await confirmed(page, 'line 70');
    assert.equal((await texts(page)).length, 50);
    await page.click('#earlier');
    await confirmed(page, 'line 1');
    assert.deepEqual(await texts(page), all);
    assert.equal(await page.locator('#earlier').isVisible(), false);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('a message the server refuses shows the reason, and can be edited', async () => {
    const { context, page, faults } = await visit();
    await register(page, 'Frances');
    const tooLong = 'word '.repeat(104).trim(); // 519 units
    await page.fill('#message', tooLong);
    assert.match(await page.locator('#counter').textContent(), /^519 \/ 500/);
    await page.press('#message', 'Enter');
    const failed = page.locator('.message[data-state="failed"]');
    await failed.getByText('Not sent: Invalid message').waitFor();
    await picture(page, 'message-refused');
    await failed.getByRole('button', { name: 'Retry' }).click();
    await failed.getByText('Not sent: Invalid message').waitFor();
    await failed.getByRole('button', { name: 'Edit' }).click();
    assert.equal(await page.inputValue('#message'), tooLong);
    assert.equal(await failed.count(), 0);
    await page.fill('#message', 'short enough');
    await page.press('#message', 'Enter');
    await confirmed(page, 'short enough');
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('the form shows the server’s words', async () => {
    const { context, page, faults } = await visit();
    const error = page.locator('#signin-error');
    await page.fill('#email', 'nobody@example.org');
    await page.fill('#password', PASSWORD);
    await page.press('#password', 'Enter');
    await error.getByText('Invalid credentials').waitFor();
    await page.click('#mode-register');
    assert.equal(await error.textContent(), '');
    for (const [username, email, password, words] of [
      ['Niklaus', 'not an address', PASSWORD, 'Invalid email'],
      ['Niklaus', 'niklaus@example.org', 'Short1', 'Password min 8 chars'],
      ['Niklaus', 'niklaus@example.org', 'lowercase1', 'Need upper and lowercase'],
      ['Niklaus', 'niklaus@example.org', 'NoDigitsHere', 'Need number'],
      ['<b>Niklaus</b>', 'niklaus@example.org', PASSWORD, 'Invalid username'],
    ]) {
      await page.fill('#username', username);
      await page.fill('#email', email);
      await page.fill('#password', password);
      await page.click('#signin-submit');
      await error.getByText(words).waitFor();
    }
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('too many attempts: the page says when to try again', async () => {
    const strict = await startServer({ set: { ...SERVED, 'limits.auth_attempts': 2 } });
    try {
      const { context, page } = await visit({ at: strict.url });
      const words = [];
      for (let attempt = 0; attempt < 3; attempt += 1) {
        await page.fill('#email', 'nobody@example.org');
        await page.fill('#password', PASSWORD);
        await page.click('#signin-submit');
        await page.waitForSelector('#signin-error:not(:empty)');
        words.push(await page.locator('#signin-error').textContent());
      }
      assert.match(words[1], /^Invalid credentials/);
      assert.match(words[2], /^Too many attempts\. Try again in \d+ (seconds?|minutes), at /);
      await context.close();
    } finally {
      await strict.stop();
    }
  });

  test('keyboard only: sign in, send, reach every part', async () => {
    const first = await visit();
    await register(first.page, 'Katherine');
    await first.context.close();

    const { context, page, faults } = await visit();
    const { keyboard } = page;
    const focused = () => page.evaluate(() => document.activeElement.id);
    assert.equal(await focused(), 'email');
    await keyboard.type('katherine@example.org');
    await keyboard.press('Tab');
    assert.equal(await focused(), 'password');
    await keyboard.type(PASSWORD);
    await keyboard.press('Enter');
    await connected(page);
    assert.equal(await focused(), 'message');
    await keyboard.type('Typed without a mouse');
    await keyboard.press('Shift+Enter');
    await keyboard.type('on two lines');
    await keyboard.press('Enter');
    await confirmed(page, 'Typed without a mouse\non two lines');
    assert.equal(await focused(), 'message');

    // Once around: each control comes by, and each shows where the focus is.
    const seen = new Set();
    for (let step = 0; step < 20; step += 1) {
      await keyboard.press('Tab');
      const { id, outlined } = await page.evaluate(() => {
        const { activeElement: active } = document;
        return { id: active.id || active.className, outlined: getComputedStyle(active).outlineStyle !== 'none' };
      });
      if (id) assert.ok(outlined, `${id} shows no focus`);
      seen.add(id);
    }
    for (const id of ['room-choice', 'join-name', 'sign-out', 'scroller', 'message', 'primary send']) {
      assert.ok(seen.has(id), `${id} cannot be reached with the Tab key; reached: ${[...seen].join(', ')}`);
    }
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('nothing scrolls sideways at 360 px', async () => {
    const { context, page, faults } = await visit({ viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true });
    await assertNoSidewaysScroll(page, 'sign in');
    await page.click('#mode-register');
    await assertNoSidewaysScroll(page, 'create account');
    await register(page, `Wolfeschlegelsteinhausenbergerdorff${'f'.repeat(20)}`);
    await say(page, 'unbroken'.repeat(40));
    await say(page, `https://example.org/${'a'.repeat(200)}`);
    await assertNoSidewaysScroll(page, 'chat');
    assert.ok(await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.getElementById('scroller');
      return scrollWidth <= clientWidth;
    }), 'the message list scrolls sideways');
    await page.click('#side-open');
    await page.locator('#sign-out').waitFor();
    await assertNoSidewaysScroll(page, 'side panel');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'side-open');
    await picture(page, 'phone-360');
    assert.deepEqual(faults, []);
    await context.close();
  });

  test('a restart of the server: the page comes back by itself, with everything', async () => {
    const alan = await visit();
    const john = await visit();
    await register(alan.page, 'Alan');
    await register(john.page, 'John');
    await say(alan.page, 'Before the restart');
    await confirmed(john.page, 'Before the restart');

    await server.stop();
    await alan.page.waitForSelector('#banner:not([hidden])');
    await alan.page.fill('#message', 'Typed while the server was away');
    await alan.page.press('#message', 'Enter');
    await line(alan.page, 'Typed while the server was away', 'pending').waitFor();
    await picture(alan.page, 'connection-lost');
    await server.restart();

    await connected(alan.page, 40_000);
    await connected(john.page, 40_000);
    await confirmed(alan.page, 'Typed while the server was away');
    await confirmed(john.page, 'Typed while the server was away');
    await say(john.page, 'Welcome back');
    await confirmed(alan.page, 'Welcome back');
    for (const { page } of [alan, john]) {
      const tail = (await texts(page)).slice(-3);
      assert.deepEqual(tail, ['Before the restart', 'Typed while the server was away', 'Welcome back']);
    }
    assert.equal(await alan.page.locator('#banner').isVisible(), false);
    assert.deepEqual([...alan.faults, ...john.faults], []);
    await alan.context.close();
    await john.context.close();
  });

  test('an access token that expires is replaced, and nobody notices', async () => {
    const brief = await startServer({ set: { ...SERVED, 'auth.jwt_expires_in': '7s' } });
    try {
      const { context, page, faults } = await visit({ at: brief.url });
      const counted = countRefreshes(page);
      await register(page, 'Radia');
      await say(page, 'With the first token');
      await page.waitForTimeout(9_000);
      await connected(page);
      await say(page, 'With a later token');
      assert.deepEqual(await texts(page), ['With the first token', 'With a later token']);
      assert.ok(counted.refreshes >= 1 && counted.refreshes <= 4, `${counted.refreshes} new tokens in 9 s`);
      await page.reload();
      await confirmed(page, 'With a later token');
      assert.deepEqual(faults, []);
      await context.close();
    } finally {
      await brief.stop();
    }
  });

  test('two tabs share a session; signing out in one ends both', async () => {
    const { context, page, faults } = await visit();
    await register(page, 'Margaret');
    const second = await context.newPage();
    const more = watch(second);
    await second.goto(server.url);
    await connected(second);
    await say(second, 'From the second tab');
    await confirmed(page, 'From the second tab');
    await Promise.all([page.reload(), second.reload()]); // both refresh the one stored token
    await Promise.all([connected(page), connected(second)]);
    await page.click('#sign-out');
    await second.waitForSelector('#signin:not([hidden])');
    assert.deepEqual([...faults, ...more], []);
    await context.close();
  });

  // Shows: S30
  test('a network that fails does not sign out', async () => {
    const { context, page, faults } = await visit();
    await register(page, 'Vint');
    await page.route('**/api/auth/refresh', (route) => route.abort());
    await page.reload();
    await page.waitForSelector('#banner:not([hidden])');
    assert.equal(await page.locator('#signin').isVisible(), false);
    await page.unroute('**/api/auth/refresh');
    await page.click('#banner-retry');
    await connected(page);
    assert.deepEqual(faults, []);
    await context.close();
  });
});

describe('signing in again', { timeout: 60_000 }, () => {
  test('the same account from another browser sees the same history', async () => {
    const first = await visit();
    await register(first.page, 'Hedy');
    await say(first.page, 'Written on the first machine');
    await first.context.close();
    const second = await visit({ viewport: PHONE });
    await login(second.page, 'Hedy');
    await confirmed(second.page, 'Written on the first machine');
    assert.deepEqual([...first.faults, ...second.faults], []);
    await second.context.close();
  });
});
