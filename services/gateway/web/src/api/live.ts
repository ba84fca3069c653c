/** Live events: a fetch reader of server-sent events that resumes where it stopped and backs off. */
import { withQuery } from './http';

export interface LiveEvent {
  name: string;
  data: unknown;
  id: string | null;
}

/** Splits a stream of server-sent events into events; keeps what is not complete yet. */
export class EventParser {
  private rest = '';
  private name = '';
  private lines: string[] = [];
  private id: string | null = null;

  push(chunk: string): LiveEvent[] {
    const found: LiveEvent[] = [];
    const lines = (this.rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') this.finish(found);
      else this.field(line);
    }
    return found;
  }

  private field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.name = value;
    else if (field === 'data') this.lines.push(value);
    else if (field === 'id') this.id = value;
  }

  private finish(found: LiveEvent[]): void {
    if (this.lines.length > 0) {
      let data: unknown = this.lines.join('\n');
      try {
        data = JSON.parse(data as string);
      } catch {
        // Plain text is passed on as it is.
      }
      found.push({ name: this.name || 'message', data, id: this.id });
    }
    this.name = '';
    this.lines = [];
  }
}

export type LiveState = 'connecting' | 'open' | 'waiting' | 'closed';

export interface LiveOptions {
  url: string;
  /** Ids on the screen: the gateway answers with their current rows, or that they are gone. */
  ids: () => string[];
  onEvent: (event: LiveEvent) => void;
  onState: (state: LiveState) => void;
  /** The stream ended because nobody is signed in any more. */
  onSignedOut: () => void;
}

/** Silence after which the stream counts as lost (the gateway sends a comment at least every 15 s). */
const SILENCE_MS = 45_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** Keeps one stream open until the returned function is called. */
export function openLive(options: LiveOptions): () => void {
  let stopped = false;
  let since: string | null = null;
  let failures = 0;
  let abort = new AbortController();
  let wakeUp: () => void = () => {};

  const nudge = () => wakeUp();
  // A stream over a network that is gone would only be missed after its silence.
  const cut = () => abort.abort();
  window.addEventListener('offline', cut);
  window.addEventListener('online', nudge);
  document.addEventListener('visibilitychange', nudge);

  async function readOnce(): Promise<void> {
    abort = new AbortController();
    let timer = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      const query = since === null ? {} : { since, ids: options.ids().join(',') };
      const response = await fetch(withQuery(options.url, query), {
        headers: { accept: 'text/event-stream' },
        credentials: 'same-origin',
        signal: abort.signal,
      });
      if (response.status === 401) {
        stopped = true;
        options.onSignedOut();
        return;
      }
      if (!response.ok || !response.body) throw new Error(String(response.status));
      options.onState('open');
      const parser = new EventParser();
      const reader = response.body
        .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
        .getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        failures = 0;
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), SILENCE_MS);
        for (const event of parser.push(value)) {
          if (event.id) since = event.id;
          options.onEvent(event);
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async function keepOpen(): Promise<void> {
    options.onState('connecting');
    while (!stopped) {
      try {
        await readOnce();
      } catch {
        // Lost or refused: wait and try again.
      }
      if (stopped) return;
      options.onState('waiting');
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2);
      failures = Math.min(failures + 1, 10);
      await new Promise<void>((resolve) => {
        wakeUp = resolve;
        setTimeout(resolve, wait);
      });
    }
  }

  void keepOpen();
  return () => {
    stopped = true;
    window.removeEventListener('offline', cut);
    window.removeEventListener('online', nudge);
    document.removeEventListener('visibilitychange', nudge);
    abort.abort();
    wakeUp();
    options.onState('closed');
  };
}
