// Proxies before a server.
import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';

const closers = new Set();

export function closeProxies() {
  for (const close of closers) close();
  closers.clear();
}

// Starts a server of node's on a free port: { url }.
async function start(proxy, close) {
  closers.add(close);
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return { url: `http://127.0.0.1:${proxy.address().port}` };
}

// A reverse proxy which the test tells what to do with the headers that pass and whether WebSockets do.
// `alter(headers, path)` changes the headers of a request in place. A refused upgrade is answered with 502.
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
  return start(proxy, () => {
    proxy.close();
    proxy.closeAllConnections();
  });
}

// Relays bytes; each direction's go on in pieces of that size.
export async function startCuttingProxy(server, size) {
  const sockets = new Set();
  const relay = (from, to) => {
    let queue = Promise.resolve();
    from.on('data', (bytes) => {
      queue = queue.then(async () => {
        for (let at = 0; at < bytes.length; at += size) {
          to.write(bytes.subarray(at, at + size));
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
    });
    from.on('end', () => queue.then(() => to.end()));
    from.on('error', () => to.destroy());
  };
  const proxy = net.createServer({ noDelay: true }, (client) => {
    const upstream = net.connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, upstream]) sockets.add(socket);
    relay(client, upstream);
    relay(upstream, client);
  });
  return start(proxy, () => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
}
