import { QueryClient } from '@tanstack/react-query';
import { describe, expect, test } from 'vitest';
import { row } from '../test/make';
import { applyRow, asFilters, belongs, compare, dropRow, type Filters, NO_CHOICES, NO_FILTERS } from './rows';
import type { Detail, Page, Row } from './types';

const FRESH: Filters = { ...NO_FILTERS, tab: 'new', sort: 'oldest' };
const at = (minute: number) => `2026-03-02T09:${String(minute).padStart(2, '0')}:00.000Z`;

function held(client: QueryClient, filters: Filters): string[] {
  const data = client.getQueryData<{ pages: Page<Row>[] }>(['rows', filters]);
  return data?.pages.flatMap((page) => page.items.map((one) => one.id)) ?? [];
}

function listing(filters: Filters, rows: Row[], next: string | null = null): QueryClient {
  const client = new QueryClient();
  client.setQueryData(['rows', filters], { pages: [{ items: rows, next }], pageParams: [null] });
  return client;
}

describe('the order of New (RT-12)', () => {
  test('goes by score, then by who waits longest', () => {
    const late = row({ id: 'late', waiting_since: at(9) });
    const early = row({ id: 'early', waiting_since: at(1) });
    const scored = row({
      id: 'scored',
      waiting_since: at(30),
      priority: { score: 2, boost: 0, matches: [] },
    });
    expect([late, scored, early].sort((a, b) => compare(a, b, FRESH)).map((one) => one.id)).toEqual([
      'scored',
      'early',
      'late',
    ]);
  });

  test('newest first turns only those without a score', () => {
    const score = { score: 1, boost: 0, matches: [] };
    const rows = [
      row({ id: 'plain early', waiting_since: at(1) }),
      row({ id: 'plain late', waiting_since: at(2) }),
      row({ id: 'scored late', waiting_since: at(4), priority: score }),
      row({ id: 'scored early', waiting_since: at(3), priority: score }),
    ];
    const sorted = rows.sort((a, b) => compare(a, b, { tab: 'new', sort: 'newest' }));
    expect(sorted.map((one) => one.id)).toEqual(['scored early', 'scored late', 'plain late', 'plain early']);
  });
});

describe('filters (WF-30)', () => {
  test.each([
    [
      { owner: 'me' as const },
      row({ owner: { kind: 'agent', id: 'u1' } }),
      row({ owner: { kind: 'agent', id: 'u2' } }),
    ],
    [{ owner: 'none' as const }, row(), row({ owner: { kind: 'agent', id: 'u1' } })],
    [{ channel: 'c1' }, row(), row({ channel: 'c2' })],
    [{ team: 't1' }, row({ teams: ['t1'] }), row({ teams: ['t2'] })],
    [{ topic: 'p1' }, row({ topics: ['p1'] }), row()],
    [{ visibility: 'public' as const }, row({ visibility: 'public' }), row()],
  ])('%o takes one and leaves the other', (filter, taken, left) => {
    expect(belongs(taken, { ...FRESH, ...filter }, 'u1')).toBe(true);
    expect(belongs(left, { ...FRESH, ...filter }, 'u1')).toBe(false);
  });

  test('each tab has its own order', () => {
    expect(asFilters(NO_CHOICES).sort).toBe('oldest');
    expect(asFilters({ ...NO_CHOICES, tab: 'resolved' }).sort).toBe('newest');
    expect(asFilters({ ...NO_CHOICES, tab: 'resolved', sorts: { resolved: 'oldest' } }).sort).toBe('oldest');
  });
});

describe('a row that arrives live (UI-07)', () => {
  test('appears at its place', () => {
    const client = listing(FRESH, [
      row({ id: 'a', waiting_since: at(1) }),
      row({ id: 'c', waiting_since: at(9) }),
    ]);
    applyRow(client, row({ id: 'b', waiting_since: at(5) }), 'u1');
    expect(held(client, FRESH)).toEqual(['a', 'b', 'c']);
  });

  test('leaves the list when its status does not fit any more', () => {
    const client = listing(FRESH, [row({ id: 'a' })]);
    applyRow(client, row({ id: 'a', version: 2, status: 'pending' }), 'u1');
    expect(held(client, FRESH)).toEqual([]);
  });

  test('waits for its page when it stands behind what is loaded', () => {
    const client = listing(FRESH, [row({ id: 'a', waiting_since: at(1) })], 'more');
    applyRow(client, row({ id: 'z', waiting_since: at(50) }), 'u1');
    expect(held(client, FRESH)).toEqual(['a']);
  });

  test('is ignored when a newer one is shown already', () => {
    const client = listing(FRESH, [row({ id: 'a', version: 5 })]);
    client.setQueryData<Detail>(['detail', 'a'], {
      row: row({ id: 'a', version: 5 }),
      contact: null,
      may: {},
    });
    applyRow(client, row({ id: 'a', version: 4, status: 'resolved' }), 'u1');
    expect(held(client, FRESH)).toEqual(['a']);
    expect(client.getQueryData<Detail>(['detail', 'a'])?.row.status).toBe('new');
  });

  test('that is gone is taken out of every list', () => {
    const client = listing(FRESH, [row({ id: 'a' }), row({ id: 'b' })]);
    dropRow(client, 'a');
    expect(held(client, FRESH)).toEqual(['b']);
  });
});
