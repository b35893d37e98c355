// Starts and ends conformance-host for the suites. The binary is named by the environment variable CONFORMANCE_HOST.
import { spawn } from 'node:child_process';
import { within } from '../clients/wait.mjs';

const children = new Set();

// A server in that role on a free port: { url, port, pid, stop() }.
export async function startHost(role, ...flags) {
  const binary = process.env.CONFORMANCE_HOST;
  if (!binary) throw new Error('CONFORMANCE_HOST is not set: give the path of the conformance-host binary');
  const child = spawn(binary, ['--role', role, '--port', '0', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  }).finally(() => children.delete(child));
  let said = '';
  const line = new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      const found = /^listening on (http:\/\/127\.0\.0\.1:(\d+))\n/.exec(said);
      if (found) resolve({ url: found[1], port: Number(found[2]) });
    });
  });
  const first = await within(Promise.race([line, ended]), 'the line "listening on ..."');
  if (!first.url) throw new Error(`conformance-host ended before it listened: ${JSON.stringify(first)}`);
  return {
    ...first,
    pid: child.pid,
    // How it ended: { code, signal }.
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return within(ended, `the end of conformance-host after ${signal}`);
    },
  };
}

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
