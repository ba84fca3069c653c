/** How somebody works (filters, what is hidden): kept by the gateway for all his devices, and here for a quick start. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useReducer, useRef } from 'react';
import { call } from '../api/http';
import { record } from '../api/wire';
import { useSession } from '../session/context';
import { readStored, writeStored } from './stored';

type Values = Record<string, unknown>;

const KEY = ['preferences'] as const;
/** What changes quickly (typing in a filter) is told once it rests. */
const SAVE_AFTER_MS = 800;

/** By user, all that was changed on this page: an answer that was under way meanwhile does not undo it. */
const changed = new Map<string, Values>();
let waiting: Values = {};
let timer: ReturnType<typeof setTimeout> | undefined;

function send(): void {
  clearTimeout(timer);
  timer = undefined;
  const values = waiting;
  waiting = {};
  if (Object.keys(values).length === 0) return;
  // Losing one costs a click on another device; this one keeps it anyway.
  call('PATCH', '/api/me/preferences', { body: { values } }).catch(() => {});
}

/** `name` in lower case. What the gateway keeps wins over what this browser kept, unless it was changed since. */
export function usePreference<T>(name: string, otherwise: T): [T, (value: T) => void] {
  const { user } = useSession();
  const client = useQueryClient();
  const stored = `switchboard.${name}.${user.id}`;
  // The cache tells who reads it a moment later; a switch that is drawn as it was until then would spring back.
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const first = useRef<T | undefined>(undefined);
  first.current ??= readStored(stored, otherwise);
  const kept = useQuery({
    queryKey: KEY,
    queryFn: async () => {
      const values = record(record(await call('GET', '/api/me/preferences')).values);
      return { ...values, ...changed.get(user.id) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  }).data;
  const known = kept !== undefined && name in kept;
  const value = known ? (kept[name] as T) : first.current;

  useEffect(() => {
    if (known) writeStored(stored, value);
  }, [known, stored, value]);

  const set = useCallback(
    (next: T) => {
      first.current = next;
      writeStored(stored, next);
      client.setQueryData<Values>(KEY, (values) => ({ ...values, [name]: next }));
      redraw();
      waiting[name] = next;
      changed.set(user.id, { ...changed.get(user.id), [name]: next });
      clearTimeout(timer);
      timer = setTimeout(send, SAVE_AFTER_MS);
    },
    [client, name, stored, user.id],
  );
  return [value, set];
}

window.addEventListener('pagehide', send);
