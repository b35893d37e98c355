/**
 * The start of the page: puts the parts together and decides which of the two screens is shown.
 *
 *   connection.js  the one Socket.IO socket    view.js   draws the screen of the chat
 *   chat.js        joining, sending, events    shared/   what examples/web has, too: HTTP, tokens, messages, the form
 */

import { Chat } from './chat.js';
import { Connection } from './connection.js';
import { Session } from './shared/api.js';
import { byId } from './shared/dom.js';
import { SignIn } from './shared/signin.js';
import { View } from './view.js';

/** Served by the server itself: its option engine.client_dir, below its engine.path. */
const CLIENT = '/socket.io/socket.io.esm.min.js';

function begin(io) {
  const session = new Session();
  const view = new View();
  const connection = new Connection(io, (refused) => session.credentials(refused));
  const chat = new Chat(session, connection, view);
  const signIn = new SignIn(async (mode, fields) => showChat(await session.enter(mode, fields)));

  function showChat(user) {
    signIn.hide();
    view.show(user);
    chat.start(user);
  }

  function showSignIn(notice) {
    chat.stop();
    view.hide();
    signIn.show(notice);
  }

  async function signOut() {
    const leaving = session.leave(); // forgets the tokens at once; telling the server may take a moment
    showSignIn();
    if (!await leaving) signIn.show('Signed out here. The server could not be told and ends the session by itself later.');
  }

  connection.onSignedOut(({ message }) => showSignIn(message));
  view.bind({
    send: (text) => chat.send(text),
    retry: (draft) => chat.retry(draft),
    discard: (draft) => chat.discard(draft),
    loadEarlier: () => chat.loadEarlier(),
    retryNow: () => connection.retryNow(),
    signOut,
  });
  session.onChangedElsewhere((user) => {
    // Somebody else signed in: start from scratch, so that nothing of the one before stays on the screen.
    if (user) location.reload();
    else showSignIn('You signed out in another tab.');
  });
  addEventListener('online', () => connection.retryNow());
  document.addEventListener('visibilitychange', () => { if (!document.hidden) connection.retryNow(); });

  // A stored session shows the chat at once, connecting; only a refused refresh brings the form back.
  if (session.user) showChat(session.user);
  else showSignIn();
}

const client = await import(CLIENT).catch(() => null);
if (client) begin(client.io);
else byId('missing').hidden = false;
