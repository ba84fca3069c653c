/** Who else views or types in a conversation (WF-15); a hint fades unless it is repeated. */
import { useEffect, useState } from 'react';
import { record } from '../api/wire';

interface Hint {
  user: string;
  what: 'viewing' | 'typing';
  until: number;
}

const LASTS_MS = { viewing: 45_000, typing: 8_000 };
const hints = new Map<string, Map<string, Hint>>();
const listeners = new Set<() => void>();

export function noteHint(data: unknown, me: string): void {
  const { conversation, user, what } = record(data);
  const who = typeof user === 'string' ? user : String(record(user).id ?? '');
  if (typeof conversation !== 'string' || who === '' || who === me) return;
  const kind = what === 'typing' ? 'typing' : 'viewing';
  const of = hints.get(conversation) ?? new Map<string, Hint>();
  of.set(who, { user: who, what: kind, until: Date.now() + LASTS_MS[kind] });
  hints.set(conversation, of);
  for (const listener of listeners) listener();
}

function current(conversation: string): { viewing: string[]; typing: string[] } {
  const of = [...(hints.get(conversation)?.values() ?? [])].filter((hint) => hint.until > Date.now());
  return {
    viewing: of.filter((hint) => hint.what === 'viewing').map((hint) => hint.user),
    typing: of.filter((hint) => hint.what === 'typing').map((hint) => hint.user),
  };
}

export function useHints(conversation: string): { viewing: string[]; typing: string[] } {
  const [shown, setShown] = useState(() => current(conversation));
  useEffect(() => {
    const renew = () => setShown(current(conversation));
    renew();
    listeners.add(renew);
    const timer = setInterval(renew, 3000);
    return () => {
      listeners.delete(renew);
      clearInterval(timer);
    };
  }, [conversation]);
  return shown;
}
