/** Says things to screen readers, politely; the frame holds the live region. */
import { useSyncExternalStore } from 'react';

let text = '';
const listeners = new Set<() => void>();

export function announce(said: string): void {
  // The same words twice are said twice: a no-break space makes them differ.
  text = said === text ? `${said}\u00a0` : said;
  for (const listener of listeners) listener();
}

export function useAnnouncement(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => text,
  );
}
