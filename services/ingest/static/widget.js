/*! Switchboard web chat. Embed: <script src="https://…/widget/<channel>/widget.js" defer></script>
 * Optional attributes of the script tag: data-language="en|es" (else the browser's), data-name="visitor's name",
 * data-open (open at once). No dependencies; everything lives in a shadow root; no markup is ever executed. */
(() => {
  'use strict';

  const script = document.currentScript;
  if (!script || window.__switchboardChat?.has(script.src)) return;
  (window.__switchboardChat ??= new Set()).add(script.src);

  const base = new URL('.', script.src).href.replace(/\/$/, '');
  const browserLanguage = navigator.language || 'en';
  const language = (script.dataset.language || browserLanguage).toLowerCase().startsWith('es') ? 'es' : 'en';
  const words = {
    en: {
      open: 'Open chat', close: 'Close chat', title: 'Chat', write: 'Write a message', send: 'Send',
      hint: 'Enter sends, Shift+Enter starts a new line', you: 'You', us: 'Reply', sending: 'Sending…',
      failed: 'Not sent.', retry: 'Try again', offline: 'No connection. We keep trying.', removed: '[removed]',
      unread: (n) => (n === 1 ? '1 new message' : `${n} new messages`), wait: 'Too much at once: one moment…',
      tooLong: 'The message is too long.', away: 'This chat is not available.', log: 'Messages',
      choose: 'Answers to choose from', recorded: 'Your answer was recorded.', late: 'This question is closed.',
      attach: 'Attach a file', file: (name) => `Save the file ${name}`, tooLarge: (mb) => `A file may have at most ${mb} MB.`,
      refused: 'The file was not taken.', empty: 'The file is empty.',
    },
    es: {
      open: 'Abrir el chat', close: 'Cerrar el chat', title: 'Chat', write: 'Escribe un mensaje', send: 'Enviar',
      hint: 'Intro envía, Mayús+Intro empieza otra línea', you: 'Tú', us: 'Respuesta', sending: 'Enviando…',
      failed: 'No enviado.', retry: 'Reintentar', offline: 'Sin conexión. Seguimos intentándolo.', removed: '[eliminado]',
      unread: (n) => (n === 1 ? '1 mensaje nuevo' : `${n} mensajes nuevos`), wait: 'Demasiado a la vez: un momento…',
      tooLong: 'El mensaje es demasiado largo.', away: 'Este chat no está disponible.', log: 'Mensajes',
      choose: 'Respuestas para elegir', recorded: 'Tu respuesta quedó registrada.', late: 'Esta pregunta está cerrada.',
      attach: 'Adjuntar un archivo', file: (name) => `Guardar el archivo ${name}`,
      tooLarge: (mb) => `Un archivo puede tener como mucho ${mb} MB.`, refused: 'El archivo no fue aceptado.',
      empty: 'El archivo está vacío.',
    },
  }[language];

  // --- what is remembered ------------------------------------------------------------------------------------------

  const place = `switchboard:${base}`;
  const memory = { token: null, unsent: [], pressed: {}, ...stored() };

  function stored() {
    try {
      return JSON.parse(localStorage.getItem(place)) || {};
    } catch {
      return {};
    }
  }

  function remember(change) {
    Object.assign(memory, change);
    try {
      localStorage.setItem(place, JSON.stringify({ token: memory.token, unsent: memory.unsent, pressed: memory.pressed }));
    } catch {
      /* private mode: the chat lasts as long as the page */
    }
  }

  const files = new Map(); // by client id of the message that carries it: {file, sent} (bytes that have arrived)
  const messages = new Map(); // by client id (ours) or id (theirs): {key, id, from, text, at, version, state, masked}
  let cursor = 0;
  let unread = 0;
  let config = { name: '', greeting: '', colour: '#1c7ed6', files_mb: 0 };

  // --- speaking with the server ------------------------------------------------------------------------------------

  class Refused extends Error {
    constructor(status, problem, after) {
      super(problem?.detail || `answered ${status}`);
      this.status = status;
      this.after = after;
    }
  }

  async function call(path, { method = 'GET', body, signal } = {}) {
    const headers = { accept: 'application/json' };
    if (memory.token) headers.authorization = `Bearer ${memory.token}`;
    const bytes = body instanceof Blob;
    if (body) headers['content-type'] = bytes ? 'application/octet-stream' : 'application/json';
    const answer = await fetch(base + path, {
      method, headers, signal, credentials: 'omit', cache: 'no-store', body: body && (bytes ? body : JSON.stringify(body)),
    });
    if (!answer.ok) {
      const problem = await answer.json().catch(() => null);
      throw new Refused(answer.status, problem, Number(answer.headers.get('retry-after')) || 0);
    }
    return answer;
  }

  let starting = null;
  function session(renew) {
    if (memory.token && !renew) return Promise.resolve();
    starting ??= (async () => {
      try {
        const answer = await call('/session', { method: 'POST', body: {} });
        remember({ token: (await answer.json()).token });
      } catch (error) {
        if (error.status !== 401) throw error;
        remember({ token: null }); // too old or of another installation: begin anew
        const answer = await call('/session', { method: 'POST', body: {} });
        remember({ token: (await answer.json()).token });
      } finally {
        starting = null;
      }
    })();
    return starting;
  }

  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
  const backoff = (tries) => Math.min(30, 2 ** tries) * (0.5 + Math.random() / 2);

  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  // One message at a time, in order, each with an id of its own: repeating one can never double it.
  let sending = false;
  async function sendAll() {
    if (sending) return;
    sending = true;
    let tries = 0;
    while (memory.unsent.length) {
      const next = memory.unsent[0];
      try {
        await session();
        if (next.file) await upload(next.id);
        const carried = next.file ? [next.id] : [];
        const body = { id: next.id, text: next.text, files: carried, language: browserLanguage, name: script.dataset.name || '' };
        const answer = await (await call('/messages', { method: 'POST', body })).json();
        settle(next.id, { state: 'sent', id: answer.id, at: answer.at });
        remember({ unsent: memory.unsent.filter((one) => one.id !== next.id) });
        files.delete(next.id);
        tries = 0;
        note('');
        listen();
      } catch (error) {
        if (error.status === 401) {
          await session(true).catch(() => {});
          await pause(backoff(tries++));
        } else if (error.status === 429 || error.status >= 500 || error.status === undefined) {
          note(error.status === 429 ? words.wait : words.offline);
          await pause(error.after || backoff(tries++));
        } else {
          const long = error.status === 413 || error.status === 422;
          note(next.file && error.status !== 404 ? words.refused : long ? words.tooLong : words.away);
          settle(next.id, { state: 'failed' });
          remember({ unsent: memory.unsent.filter((one) => one.id !== next.id) });
        }
      }
    }
    sending = false;
  }

  function write(text, file) {
    const id = newId();
    const about = file && { name: file.name || 'file', size: file.size };
    if (file) files.set(id, { file, sent: 0 });
    put({ key: id, from: 'visitor', text, files: about ? [about] : [], at: Date.now(), version: 0, state: 'sending' });
    remember({ unsent: [...memory.unsent, { id, text, file: about }] });
    sendAll();
  }

  // In pieces, each repeatable; a break goes on with the first that is missing.
  const PIECE = 196608;
  async function upload(id) {
    const held = files.get(id);
    const type = /^[a-z]+\/[a-z0-9.+-]+$/.test(held.file.type) ? held.file.type : 'application/octet-stream';
    while (held.sent < held.file.size) {
      const piece = held.file.slice(held.sent, held.sent + PIECE);
      const end = held.sent + piece.size >= held.file.size;
      const query = new URLSearchParams({ id, name: held.file.name.slice(0, 255), type, number: held.sent / PIECE, end });
      await call(`/files?${query}`, { method: 'POST', body: piece });
      held.sent += piece.size;
      settle(id, { percent: Math.floor((held.sent / held.file.size) * 100) });
    }
  }

  function sendFiles(chosen) {
    for (const file of chosen) {
      if (file.size > config.files_mb * 1048576) note(words.tooLarge(config.files_mb));
      else if (!file.size) note(words.empty);
      else {
        note('');
        write('', file);
      }
    }
  }

  async function save(file) {
    try {
      let answer;
      await repeated(async () => (answer = await call(`/files/${file.id}`)));
      const address = URL.createObjectURL(await answer.blob());
      make('a', { href: address, download: file.name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
    } catch {
      note(words.offline);
    }
  }

  // A button: a survey's answers it, any other says its words.
  async function press(message, reply) {
    if (!message.survey) return write(reply.label);
    const before = memory.pressed[message.survey];
    const mark = (option) => {
      const kept = Object.entries(memory.pressed).filter(([survey]) => survey !== message.survey).slice(-19);
      remember({ pressed: Object.fromEntries(option === undefined ? kept : [...kept, [message.survey, option]]) });
      settle(message.key, {});
    };
    mark(reply.id);
    try {
      const body = { id: newId(), invitation: message.survey, option: reply.id };
      await repeated(() => call('/answers', { method: 'POST', body }));
      note(words.recorded);
    } catch (error) {
      mark(before);
      note(error.status === 404 || error.status === 409 ? words.late : error.status === 429 ? words.wait : words.offline);
    }
  }

  async function repeated(ask) {
    for (let tries = 0; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        if (error.status === 401) await session(true);
        else if (tries >= 3 || (error.status !== undefined && error.status < 500)) throw error;
        await pause(error.after || backoff(tries));
      }
    }
  }

  function again(message) {
    settle(message.key, { state: 'sending' });
    remember({ unsent: [...memory.unsent, { id: message.key, text: message.text, file: message.files?.[0] }] });
    sendAll();
  }

  // --- listening ---------------------------------------------------------------------------------------------------

  let listening = null;
  async function listen() {
    if (listening || !memory.token) return;
    listening = new AbortController();
    for (let tries = 0; ; tries++) {
      try {
        await catchUp();
        const answer = await call(`/events?after=${cursor}`, { signal: listening.signal });
        tries = 0;
        note('');
        await readEvents(answer.body.pipeThrough(new TextDecoderStream()).getReader());
      } catch (error) {
        if (error.status === 401) await session(true).catch(() => {});
        else if (error.status === 403 || error.status === 404) return note(words.away);
        else if (tries > 1) note(words.offline);
      }
      await Promise.race([pause(backoff(tries)), new Promise((wake) => (hurry = wake))]);
    }
  }
  let hurry = () => {};

  async function catchUp() {
    const answer = await (await call(`/messages?after=${cursor}`)).json();
    answer.messages.forEach(heard);
    cursor = Math.max(cursor, answer.cursor);
  }

  async function readEvents(reader) {
    let buffer = '';
    // The server pings every 15 s: a silence of 45 s is a dead connection.
    for (;;) {
      const silence = pause(45).then(() => Promise.reject(new Error('silence')));
      const { done, value } = await Promise.race([reader.read(), silence]).catch((error) => {
        reader.cancel().catch(() => {});
        throw error;
      });
      if (done) return;
      buffer += value.replace(/\r\n?/g, '\n');
      const blocks = buffer.split('\n\n');
      buffer = blocks.pop();
      for (const block of blocks) {
        const data = block.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
        if (data.length) heard(JSON.parse(data.join('\n')));
      }
    }
  }

  function heard(message) {
    const key = message.client || message.id;
    const known = messages.get(key);
    cursor = Math.max(cursor, message.at);
    if (known && known.version >= message.version) return;
    if (memory.unsent.some((one) => one.id === key)) remember({ unsent: memory.unsent.filter((one) => one.id !== key) });
    put({ ...message, key, state: 'sent' });
    if (message.from === 'us' && !known) {
      if (isOpen() && document.visibilityState === 'visible') seen('read', message.id);
      else {
        seen('delivered', message.id);
        setUnread(unread + 1);
      }
    }
  }

  const toTell = { delivered: new Set(), read: new Set() };
  let telling = 0;
  function seen(what, id) {
    toTell[what].add(id);
    clearTimeout(telling);
    telling = setTimeout(async () => {
      const body = { delivered: [...toTell.delivered], read: [...toTell.read] };
      toTell.delivered.clear();
      toTell.read.clear();
      await call('/receipts', { method: 'POST', body }).catch(() => {});
    }, 300);
  }

  // --- what is shown -----------------------------------------------------------------------------------------------

  const host = document.createElement('div');
  host.id = 'switchboard-chat';
  const root = host.attachShadow({ mode: 'open' });
  const style = document.createElement('style');
  style.textContent = /*css*/ `
    :host { all: initial; }
    * { box-sizing: border-box; font-family: system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
    .box { --paper: #ffffff; --ink: #1f2933; --soft: #52606d; --line: #d9dee4; --theirs: #eef1f5; --warn: #b42318;
      color: var(--ink); font-size: 16px; line-height: 1.45; }
    @media (prefers-color-scheme: dark) {
      .box { --paper: #1b2027; --ink: #e7ebef; --soft: #aab4bf; --line: #3a424c; --theirs: #2a313a; --warn: #ff9b8f; }
    }
    button { font: inherit; cursor: pointer; border: 0; }
    button:focus-visible, textarea:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
    .launcher { position: fixed; inset-block-end: 20px; inset-inline-end: 20px; z-index: 2147483000; inline-size: 60px;
      block-size: 60px; border-radius: 50%; background: var(--brand); color: var(--on-brand);
      box-shadow: 0 4px 16px rgb(0 0 0 / .28); display: grid; place-items: center; }
    .launcher svg { inline-size: 28px; block-size: 28px; fill: currentColor; }
    .badge { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 22px; padding: 0 6px;
      border-radius: 11px; background: #c92a2a; color: #fff; font-size: 13px; line-height: 22px; }
    .panel { position: fixed; inset-block-end: 92px; inset-inline-end: 20px; z-index: 2147483000; inline-size: 372px;
      max-inline-size: calc(100vw - 40px); block-size: min(600px, calc(100vh - 120px)); background: var(--paper);
      border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 12px 40px rgb(0 0 0 / .3); display: flex;
      flex-direction: column; overflow: hidden; animation: rise .16s ease-out; }
    @keyframes rise { from { opacity: 0; transform: translateY(8px); } }
    @media (prefers-reduced-motion: reduce) { .panel { animation: none; } }
    @media (max-width: 480px) {
      .panel { inset: 0; inline-size: 100%; max-inline-size: none; block-size: 100dvh; border: 0; border-radius: 0; }
    }
    [hidden] { display: none !important; }
    header { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 10px 8px 10px 16px;
      background: var(--brand); color: var(--on-brand); }
    h2 { margin: 0; font-size: 17px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .close { inline-size: 44px; block-size: 44px; background: transparent; color: inherit; font-size: 24px; border-radius: 8px; }
    .close:focus-visible { outline-color: currentColor; outline-offset: -4px; }
    .log { flex: 1; overflow-y: auto; padding: 14px; display: flex; flex-direction: column; gap: 8px; overscroll-behavior: contain; }
    .log:focus-visible { outline: 3px solid var(--ink); outline-offset: -4px; }
    .said { max-inline-size: 85%; padding: 8px 12px; border-radius: 14px; white-space: pre-wrap; overflow-wrap: anywhere; }
    .said.us { align-self: flex-start; background: var(--theirs); border-end-start-radius: 4px; }
    .said.visitor { align-self: flex-end; background: var(--brand); color: var(--on-brand); border-end-end-radius: 4px; }
    .said.visitor.sending { opacity: .75; }
    .said a { color: inherit; text-decoration: underline; }
    .small { display: block; font-size: 12px; margin-block-start: 2px; white-space: normal; }
    .said.us .small { color: var(--soft); }
    .file { display: flex; align-items: center; gap: 6px; min-block-size: 44px; padding: 2px 0; background: transparent;
      color: inherit; text-align: start; overflow-wrap: anywhere; }
    button.file { text-decoration: underline; }
    .file svg, .attach svg { flex: none; inline-size: 20px; block-size: 20px; fill: currentColor; }
    .attach { min-inline-size: 44px; min-block-size: 44px; border-radius: 10px; background: transparent; color: var(--soft);
      display: grid; place-items: center; }
    .attach:hover { color: var(--ink); }
    .retry { background: transparent; color: inherit; text-decoration: underline; padding: 0 2px; font-size: 12px; }
    .choices { display: flex; flex-wrap: wrap; gap: 6px; margin-block: 8px 4px; }
    .choice { flex: 1 1 auto; min-inline-size: 44px; min-block-size: 44px; padding: 4px 12px; border: 1px solid var(--soft);
      border-radius: 10px; background: var(--paper); color: var(--ink); overflow-wrap: anywhere; white-space: normal; }
    .choice:hover { border-color: var(--ink); }
    .choice[aria-pressed="true"] { background: var(--brand); color: var(--on-brand); border-color: var(--brand); font-weight: 600; }
    .note { margin: 0; padding: 0 16px 6px; font-size: 13px; color: var(--warn); min-block-size: 0; }
    form { display: flex; gap: 8px; padding: 10px; border-block-start: 1px solid var(--line); align-items: flex-end; }
    textarea { flex: 1; resize: none; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft);
      border-radius: 10px; padding: 9px 12px; min-block-size: 44px; max-block-size: 140px; }
    .send { min-block-size: 44px; padding: 0 16px; border-radius: 10px; background: var(--brand); color: var(--on-brand);
      font-weight: 600; }
    .away { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  `;

  function make(tag, properties = {}, ...children) {
    const { attributes = {}, ...rest } = properties;
    const element = Object.assign(document.createElement(tag), rest);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const TALK = 'M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z';
  const CLIP = 'M16.5 6v11.5a4 4 0 0 1-8 0V5a2.5 2.5 0 0 1 5 0v10.5a1 1 0 0 1-2 0V6H10v9.5a2.5 2.5 0 0 0 5 0V5a4 4 0 0 0-8 0v12.5a5.5 5.5 0 0 0 11 0V6z';

  function icon(shape) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', shape);
    svg.append(path);
    return svg;
  }

  const badge = make('span', { className: 'badge', hidden: true, attributes: { 'aria-hidden': 'true' } });
  const launcher = make('button', { className: 'launcher', type: 'button' }, icon(TALK), badge);
  const title = make('h2', { id: 'title', textContent: words.title });
  const close = make('button', { className: 'close', type: 'button', textContent: '×' });
  close.setAttribute('aria-label', words.close);
  const log = make('div', { className: 'log', tabIndex: 0 });
  log.setAttribute('role', 'log');
  log.setAttribute('aria-label', words.log);
  log.setAttribute('aria-live', 'polite');
  const noted = make('p', { className: 'note', attributes: { role: 'status' } });
  const input = make('textarea', { rows: 1, maxLength: 20000, placeholder: words.write, enterKeyHint: 'send' });
  input.setAttribute('aria-label', words.write);
  input.setAttribute('aria-describedby', 'hint');
  const hint = make('span', { id: 'hint', className: 'away', textContent: words.hint });
  const send = make('button', { className: 'send', type: 'submit', textContent: words.send });
  const chooser = make('input', { type: 'file', multiple: true, hidden: true, tabIndex: -1 });
  chooser.setAttribute('aria-label', words.attach);
  const attach = make('button', { className: 'attach', type: 'button', hidden: true, title: words.attach }, icon(CLIP));
  attach.setAttribute('aria-label', words.attach);
  const form = make('form', {}, attach, chooser, input, hint, send);
  const panel = make(
    'section',
    { className: 'panel', hidden: true, attributes: { role: 'dialog', 'aria-labelledby': 'title', lang: language } },
    make('header', {}, title, close), log, noted, form,
  );
  const box = make('div', { className: 'box', attributes: { lang: language } }, launcher, panel);
  root.append(style, box);

  const isOpen = () => !panel.hidden;

  function setOpen(open) {
    panel.hidden = !open;
    launcher.setAttribute('aria-expanded', String(open));
    if (open) {
      setUnread(0);
      for (const one of messages.values()) if (one.from === 'us' && !one.seen) seen('read', one.id), (one.seen = true);
      session().then(listen, () => note(words.offline));
      log.scrollTop = log.scrollHeight;
      input.focus();
    } else launcher.focus();
  }

  function setUnread(count) {
    unread = count;
    badge.hidden = !count;
    badge.textContent = String(count);
    launcher.setAttribute('aria-label', count ? `${words.open}: ${words.unread(count)}` : words.open);
  }

  function note(text) {
    if (noted.textContent !== text) noted.textContent = text;
  }

  const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });

  function bubble(message) {
    const item = make('div', { className: `said ${message.from === 'us' ? 'us' : 'visitor'} ${message.state}` });
    item.dataset.key = message.key;
    item.append(make('span', { className: 'away', textContent: `${message.from === 'us' ? words.us : words.you}: ` }));
    item.append(...(message.masked ? [words.removed] : linked(message.text || '')));
    for (const file of message.masked ? [] : message.files || []) item.append(attachment(file));
    if (message.replies?.length) item.append(choices(message));
    const small = make('span', { className: 'small' });
    if (message.state === 'sending') small.append(message.percent ? `${words.sending} ${message.percent} %` : words.sending);
    else if (message.state === 'failed' && message.files?.length && !files.has(message.key)) small.append(words.failed);
    else if (message.state === 'failed') {
      const retry = make('button', { className: 'retry', type: 'button', textContent: words.retry });
      retry.addEventListener('click', () => again(message));
      small.append(`${words.failed} `, retry);
    } else small.append(clock.format(message.at));
    item.append(small);
    return item;
  }

  // One that is on its way is only named; one that arrived can be saved.
  function attachment(file) {
    const text = file.size ? `${file.name} (${size(file.size)})` : file.name;
    if (!file.id) return make('span', { className: 'file' }, icon(CLIP), text);
    const button = make('button', { className: 'file', type: 'button' }, icon(CLIP), text);
    button.setAttribute('aria-label', words.file(text));
    button.addEventListener('click', () => save(file));
    return button;
  }

  function size(bytes) {
    const [unit, value] = bytes < 1048576 ? ['kilobyte', bytes / 1024] : ['megabyte', bytes / 1048576];
    return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
  }

  function choices(message) {
    const group = make('div', { className: 'choices', attributes: { role: 'group', 'aria-label': words.choose } });
    for (const reply of message.replies) {
      const button = make('button', { className: 'choice', type: 'button', textContent: reply.label });
      if (message.survey) button.setAttribute('aria-pressed', String(memory.pressed[message.survey] === reply.id));
      button.addEventListener('click', () => {
        press(message, reply);
        log.querySelector(`[data-key="${CSS.escape(message.key)}"] .choices`)?.children[message.replies.indexOf(reply)]?.focus();
      });
      group.append(button);
    }
    return group;
  }

  function linked(text) {
    return text.split(/(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g).map((part, place) =>
      place % 2
        ? make('a', { href: part, textContent: part, target: '_blank', rel: 'noopener noreferrer nofollow' })
        : document.createTextNode(part),
    );
  }

  function put(message) {
    const known = messages.get(message.key);
    const shown = { ...known, ...message };
    messages.set(message.key, shown);
    const item = bubble(shown);
    shown.item = item;
    if (known?.item && known.at === shown.at) return known.item.replaceWith(item);
    known?.item?.remove();
    const near = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    const later = [...messages.values()].filter((one) => one.item?.isConnected && one.at > shown.at);
    const next = later.sort((one, other) => one.at - other.at)[0];
    log.insertBefore(item, next?.item ?? null);
    if (near || shown.from === 'visitor') log.scrollTop = log.scrollHeight;
  }

  function settle(key, change) {
    const known = messages.get(key);
    if (known) put({ ...known, ...change });
  }

  function dress() {
    title.textContent = config.name || words.title;
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const share = parseInt(config.colour.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    box.style.setProperty('--brand', config.colour);
    box.style.setProperty('--on-brand', light > 0.179 ? '#000000' : '#ffffff');
    attach.hidden = !config.files_mb;
    if (config.greeting) {
      const item = make('div', { className: 'said us', textContent: config.greeting });
      log.prepend(item);
    }
  }

  function post() {
    const text = input.value.trim();
    if (!text) return;
    input.value = '';
    grow();
    write(text);
  }

  function grow() {
    input.style.blockSize = 'auto';
    input.style.blockSize = `${Math.min(140, input.scrollHeight + 2)}px`;
  }

  launcher.addEventListener('click', () => setOpen(!isOpen()));
  close.addEventListener('click', () => setOpen(false));
  input.addEventListener('input', grow);
  attach.addEventListener('click', () => chooser.click());
  chooser.addEventListener('change', () => {
    sendFiles([...chooser.files]);
    chooser.value = '';
    input.focus();
  });
  input.addEventListener('paste', (event) => {
    if (!config.files_mb || !event.clipboardData.files.length) return;
    event.preventDefault();
    sendFiles([...event.clipboardData.files]);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      post();
    }
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    post();
  });
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') setOpen(false);
  });
  window.addEventListener('online', () => hurry());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    hurry();
    if (isOpen()) for (const one of messages.values()) if (one.from === 'us' && !one.seen) seen('read', one.id), (one.seen = true);
  });

  async function begin() {
    config = { ...config, ...(await (await call('/config')).json()) };
    if (!/^#[0-9a-f]{6}$/i.test(config.colour)) config.colour = '#1c7ed6';
    dress();
    setUnread(0);
    launcher.setAttribute('aria-expanded', 'false');
    document.body.append(host);
    // A file that had not gone is not there any more after a reload: said, not sent.
    const lost = (one) => Boolean(one.file);
    for (const one of memory.unsent)
      put({
        key: one.id, from: 'visitor', text: one.text, files: one.file ? [one.file] : [], at: Date.now(), version: 0,
        state: lost(one) ? 'failed' : 'sending',
      });
    remember({ unsent: memory.unsent.filter((one) => !lost(one)) });
    if (memory.unsent.length) sendAll();
    if (memory.token) listen();
    if ('open' in script.dataset) setOpen(true);
  }

  begin().catch((error) => console.warn('Switchboard chat:', error.message));
})();
