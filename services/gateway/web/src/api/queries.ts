/** What the page reads, by name. Live events keep it current; see live/LiveProvider. */
import {
  type InfiniteData,
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useQuery,
} from '@tanstack/react-query';
import { call, Problem, setCsrf, withQuery } from './http';
import type { Filters } from './rows';
import type { Message, Page, Row, Session, TrailEntry } from './types';
import * as wire from './wire';

export function makeClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // The browser's word about the network says nothing about a server next door; a failure is told at once.
      mutations: { networkMode: 'always' },
      queries: {
        networkMode: 'always',
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 2 && error instanceof Problem && error.passing,
      },
    },
  });
}

export async function readSession(): Promise<Session | null> {
  try {
    const session = wire.session(await call('GET', '/api/session'));
    setCsrf(session.csrf);
    return session;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** Somebody signed in, or out: nothing that another was shown stays. */
export function enter(client: QueryClient, session: Session | null): void {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
  client.setQueryData(['session'], session);
}

export function useSessionQuery() {
  return useQuery({ queryKey: ['session'], queryFn: readSession, staleTime: Number.POSITIVE_INFINITY });
}

export function useRows(filters: Filters) {
  return useInfiniteQuery({
    queryKey: ['rows', filters],
    queryFn: async ({ pageParam, signal }) =>
      wire.page<Row>(wire.row)(
        await call(
          'GET',
          withQuery('/api/conversations', {
            status: filters.tab,
            channel: filters.channel,
            team: filters.team,
            owner: filters.owner === 'all' ? null : filters.owner,
            visibility: filters.visibility,
            topic: filters.topic,
            sort: filters.sort,
            after: pageParam,
            limit: 50,
          }),
          { signal },
        ),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });
}

export function useCounts() {
  return useQuery({
    queryKey: ['counts'],
    queryFn: async () => wire.counts(await call('GET', '/api/conversations/counts')),
  });
}

export async function readDetail(id: string, signal?: AbortSignal) {
  return wire.detail(
    await call('GET', `/api/conversations/${encodeURIComponent(id)}`, signal ? { signal } : {}),
  );
}

export function useDetail(id: string) {
  return useQuery({ queryKey: ['detail', id], queryFn: ({ signal }) => readDetail(id, signal) });
}

export type Timeline = InfiniteData<Page<Message>, string | null>;

/** A page of messages, newest first, older than the cursor `before`. */
export async function readTimeline(
  id: string,
  before: string | null,
  signal?: AbortSignal,
): Promise<Page<Message>> {
  const path = withQuery(`/api/conversations/${encodeURIComponent(id)}/timeline`, { before });
  return wire.page<Message>(wire.message)(await call('GET', path, signal ? { signal } : {}));
}

export function useTimeline(id: string) {
  return useInfiniteQuery({
    queryKey: ['timeline', id],
    queryFn: ({ pageParam, signal }) => readTimeline(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
}

/** All pages of the trail, oldest first; conversations have few entries, and the timeline needs them in place. */
export function useTrail(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ['trail', id],
    enabled,
    queryFn: async ({ signal }) => {
      const entries: TrailEntry[] = [];
      let after: string | null = null;
      for (let pages = 0; pages < 20; pages++) {
        const found: Page<TrailEntry> = wire.page(wire.trailEntry)(
          await call('GET', withQuery(`/api/conversations/${encodeURIComponent(id)}/trail`, { after }), {
            signal,
          }),
        );
        entries.push(...found.items);
        if (found.next === null) break;
        after = found.next;
      }
      return entries;
    },
    placeholderData: keepPreviousData,
  });
}

/** Everybody, or only those who may reply on `channel` (WF-13). */
export function useAgents(channel?: string) {
  return useQuery({
    queryKey: ['agents', channel ?? ''],
    queryFn: async () =>
      wire.page(wire.agent)(await call('GET', withQuery('/api/agents', { channel }))).items,
  });
}

export function useNotifications() {
  return useQuery({
    queryKey: ['notifications'],
    queryFn: async () => wire.notifications(await call('GET', '/api/notifications')),
  });
}

/** The card of a contact with its conversations that the reader may see. */
export function useContactRows(contact: string | null) {
  return useQuery({
    queryKey: ['contact', contact],
    enabled: contact !== null,
    queryFn: async ({ signal }) =>
      wire.contactRead(await call('GET', `/api/contacts/${contact}`, { signal })),
  });
}
