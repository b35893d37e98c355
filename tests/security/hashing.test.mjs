// Hashing passwords is slow on purpose, and holds up nobody but those who wait for it.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { PASSWORD, ROOMY, ask, cleanUp, connectIo, get, post, register, startServer } from '../clients/server.mjs';

describe('while passwords are hashed', () => {
  after(cleanUp);

  // Shows: R29 S36
  test('everything else goes on', async () => {
    const server = await startServer({ set: { ...ROOMY, 'auth.bcrypt_cost': 10, 'limits.login_failures': 0 } });
    const ada = await register(server, 'ada');
    const socket = await connectIo(server, { token: ada.accessToken });
    let left = 30;
    const logins = Array.from({ length: 30 }, async (_, i) => {
      const answer = await post(server, '/api/auth/login', { email: i % 2 ? ada.email : `nobody${i}@example.com`, password: i % 2 ? PASSWORD : 'Wrong0000' })
        .catch((error) => ({ status: error.message }));
      left -= 1;
      return answer.status;
    });
    for (let i = 0; i < 5; i += 1) {
      assert.equal((await ask(socket, 'send-message', { message: `m${i}` })).ok, true);
      assert.equal((await get(server, '/healthz')).status, 200);
    }
    assert.ok(left > 0, 'five messages and five requests took less time than thirty logins');
    await Promise.all(logins);
    socket.disconnect();
  });
});
