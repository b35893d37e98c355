/**
 * A reverse proxy before a server, which the test tells what to do with the headers that pass and whether WebSockets do.
 * `alter(headers, path)` changes the headers of a request in place. A refused upgrade is answered with 502.
 */
import http from 'node:http';
import { once } from 'node:events';

const proxies = new Set();

export async function startProxy(server, { alter = () => {}, upgrades = true } = {}) {
  const pass = ({ method, url: path, headers }) => {
    alter(headers, path);
    return http.request({ host: '127.0.0.1', port: server.port, method, path, headers });
  };
  const proxy = http.createServer((asked, answer) => {
    const passed = pass(asked);
    passed.on('response', (given) => { answer.writeHead(given.statusCode, given.headers); given.pipe(answer); });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  proxy.on('upgrade', (asked, near, head) => {
    near.on('error', () => near.destroy());
    if (!upgrades) {
      near.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const passed = pass(asked);
    passed.on('error', () => near.destroy());
    passed.on('response', () => near.destroy());
    passed.on('upgrade', (given, far) => {
      const lines = Object.entries(given.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      near.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
      far.on('error', () => near.destroy());
      near.on('close', () => far.destroy());
      far.pipe(near);
      near.pipe(far);
    });
    passed.end(head);
  });
  proxies.add(proxy);
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return { url: `http://127.0.0.1:${proxy.address().port}` };
}

export function closeProxies() {
  for (const proxy of proxies) {
    proxy.close();
    proxy.closeAllConnections();
  }
  proxies.clear();
}
