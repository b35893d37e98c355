/**
 * Chromium for the tests of the pages, and what people do on them. The pages of examples/web and examples/socketio-web
 * name their parts alike, so that one set of steps serves both. With SECURECHAT_SCREENSHOTS=folder, pictures of each
 * screen are kept there.
 */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const BUILT_IN_PAGE = fileURLToPath(new URL('../../examples/web', import.meta.url));
export const PASSWORD = 'Correct1Horse';
export const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };
const READY = '#signin:not([hidden]), #chat:not([hidden])';
const PICTURES = process.env.SECURECHAT_SCREENSHOTS;

let browser;

export async function openBrowser() {
  browser = await chromium.launch({
    executablePath: process.env.SECURECHAT_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export async function closeBrowser() {
  await browser?.close();
}

/**
 * A browser of its own, as another person would have, with one page on it. `prepare(page)` runs before anything is
 * loaded, `ready` is a selector to wait for; the other options go to the browser's context.
 */
export async function visit(url, { viewport = DESKTOP, prepare = () => {}, ready = READY, ...options } = {}) {
  const context = await browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  const faults = watch(page);
  await prepare(page);
  await page.goto(url);
  await page.waitForSelector(ready);
  return { context, page, faults };
}

/** Loads the page again, until it asks who is there or knows it. */
export async function reload(page, ready = READY) {
  await page.reload();
  await page.waitForSelector(ready);
}

/** How often the page has asked for new tokens so far. */
export function countRefreshes(page) {
  const counted = { refreshes: 0 };
  page.on('request', (request) => { if (request.url().endsWith('/api/auth/refresh')) counted.refreshes += 1; });
  return counted;
}

/** Collects what must never happen on a page. */
export function watch(page) {
  const faults = [];
  page.on('pageerror', (error) => faults.push(`uncaught: ${error}`));
  page.on('console', (message) => {
    if (/Content Security Policy|violates the following/i.test(message.text())) faults.push(message.text());
  });
  return faults;
}

export async function fillRegistration(page, username) {
  await page.click('#mode-register');
  await page.fill('#username', username);
  await page.fill('#email', `${username.toLowerCase()}@example.org`);
  await page.fill('#password', PASSWORD);
  await page.click('#signin-submit');
}

export async function register(page, username) {
  await fillRegistration(page, username);
  await connected(page);
}

export async function login(page, username) {
  await page.fill('#email', `${username.toLowerCase()}@example.org`);
  await page.fill('#password', PASSWORD);
  await page.click('#signin-submit');
  await connected(page);
}

export const connected = (page, timeout = 10_000) => page.waitForSelector('#state[data-state="connected"]', { timeout });

export async function say(page, text) {
  await page.fill('#message', text);
  await page.press('#message', 'Enter');
  await confirmed(page, text);
}

export const line = (page, text, state) => page.locator(`.message${state ? `[data-state="${state}"]` : ''}`)
  .filter({ has: page.getByText(text, { exact: true }) });
export const confirmed = (page, text, timeout = 10_000) => line(page, text, 'sent').waitFor({ timeout });
export const texts = (page) => page.locator('.message .text').allTextContents();

export async function picture(page, name) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

export async function assertNoSidewaysScroll(page, where) {
  const { content, window } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth, window: document.documentElement.clientWidth,
  }));
  assert.ok(content <= window, `${where}: ${content} px of content in a window of ${window} px`);
}
