/** One ticking clock for the whole page, so that waiting times and SLA chips count by themselves. */
import { useSyncExternalStore } from 'react';
import { now } from '../api/http';

const TICK_MS = 5000;
const listeners = new Set<() => void>();
let current = now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    current = now();
    timer = setInterval(() => {
      current = now();
      for (const each of listeners) each();
    }, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Milliseconds by the gateway's clock, renewed every few seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => current);
}
