/**
 * The form before the chat, in its two modes: sign in and create account.
 *
 * The server's verdict is the one that counts and its words are shown as they are, with a hint of what to do next. The
 * password rules are ticked off while typing, but nothing is held back from the server because of them.
 */

import { byId } from './dom.js';
import { clockTime, waitingTime } from './text.js';

const RULES = new Map([
  ['length', (password) => [...password].length >= 8],
  ['case', (password) => /\p{Lu}/u.test(password) && /\p{Ll}/u.test(password)],
  ['number', (password) => /[0-9]/.test(password)],
]);

/** What to do about an error text of the server, and the field it is about. */
const ADVICE = new Map([
  ['Invalid email', ['email', 'Check the address for typing mistakes.']],
  ['Email exists', ['email', 'Sign in instead, or use another address.']],
  ['Password min 8 chars', ['password', 'Use at least 8 characters.']],
  ['Need upper and lowercase', ['password', 'Mix capital and small letters.']],
  ['Need number', ['password', 'Add a digit.']],
  ['Password too long', ['password', 'Use at most 72 bytes; most letters are one.']],
  ['Invalid password', ['password', 'Leave out control characters.']],
  ['Invalid username', ['username', 'Use 1 to 64 characters, without < > & " \' / \\ or `.']],
  ['Username exists', ['username', 'Somebody has that name, maybe in another spelling. Take another one.']],
  ['Invalid credentials', ['password', 'The e-mail address or the password is wrong.']],
  ['The server cannot be reached', [null, 'Check the network and try again.']],
]);

export class SignIn {
  #mode = 'login';
  #submit;

  /** `submit(mode, fields)` signs in, and throws an ApiError with the server's words when that fails. */
  constructor(submit) {
    this.#submit = submit;
    byId('mode-login').addEventListener('click', () => this.#setMode('login'));
    byId('mode-register').addEventListener('click', () => this.#setMode('register'));
    byId('signin-form').addEventListener('submit', (event) => { event.preventDefault(); this.#send(); });
    byId('password').addEventListener('input', () => this.#checkRules());
    byId('reveal').addEventListener('click', () => this.#reveal(byId('password').type === 'password'));
  }

  show(notice = '') {
    byId('signin').hidden = false;
    this.#setMode('login');
    byId('signin-error').textContent = notice;
    byId('email').focus();
  }

  hide() {
    byId('signin').hidden = true;
    // The password has done its work; it should not wait in the form for whoever comes next.
    byId('signin-form').reset();
    this.#reveal(false);
    this.#checkRules();
  }

  #setMode(mode) {
    this.#mode = mode;
    const registering = mode === 'register';
    byId('mode-login').setAttribute('aria-pressed', String(!registering));
    byId('mode-register').setAttribute('aria-pressed', String(registering));
    byId('username-field').hidden = !registering;
    byId('password-rules').hidden = !registering;
    // Password managers offer a new password for one word and the stored one for the other.
    byId('password').autocomplete = registering ? 'new-password' : 'current-password';
    if (registering) byId('password').setAttribute('aria-describedby', 'password-rules');
    else byId('password').removeAttribute('aria-describedby');
    byId('signin-submit').textContent = registering ? 'Create account' : 'Sign in';
    byId('signin-lead').textContent = registering
      ? 'Create an account to join the conversation.' : 'Sign in to join the conversation.';
    this.#fail('', null);
  }

  async #send() {
    const fields = { email: byId('email').value, password: byId('password').value };
    if (this.#mode === 'register') fields.username = byId('username').value;
    const submit = byId('signin-submit');
    if (submit.getAttribute('aria-disabled') === 'true') return; // a second Enter while the first is on its way
    submit.setAttribute('aria-disabled', 'true');
    this.#fail('', null);
    try {
      await this.#submit(this.#mode, fields);
    } catch (error) {
      const [field, advice] = ADVICE.get(error.message) ?? [null, retryAdvice(error.retryAfter ?? null)];
      this.#fail([`${error.message}.`, advice].filter(Boolean).join(' '), field);
    } finally {
      submit.removeAttribute('aria-disabled');
    }
  }

  #fail(text, field) {
    byId('signin-error').textContent = text;
    for (const id of ['username', 'email', 'password']) {
      if (id === field) byId(id).setAttribute('aria-invalid', 'true');
      else byId(id).removeAttribute('aria-invalid');
    }
    if (field) byId(field).focus();
  }

  #checkRules() {
    for (const item of byId('password-rules').children) {
      item.classList.toggle('met', RULES.get(item.dataset.rule)(byId('password').value));
    }
  }

  #reveal(shown) {
    byId('password').type = shown ? 'text' : 'password';
    byId('reveal').setAttribute('aria-pressed', String(shown));
    byId('reveal').firstChild.data = shown ? 'Hide' : 'Show';
  }
}

/** "Too many attempts" is only bearable with a time. */
function retryAdvice(seconds) {
  if (seconds === null) return '';
  return `Try again in ${waitingTime(seconds)}, at ${clockTime(new Date(Date.now() + seconds * 1000))}.`;
}
