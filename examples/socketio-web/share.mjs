// Puts the modules that this page has in common with examples/web below the folder that is served: public/shared, or the
// folder named as argument. `npm ci` runs it.
import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SHARED = ['api.js', 'dom.js', 'favicon.svg', 'history.js', 'log.js', 'rooms.js', 'signin.js', 'style.css', 'text.js'];

const from = new URL('../web/', import.meta.url);
const to = process.argv[2] ?? fileURLToPath(new URL('public/shared', import.meta.url));
mkdirSync(to, { recursive: true });
for (const name of SHARED) copyFileSync(new URL(name, from), `${to}/${name}`);
