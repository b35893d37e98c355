// The socket.io-client bundle below engine.path, as a Socket.IO server serves it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cleanUp, get, newFolder, newSecret, request, run, startServer } from './server.mjs';

const DIST = fileURLToPath(new URL('./node_modules/socket.io-client/dist', import.meta.url));

describe('engine.client_dir', () => {
  after(cleanUp);

  test('serves the bundle with its types, an ETag and 304', async () => {
    const server = await startServer({ set: { 'engine.client_dir': DIST } });
    for (const name of ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js', 'socket.io.msgpack.min.js', 'socket.io.js.map']) {
      const answer = await get(server, `/socket.io/${name}`);
      assert.equal(answer.status, 200, name);
      assert.equal(answer.headers['content-type'], `application/${name.endsWith('.map') ? 'json' : 'javascript'}; charset=utf-8`);
      assert.equal(answer.headers['cache-control'], 'public, max-age=0');
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      assert.equal(answer.text, await readFile(join(DIST, name), 'utf8'));
      const again = await get(server, `/socket.io/${name}`, { 'if-none-match': answer.headers.etag });
      assert.equal(again.status, 304);
      assert.equal(again.text, '');
    }
    const head = await request(server, { method: 'HEAD', path: '/socket.io/socket.io.js' });
    assert.deepEqual([head.status, head.text], [200, '']);
    const etag = `"other", W/${head.headers.etag}`;
    assert.equal((await get(server, '/socket.io/socket.io.js', { 'if-none-match': etag })).status, 304, 'a list, and a tag a proxy weakened');
    // Helmet's default keeps pages of other sites from loading it; they carry a bundle of their own.
    assert.equal(head.headers['cross-origin-resource-policy'], 'same-origin');
    assert.doesNotMatch(server.stderr(), /engine\.client_dir/, 'no warning that it has no effect');
    assert.equal((await request(server, { method: 'POST', path: '/socket.io/socket.io.js' })).status, 405);
    assert.equal((await get(server, '/socket.io/package.json')).status, 404);
    assert.equal((await get(server, '/socket.io/../socket.io/socket.io.js')).status, 200);
    assert.equal((await get(server, '/socket.io/')).status, 400, 'the endpoint itself is no file');
  });

  test('is not there without the option, and refuses a folder without the bundle', async () => {
    const server = await startServer();
    assert.equal((await get(server, '/socket.io/socket.io.js')).status, 404);
    const folder = newFolder();
    writeFileSync(join(folder, 'other.js'), '');
    const { code, stderr } = await run(['--port', '0', '--db', ':memory:', '--set', `engine.client_dir=${folder}`], {
      env: { JWT_SECRET: newSecret(), JWT_REFRESH_SECRET: newSecret() },
    });
    assert.ok(code === 1 || code === 2, `refused: ${code}`);
    assert.match(stderr, /engine\.client_dir: there is no socket\.io\.js/);
  });
});
