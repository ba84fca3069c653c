import { QueryClient } from '@tanstack/react-query';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Timeline } from '../api/queries';
import { message } from '../test/make';
import { applyLive, type LiveContext } from './apply';

let client: QueryClient;
let context: LiveContext;

beforeEach(() => {
  client = new QueryClient();
  context = { client, me: 'u1', onNewRow: vi.fn(), onMessage: vi.fn() };
});

function say(name: string, data: unknown): void {
  applyLive(context, { name, data, id: null });
}

function heldMessages(): string[] {
  return (
    client
      .getQueryData<Timeline>(['timeline', 'k1'])
      ?.pages.flatMap((page) => page.items.map((one) => one.id)) ?? []
  );
}

test('a message that came is read and added to the open timeline, and told once', async () => {
  client.setQueryData(['timeline', 'k1'], {
    pages: [{ items: [message()], next: 'older' }],
    pageParams: [null],
  });
  vi.stubGlobal('fetch', async () =>
    Response.json({ items: [message({ id: 'm2' }), message()], next: 'older' }),
  );
  say('timeline', { conversation: 'k1', message_id: 'm2' });
  await vi.waitFor(() => expect(heldMessages()).toEqual(['m2', 'm1']));
  expect(context.onMessage).toHaveBeenCalledTimes(1);
  say('timeline', { conversation: 'k1', message_id: 'm2' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(heldMessages()).toEqual(['m2', 'm1']);
  expect(context.onMessage).toHaveBeenCalledTimes(1);
});

test('more new messages than a page holds: everything is read again', async () => {
  client.setQueryData(['timeline', 'k1'], {
    pages: [{ items: [message()], next: null }],
    pageParams: [null],
  });
  vi.stubGlobal('fetch', async () => Response.json({ items: [message({ id: 'm60' })], next: 'older' }));
  say('timeline', { conversation: 'k1', message_id: 'm60' });
  await vi.waitFor(() => expect(client.getQueryState(['timeline', 'k1'])?.isInvalidated).toBe(true));
});

test("a colleague's settings refresh lists, never the object in a form", () => {
  for (const key of [
    ['settings', 'topics'],
    ['settings', 'labels'],
    ['settings', 'topics', 'p1'],
    ['session'],
  ])
    client.setQueryData(key, {});
  say('settings', { kind: 'topics', id: 'p1' });
  const stale = (key: string[]) => client.getQueryState(key)?.isInvalidated;
  expect(stale(['settings', 'topics'])).toBe(true);
  expect(stale(['settings', 'labels'])).toBe(false);
  expect(stale(['settings', 'topics', 'p1'])).toBe(false);
  expect(stale(['session'])).toBe(true);
});

test("an agent's presence changes wherever he is listed, mine in the header too", () => {
  const me = { id: 'u1', name: 'Marta', email: 'm@example.org', availability: 'available' };
  client.setQueryData(['agents', ''], [me]);
  client.setQueryData(['agents', 'c1'], [me]);
  client.setQueryData(['session'], { availability: 'available' });
  say('agent', { id: 'u1', name: '', availability: 'away', away_state: null, open_conversations: 1 });
  for (const key of ['', 'c1']) {
    expect(client.getQueryData(['agents', key])).toMatchObject([{ name: 'Marta', availability: 'away' }]);
  }
  expect(client.getQueryData(['session'])).toMatchObject({ availability: 'away' });
});
