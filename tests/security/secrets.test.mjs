// Where secrets must not be seen: among the arguments of a process, in a core dump, in a debugger.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, describe, test } from 'node:test';
import { ROOMY, cleanUp, newSecret, register, startServer } from '../clients/server.mjs';

const coreLimits = (server) => /^Max core file size\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${server.pid}/limits`, 'utf8')).slice(1);

describe('secrets of a process', () => {
  afterEach(cleanUp);

  // Shows: R83 R88
  test('one that was given as an argument does not stay there, and the log says what to do instead', async () => {
    const secret = newSecret();
    for (const args of [['--set', `auth.jwt_secret=${secret}`], [`--set=auth.jwt_secret=${secret}`]]) {
      const server = await startServer({ set: ROOMY, args });
      const line = readFileSync(`/proc/${server.pid}/cmdline`, 'latin1');
      assert.ok(line.includes('auth.jwt_secret=***'), 'the option is there');
      assert.ok(!line.includes(secret), 'its value is not');
      assert.match(server.stderr(), /--set auth\.jwt_secret: other users of this machine can read arguments/);
      assert.ok(!server.stderr().includes(secret));
      await register(server, 'ada');  // And it is the one in use all the same.
      await server.stop();
    }
  });

  // Shows: R83
  test('process.dumpable=false: no core dump, and no debugger', async () => {
    const usual = await startServer({ set: ROOMY });
    const secluded = await startServer({ set: { ...ROOMY, 'process.dumpable': false } });
    assert.deepEqual(coreLimits(secluded), ['0', '0']);
    assert.notEqual(coreLimits(usual)[1], '0', 'it is the option that does it');
    // What is not dumpable belongs to root in /proc; whoever tests as root may look all the same.
    if (process.getuid() !== 0) {
      assert.ok(readFileSync(`/proc/${usual.pid}/auxv`).length > 0);
      assert.throws(() => readFileSync(`/proc/${secluded.pid}/auxv`), { code: 'EACCES' });
    }
  });
});
