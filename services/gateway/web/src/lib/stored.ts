/** Values kept on this browser, by user; unreadable storage counts as empty. */
import { useCallback, useState } from 'react';

export function readStored<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(key);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function writeStored(key: string, value: unknown): void {
  try {
    if (value === null || value === '') localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden: it lives until the page is left.
  }
}

export function forgetStored(prefix: string): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
}

export function useStored<T>(key: string, otherwise: T): [T, (value: T) => void] {
  const [held, setHeld] = useState(() => ({ key, value: readStored(key, otherwise) }));
  const value = held.key === key ? held.value : readStored(key, otherwise);
  const set = useCallback(
    (next: T) => {
      setHeld({ key, value: next });
      writeStored(key, next);
    },
    [key],
  );
  return [value, set];
}
