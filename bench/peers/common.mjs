// What the Node servers share: their command line, and the job that every server under test does.
import { readFileSync } from 'node:fs';

export function wrap(username, message) {
  return { username, message, timestamp: new Date().toISOString() };
}

function argument(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

// --cert FILE --key FILE; undefined without them.
export function tlsOptions() {
  const cert = argument('--cert');
  if (cert === undefined) return undefined;
  return { cert: readFileSync(cert), key: readFileSync(argument('--key')), minVersion: 'TLSv1.3' };
}

export function listen(http, secure) {
  http.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
    console.log(`listening on ${secure ? 'https' : 'http'}://127.0.0.1:${http.address().port}`);
  });
  process.on('SIGTERM', () => process.exit(0));
}
