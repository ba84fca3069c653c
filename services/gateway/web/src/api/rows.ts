/** Inbox rows in the cache: which filter a row belongs to, where it stands, and how a newer one lands. */
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { Detail, Page, Row, Status, Visibility } from './types';

export type QueueTab = Extract<Status, 'new' | 'pending' | 'resolved' | 'bot'>;

export interface Filters {
  tab: QueueTab;
  channel: string | null;
  team: string | null;
  /** `all`, `me`, `none`, or an agent's id. */
  owner: string;
  visibility: Visibility | null;
  topic: string | null;
  sort: 'oldest' | 'newest';
}

export const NO_FILTERS: Omit<Filters, 'tab' | 'sort'> = {
  channel: null,
  team: null,
  owner: 'all',
  visibility: null,
  topic: null,
};

/** What the user chose, as kept on this browser; each tab has its own order. */
export interface Choices extends Omit<Filters, 'sort'> {
  sorts: Partial<Record<QueueTab, Filters['sort']>>;
}

export const NO_CHOICES: Choices = { ...NO_FILTERS, tab: 'new', sorts: {} };

/** Who waits longest comes first in New; elsewhere the latest does. */
export function asFilters({ sorts, ...chosen }: Choices): Filters {
  return { ...chosen, sort: sorts[chosen.tab] ?? (chosen.tab === 'new' ? 'oldest' : 'newest') };
}

export function filtersOn(filters: Omit<Filters, 'sort'>): number {
  return [
    filters.channel !== null,
    filters.team !== null,
    filters.owner !== 'all',
    filters.visibility !== null,
    filters.topic !== null,
  ].filter(Boolean).length;
}

function ownedAs(row: Row, owner: string, me: string): boolean {
  if (owner === 'all') return true;
  return owner === 'none' ? row.owner === null : row.owner?.id === (owner === 'me' ? me : owner);
}

/** Whether the row belongs to the list with these filters. */
export function belongs(row: Row, filters: Filters, me: string): boolean {
  return (
    row.status === filters.tab &&
    (filters.channel === null || row.channel === filters.channel) &&
    (filters.team === null || row.team === filters.team || row.teams.includes(filters.team)) &&
    ownedAs(row, filters.owner, me) &&
    (filters.visibility === null || row.visibility === filters.visibility) &&
    (filters.topic === null || row.topics.includes(filters.topic))
  );
}

function instant(value: string | null): number {
  return value === null ? 0 : Date.parse(value);
}

/** Order of the queue (RT-12): New by score, then longest waiting; score 0 and the other tabs as chosen. */
export function compare(a: Row, b: Row, filters: Pick<Filters, 'tab' | 'sort'>): number {
  const way = filters.sort === 'oldest' ? 1 : -1;
  if (filters.tab === 'new') {
    const score = b.priority.score - a.priority.score;
    if (score !== 0) return score;
    const waited = instant(a.waiting_since ?? a.status_since) - instant(b.waiting_since ?? b.status_since);
    return (a.priority.score > 0 ? waited : way * waited) || (a.id < b.id ? -1 : 1);
  }
  const since = instant(a.last_message_at ?? a.status_since) - instant(b.last_message_at ?? b.status_since);
  return way * since || (a.id < b.id ? -1 : 1);
}

type Rows = InfiniteData<Page<Row>, string | null>;

export function placed(data: Rows, row: Row, filters: Filters, me: string): Rows {
  const belonging = belongs(row, filters, me);
  const held = data.pages.some((page) => page.items.some((one) => one.id === row.id));
  if (!belonging && !held) return data;
  const pages = data.pages.map((page) => ({ ...page, items: page.items.filter((one) => one.id !== row.id) }));
  if (!belonging) return { ...data, pages };
  for (const [index, page] of pages.entries()) {
    const at = page.items.findIndex((one) => compare(row, one, filters) < 0);
    const isLast = index === pages.length - 1;
    if (at >= 0) page.items.splice(at, 0, row);
    // Past what is loaded: it comes with the next page, unless this was the last one or it is shown already.
    else if (isLast && (page.next === null || held)) page.items.push(row);
    else continue;
    break;
  }
  return { ...data, pages };
}

/** Lays a newer row over every list and the open conversation. */
export function applyRow(client: QueryClient, row: Row, me: string): void {
  const detail = client.getQueryData<Detail>(['detail', row.id]);
  if (detail && row.version < detail.row.version) return;
  if (detail) client.setQueryData<Detail>(['detail', row.id], { ...detail, row });
  for (const [key, data] of client.getQueriesData<Rows>({ queryKey: ['rows'] })) {
    const filters = key[1] as Filters | undefined;
    if (!data || !filters) continue;
    const known = data.pages.flatMap((page) => page.items).find((one) => one.id === row.id);
    if (known && row.version < known.version) continue;
    client.setQueryData<Rows>(key, placed(data, row, filters, me));
  }
}

/** Takes a conversation out of every list: deleted, or not visible any more. */
export function dropRow(client: QueryClient, id: string): void {
  client.setQueriesData<Rows>({ queryKey: ['rows'] }, (data) =>
    data
      ? {
          ...data,
          pages: data.pages.map((page) => ({ ...page, items: page.items.filter((one) => one.id !== id) })),
        }
      : data,
  );
}

export function idsOnScreen(client: QueryClient): string[] {
  const ids = new Set<string>();
  for (const [, data] of client.getQueriesData<Rows>({ queryKey: ['rows'], type: 'active' }))
    for (const page of data?.pages ?? []) for (const row of page.items) ids.add(row.id);
  for (const [key] of client.getQueriesData({ queryKey: ['detail'], type: 'active' }))
    ids.add(String(key[1]));
  return [...ids].slice(0, 200);
}
