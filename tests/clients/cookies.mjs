// A browser's cookie jar for the tests of auth.cookies: what Set-Cookie says, and what goes back with a request.
import { post, request } from './http.mjs';

export const ACCESS = '__Host-securechat';
export const REFRESH = '__Host-securechat-refresh';

// { value, attributes } of each cookie that an answer sets, by its name.
export function cookiesOf(answer) {
  return new Map((answer.headers['set-cookie'] ?? []).map((line) => {
    const [pair, ...attributes] = line.split('; ');
    const equals = pair.indexOf('=');
    return [pair.slice(0, equals), { value: pair.slice(equals + 1), attributes }];
  }));
}

// A page of an origin: its jar, its CSRF token, and requests as a browser would send them.
export class Page {
  jar = new Map();
  csrfToken = undefined;

  constructor(server, origin = server.origin) {
    this.server = server;
    this.origin = origin;
  }

  get cookie() {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  // What a browser sends along: its cookies, and its origin except on a GET of the same origin.
  headers(method = 'POST', more = {}) {
    const from = method === 'GET' ? { 'Sec-Fetch-Site': 'same-origin', Host: new URL(this.origin).host } : { Origin: this.origin };
    const all = { ...from, ...(this.cookie ? { Cookie: this.cookie } : {}), ...more };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  keep(answer) {
    for (const [name, { value, attributes }] of cookiesOf(answer)) {
      if (attributes.includes('Max-Age=0')) this.jar.delete(name);
      else this.jar.set(name, value);
    }
    if (answer.body?.csrfToken) this.csrfToken = answer.body.csrfToken;
    return answer;
  }

  async post(path, body = {}, more = {}) {
    return this.keep(await post(this.server, path, body, this.headers('POST', { 'X-CSRF-Token': this.csrfToken, ...more })));
  }

  async get(path, more = {}) {
    return this.keep(await request(this.server, { path, headers: this.headers('GET', more) }));
  }

  // Another tab of the same browser: the same cookies, nothing in memory.
  tab() {
    const other = new Page(this.server, this.origin);
    other.jar = new Map(this.jar);
    return other;
  }
}
