/**
 * The start of the page: puts the parts together and decides which of the two screens is shown.
 *
 *   api.js         HTTP and tokens            rooms.js   what is known of a room
 *   connection.js  one socket, kept alive     log.js     draws the messages
 *   chat.js        joining, sending, events   history.js what was missed, and what came before
 *   signin.js      the form before the chat   view.js    draws everything around the messages
 */

import { Session } from './api.js';
import { Chat } from './chat.js';
import { SignIn } from './signin.js';
import { View } from './view.js';

const session = new Session();
const view = new View();
const chat = new Chat(session, view, ({ message }) => showSignIn(message));

const signIn = new SignIn(async (mode, fields) => {
  showChat(await session.enter(mode, fields));
});

function showChat(user) {
  signIn.hide();
  view.show();
  chat.start(user);
  view.focusComposer();
}

function showSignIn(notice) {
  chat.stop();
  view.hide();
  signIn.show(notice);
}

async function signOut() {
  const leaving = session.leave(); // forgets the tokens at once; telling the server may take a moment
  showSignIn();
  if (!await leaving) view.announce('Signed out here. The server could not be told and ends the session by itself later.');
}

view.bind({
  send: (text) => chat.send(text),
  retry: (draft) => chat.retry(draft),
  discard: (draft) => chat.discard(draft),
  select: (name) => chat.select(name),
  join: (name) => chat.join(name),
  leave: () => chat.leave(),
  loadEarlier: () => chat.loadEarlier(),
  retryNow: () => chat.retryNow(),
  seen: () => chat.seen(),
  signOut,
});

session.onChangedElsewhere((user) => {
  // Somebody else signed in: start from scratch, so that nothing of the one before stays on the screen.
  if (user) location.reload();
  else showSignIn('You signed out in another tab.');
});

addEventListener('online', () => chat.retryIfWaiting());
document.addEventListener('visibilitychange', () => {
  if (document.hidden || !session.user) return;
  chat.seen();
  chat.retryIfWaiting(); // phones freeze the page's timers along with its connections
});

// A stored session shows the chat at once, connecting; only a refused refresh brings the form back.
if (session.user) showChat(session.user);
else showSignIn();
