/** The last inbound message that was on the screen: what `seen` in acts and replies refers to. */
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import type { Message } from '../../api/types';

/**
 * Watches the elements marked `data-inbound` inside `container`. Nothing counts as seen while the page is hidden.
 * The returned function gives the id, or null when nothing inbound has been seen.
 */
export function useSeen(
  container: RefObject<HTMLElement | null>,
  messages: readonly Message[],
  otherwise: string | null,
): () => string | null {
  const seen = useRef<{ id: string; at: number } | null>(null);
  const arrival = useRef(new Map<string, number>());

  useEffect(() => {
    const root = container.current;
    if (!root) return;
    arrival.current = new Map(
      messages
        .filter((one) => one.direction === 'inbound')
        .map((one) => [one.id, Date.parse(one.received_at)]),
    );
    const visible = new Set<string>();
    const note = () => {
      if (document.visibilityState === 'hidden') return;
      for (const id of visible) {
        const at = arrival.current.get(id) ?? 0;
        if (seen.current === null || at >= seen.current.at) seen.current = { id, at };
      }
    };
    const observer = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          const id = (entry.target as HTMLElement).dataset.inbound ?? '';
          if (entry.isIntersecting) visible.add(id);
          else visible.delete(id);
        }
        note();
      },
      { root },
    );
    for (const element of root.querySelectorAll('[data-inbound]')) observer.observe(element);
    document.addEventListener('visibilitychange', note);
    return () => {
      observer.disconnect();
      document.removeEventListener('visibilitychange', note);
    };
  }, [container, messages]);

  const hasInbound = messages.some((one) => one.direction === 'inbound');
  return useCallback(() => seen.current?.id ?? (hasInbound ? null : otherwise), [hasInbound, otherwise]);
}
