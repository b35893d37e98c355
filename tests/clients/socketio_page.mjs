/** The page of examples/socketio-web for the tests: put together, served, and watched. */

import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOMY, newFolder } from './server.mjs';

export const EXAMPLE = fileURLToPath(new URL('../../examples/socketio-web', import.meta.url));
export const CLIENT = fileURLToPath(new URL('./node_modules/socket.io-client', import.meta.url));

/** The options of a server that serves the page, in a folder put together as `npm ci` does it, but aside. */
export function servingThePage() {
  const folder = newFolder();
  cpSync(join(EXAMPLE, 'public'), folder, { recursive: true, filter: (path) => !path.endsWith('/shared') });
  execFileSync(process.execPath, [join(EXAMPLE, 'share.mjs'), join(folder, 'shared')]);
  return { ...ROOMY, 'http.static_dir': folder, 'engine.client_dir': join(CLIENT, 'dist'), 'origin.allowed': '' };
}

/** What a page asks of the Engine.IO endpoint: handshakes by transport, and every packet it sends. */
export function traffic(page) {
  const seen = { handshakes: [], sent: [], webSockets: 0 };
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname !== '/socket.io/') return;
    if (!url.searchParams.has('sid')) seen.handshakes.push(url.searchParams.get('transport'));
    if (request.method() === 'POST') seen.sent.push(...request.postData().split('\x1e'));
  });
  page.on('websocket', (socket) => {
    seen.webSockets += 1;
    if (!new URL(socket.url()).searchParams.has('sid')) seen.handshakes.push('websocket');
    socket.on('framesent', ({ payload }) => seen.sent.push(String(payload)));
  });
  return seen;
}

export const overWebSocket = (page) => page.waitForSelector('#state[data-transport="websocket"]', { timeout: 10_000 });
export const bannerText = (page) => page.locator('#banner-text').textContent();
