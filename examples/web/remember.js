/**
 * Which rooms this tab sits in, for the next reload.
 *
 * In sessionStorage, which is the tab's own: two tabs can sit in different rooms. Kept with the user's id, so that
 * whoever signs in next does not enter the rooms of the one before. Where storage is forbidden, a reload starts in the
 * default room; nothing else depends on it.
 */

const STORE = 'securechat.rooms';

export function rememberRooms(user, names, active) {
  try { sessionStorage.setItem(STORE, JSON.stringify({ user, names, active })); } catch { /* see above */ }
}

export function recallRooms(user) {
  try {
    const saved = JSON.parse(sessionStorage.getItem(STORE));
    if (saved.user === user && Array.isArray(saved.names)) return saved;
  } catch { /* see above */ }
  return { names: [], active: null };
}

export function forgetRooms() {
  try { sessionStorage.removeItem(STORE); } catch { /* see above */ }
}
