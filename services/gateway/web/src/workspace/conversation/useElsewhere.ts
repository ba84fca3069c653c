/** What the contact and we wrote in his other conversations, to be shown between these messages (WF-33). */
import { useQueries } from '@tanstack/react-query';
import { readTimeline, useContactRows } from '../../api/queries';
import type { Message, Row } from '../../api/types';

export interface Elsewhere {
  row: Row;
  message: Message;
}

/** Conversations looked into, and messages of each: enough to see what went on, without reading a life's worth. */
const MOST = 8;

export function useElsewhere(row: Row, shown: boolean): Elsewhere[] {
  const others = (useContactRows(shown ? row.contact : null).data?.conversations ?? [])
    .filter((one) => one.id !== row.id)
    .slice(0, MOST);
  return useQueries({
    queries: shown
      ? others.map((other) => ({
          queryKey: ['elsewhere', other.id, other.last_message_at],
          queryFn: ({ signal }: { signal: AbortSignal }) => readTimeline(other.id, null, signal),
        }))
      : [],
    combine: (results) =>
      results.flatMap((result, index) => {
        const other = others[index];
        const items = result.data?.items ?? [];
        return other
          ? items
              .filter((message) => message.direction !== 'internal' && !message.masked_at)
              .map((message) => ({ row: other, message }))
          : [];
      }),
  });
}
