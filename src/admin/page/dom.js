/**
 * Draws a view: `h` describes elements, `draw` makes the document match the description.
 *
 * A view describes itself anew each second; only what differs is touched, so focus, selections and what was typed
 * stay. Whatever a description holds becomes text or the value of an attribute, never markup: names of routes,
 * paths and causes come from strangers.
 */

/** @typedef {string | number | Description | false | null | undefined} One */
/** @typedef {One | readonly Child[]} Child */
/** @typedef {(event: Event) => void} Listener */
/**
 * Attributes; functions listen to events (`onclick`), `style` holds properties, `key` tells siblings apart.
 * `mount` is called with the new element, whose children are then its own; what it returns is called at its end.
 *
 * @typedef {Readonly<Record<string, string | number | boolean | Listener | Styles | Mount | undefined>>} Props
 * @typedef {Readonly<Record<string, string>>} Styles
 * @typedef {(element: HTMLElement) => () => void} Mount
 */
/**
 * @typedef Description
 * @property {string} tag
 * @property {string} key
 * @property {Props} props
 * @property {readonly One[]} children
 */

/**
 * Describes an element.
 *
 * @param {string} tag
 * @param {Props} [props]
 * @param {Child[]} children  `false`, `null` and `undefined` are left out
 * @returns {Description}
 */
export function h(tag, props = {}, ...children) {
  const { key, ...rest } = props;
  return { tag, key: typeof key === 'string' ? key : '', props: rest, children: flat(children) };
}

/**
 * What is left out keeps its place, so that its siblings are not taken for it the next time: a field for another field,
 * say, with what was typed into it.
 *
 * @param {readonly Child[]} children
 * @returns {One[]}
 */
const flat = (children) =>
  children.flatMap((child) => (Array.isArray(child) ? flat(child) : [/** @type {One} */ (child)]));

/** @param {One} child */
const isLeftOut = (child) => child === false || child === null || child === undefined;

/**
 * What an element looks like at present.
 *
 * @typedef {{ props: Props, children: Map<string, Node>, end: (() => void) | undefined }} Drawn
 */
/** @type {WeakMap<Node, Drawn>} */
const drawn = new WeakMap();

/**
 * Makes `parent` hold exactly `children`. The focus stays where it is, even if its element moves.
 *
 * @param {Element} parent
 * @param {Child[]} children
 */
export function draw(parent, ...children) {
  const { activeElement } = document;
  drawChildren(parent, flat(children));
  if (activeElement !== document.activeElement && activeElement?.isConnected === true) {
    /** @type {HTMLElement} */ (activeElement).focus({ preventScroll: true });
  }
}

/**
 * @param {Element} parent
 * @param {readonly One[]} children
 */
function drawChildren(parent, children) {
  const state = stateOf(parent);
  const before = state.children;
  const names = children.map((child, index) => (isLeftOut(child) ? '' : nameOf(child, index)));
  const kept = new Set(names);
  for (const [name, node] of before) if (!kept.has(name)) remove(node);
  state.children = new Map();
  let place = parent.firstChild;
  children.forEach((child, index) => {
    if (isLeftOut(child)) return;
    const name = names[index] ?? '';
    const node = drawOne(before.get(name), child);
    state.children.set(name, node);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  });
}

/**
 * Siblings with one name are the same element from one drawing to the next.
 *
 * @param {One} child
 * @param {number} index
 */
function nameOf(child, index) {
  if (typeof child !== 'object' || child === null) return `#text ${index}`;
  return child.key === '' ? `${child.tag} ${index}` : `${child.tag} =${child.key}`;
}

/**
 * @param {Node | undefined} node  the one that was drawn in this place
 * @param {One} child
 * @returns {Node}
 */
function drawOne(node, child) {
  if (typeof child !== 'object' || child === null) {
    const text = String(child);
    if (node === undefined) return document.createTextNode(text);
    if (node.nodeValue !== text) node.nodeValue = text;
    return node;
  }
  const element = /** @type {HTMLElement} */ (node ?? document.createElement(child.tag));
  const { props } = stateOf(element);
  setProps(element, props, child.props);
  stateOf(element).props = child.props;
  if (typeof child.props['mount'] !== 'function') drawChildren(element, child.children);
  else if (node === undefined) {
    stateOf(element).end = /** @type {Mount} */ (child.props['mount'])(element);
  }
  return element;
}

/** @param {Node} node */
function stateOf(node) {
  let state = drawn.get(node);
  if (state === undefined) {
    state = { props: {}, children: new Map(), end: undefined };
    drawn.set(node, state);
  }
  return state;
}

/** @param {Node} node */
function remove(node) {
  endAll(node);
  node.parentNode?.removeChild(node);
}

/** @param {Node} node */
function endAll(node) {
  const state = drawn.get(node);
  state?.end?.();
  for (const child of state?.children.values() ?? []) endAll(child);
}

/**
 * @param {HTMLElement} element
 * @param {Props} before
 * @param {Props} after
 */
function setProps(element, before, after) {
  for (const name of Object.keys(before)) {
    if (!(name in after)) setProp(element, name, undefined);
  }
  for (const [name, value] of Object.entries(after)) {
    if (value !== before[name]) setProp(element, name, value);
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {Props[string]} value
 */
function setProp(element, name, value) {
  if (name === 'mount') return;
  if (name.startsWith('on')) {
    Object.assign(element, { [name]: typeof value === 'function' ? value : null });
  } else if (typeof value === 'object') {
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
  } else if (value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? '' : String(value));
  }
}
