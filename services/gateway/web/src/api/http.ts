/** Requests to the gateway: cookie session, CSRF token, idempotency keys, problem+json errors. */

export interface FieldError {
  field: string;
  message: string;
  /** The sort of mistake, where the gateway names it. */
  kind: string;
}

/** An error the gateway described, or the lack of an answer (`status` 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
    readonly extra: Record<string, unknown> = {},
  ) {
    super(detail || code);
    this.name = 'Problem';
  }

  /** Whether repeating the same request may help. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, 'unreachable', '');
}

let csrf = '';
let skew = 0;
const onSignedOut = new Set<() => void>();

export function setCsrf(token: string): void {
  csrf = token;
}

export function csrfToken(): string {
  return csrf;
}

/** Called when the gateway says that nobody is signed in (any more). */
export function whenSignedOut(listener: () => void): () => void {
  onSignedOut.add(listener);
  return () => onSignedOut.delete(listener);
}

/** Milliseconds since the epoch by the gateway's clock, which times everything shown. */
export function now(): number {
  return Date.now() + skew;
}

function noteClock(response: Response, sentAt: number): void {
  const said = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(said)) return;
  const middle = (sentAt + Date.now()) / 2;
  const difference = said + 500 - middle;
  skew = Math.abs(difference) > 3000 ? difference : 0;
}

export interface CallOptions {
  body?: unknown;
  /** Repeat with the same key and the gateway answers as the first time. */
  key?: string;
  version?: number;
  signal?: AbortSignal;
}

export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  return (await exchange<T>(method, path, options)).value;
}

/** As `call`, with the object's version from its ETag. */
export async function exchange<T>(
  method: string,
  path: string,
  { body, key, version, signal }: CallOptions = {},
): Promise<{ value: T; etag: string | null }> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') {
    headers['idempotency-key'] = key ?? newKey();
    if (csrf) headers['x-csrf-token'] = csrf;
  }
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (version !== undefined) headers['if-match'] = `"${version}"`;
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'unreachable', '');
  }
  noteClock(response, sentAt);
  if (!response.ok) {
    const problem = await readProblem(response);
    if (response.status === 401 && path !== '/api/session') for (const listener of onSignedOut) listener();
    throw problem;
  }
  const text = response.status === 204 ? '' : await response.text();
  return { value: (text ? JSON.parse(text) : undefined) as T, etag: response.headers.get('etag') };
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    const said: unknown = await response.json();
    if (typeof said === 'object' && said !== null) {
      const { code, detail, errors, title, ...extra } = said as Record<string, unknown>;
      return new Problem(
        response.status,
        typeof code === 'string' ? code : `http_${response.status}`,
        typeof detail === 'string' ? detail : typeof title === 'string' ? title : '',
        fieldErrors(errors),
        extra,
      );
    }
  } catch {
    // Not JSON: a proxy answered; the status says enough.
  }
  return new Problem(response.status, `http_${response.status}`, '');
}

function fieldErrors(errors: unknown): FieldError[] {
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((error: unknown) => {
    if (typeof error !== 'object' || error === null) return [];
    const { field, message, kind } = error as Record<string, unknown>;
    return [{ field: String(field ?? ''), message: String(message ?? ''), kind: String(kind ?? '') }];
  });
}

export function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  // Plain http on a LAN address has no randomUUID.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** `/api/x?a=1`; empty values are left out. */
export function withQuery(path: string, query: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    search.append(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}
