/** The two or three ways in which this page touches the document. Text goes in as text, never as HTML. */

export const byId = (id) => document.getElementById(id);

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function button(className, text, onClick) {
  const made = element('button', className, text);
  made.type = 'button';
  made.addEventListener('click', onClick);
  return made;
}

/** Writes only what differs: an unchanged node keeps its selection and is not spoken again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Makes `children` the children of `parent`, in order, moving as few as possible. */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let at = parent.firstElementChild;
  for (const child of children) {
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
}

/** One of eight tones for a name, the same on every screen. */
export function tone(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return `tone-${hash % 8}`;
}

export const initial = (name) => ([...name.trim()][0] ?? '?').toUpperCase();
