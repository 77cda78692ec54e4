// Finds operations, and sends requests. Credentials stay in their fields and are kept nowhere.
(() => {
  /** @param {string} selector @param {ParentNode} [within] */
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const base = document.body.dataset['root'] ?? './';

  for (const each of /** @type {HTMLElement[]} */ (all('.tools, form.try'))) each.hidden = false;

  const find = /** @type {HTMLInputElement} */ (document.getElementById('find'));
  find.addEventListener('input', () => {
    const words = find.value.toLowerCase().split(/\s+/);
    for (const each of /** @type {HTMLElement[]} */ (all('.operation'))) {
      each.hidden = !words.every((word) => (each.dataset['find'] ?? '').includes(word));
    }
    for (const each of /** @type {HTMLElement[]} */ (all('section'))) {
      each.hidden = all('.operation:not([hidden])', each).length === 0;
    }
    const nothing = document.getElementById('nothing');
    if (nothing !== null) nothing.hidden = all('.operation:not([hidden])').length > 0;
  });

  const open = () => {
    const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (at instanceof HTMLDetailsElement) at.open = true;
  };
  addEventListener('hashchange', open);
  open();
  document.addEventListener(
    'toggle',
    ({ target }) => {
      if (!(target instanceof HTMLDetailsElement) || !target.matches('.operation')) return;
      if (target.open) history.replaceState(null, '', `#${encodeURIComponent(target.id)}`);
    },
    true,
  );

  /** @param {HTMLFormElement} form */
  const requestOf = (form) => {
    const headers = new Headers();
    const query = new URLSearchParams();
    let path = form.dataset['path'] ?? '/';
    const fields = [
      .../** @type {HTMLInputElement[]} */ (all('input.credential')),
      .../** @type {HTMLInputElement[]} */ (all('input', form)),
    ];
    for (const { name, value, dataset } of fields) {
      if (value === '') continue;
      const key = dataset['name'] ?? name;
      const text = (dataset['before'] ?? '') + value;
      if (dataset['in'] === 'path') path = path.replace(`{${key}}`, encodeURIComponent(text));
      else if (dataset['in'] === 'query') query.append(key, text);
      else if (dataset['in'] === 'header') headers.set(key, text);
    }
    const body = form.querySelector('textarea');
    const type = body?.dataset['type'] ?? '';
    if (body !== null && body.value !== '' && type !== '*/*') headers.set('content-type', type);
    const url = base + path.slice(1) + (query.size === 0 ? '' : `?${query}`);
    const method = form.dataset['method'] ?? 'GET';
    const sent = body === null || body.value === '' ? {} : { body: body.value };
    return new Request(url, { method, headers, redirect: 'manual', ...sent });
  };

  /** @param {Response} response @param {number} ms */
  const textOf = async (response, ms) => {
    if (response.type === 'opaqueredirect') return 'A redirect, which the browser does not show.';
    const text = await response.text();
    let shown = text;
    try {
      shown = JSON.stringify(JSON.parse(text), undefined, 2);
    } catch {
      // It is shown as it came.
    }
    const fields = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    return `${response.status} ${response.statusText} in ${Math.round(ms)} ms\n${fields}\n\n${shown}`;
  };

  /** @param {HTMLFormElement} form */
  const send = async (form) => {
    const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
    const output = /** @type {HTMLOutputElement} */ (form.querySelector('output'));
    const pre = document.createElement('pre');
    pre.tabIndex = 0;
    button.disabled = true;
    try {
      const before = performance.now();
      const response = await fetch(requestOf(form));
      pre.textContent = await textOf(response, performance.now() - before);
    } catch (error) {
      pre.textContent = `Not sent: ${error instanceof Error ? error.message : String(error)}`;
    }
    output.replaceChildren(pre);
    output.hidden = false;
    button.disabled = false;
  };

  document.addEventListener('submit', (event) => {
    const { target } = event;
    if (!(target instanceof HTMLFormElement)) return;
    event.preventDefault();
    void send(target);
  });
})();
