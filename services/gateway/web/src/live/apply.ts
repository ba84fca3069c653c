/** What a live event does to what the page holds. */
import type { QueryClient } from '@tanstack/react-query';
import type { LiveEvent } from '../api/live';
import { readTimeline, type Timeline } from '../api/queries';
import { applyRow, dropRow } from '../api/rows';
import type { Agent, Detail, Message, Page, QueueCounts, Row } from '../api/types';
import * as wire from '../api/wire';
import { noteHint } from './hints';

export interface LiveContext {
  client: QueryClient;
  me: string;
  onNewRow: (row: Row) => void;
  onMessage: (message: Message) => void;
}

/** Adds a message to a loaded timeline, or replaces the older version of it. */
export function landMessage(timeline: Timeline, message: Message): Timeline {
  let held = false;
  const pages = timeline.pages.map((page) => ({
    ...page,
    items: page.items.map((one) => {
      if (one.id !== message.id) return one;
      held = true;
      return message.version >= one.version ? message : one;
    }),
  }));
  const first = pages[0];
  if (!held && first) first.items = [message, ...first.items];
  return { ...timeline, pages };
}

export function applyMessage(client: QueryClient, message: Message): boolean {
  const known = client.getQueryData<Timeline>(['timeline', message.conversation]);
  if (!known) return false;
  const isNew = !known.pages.some((page) => page.items.some((one) => one.id === message.id));
  client.setQueryData<Timeline>(['timeline', message.conversation], landMessage(known, message));
  return isNew;
}

export function refreshAll(client: QueryClient): void {
  for (const key of [
    'session',
    'rows',
    'counts',
    'detail',
    'timeline',
    'trail',
    'agents',
    'notifications',
    'contact',
  ]) {
    void client.invalidateQueries({ queryKey: [key] });
  }
}

function onRow(context: LiveContext, data: unknown): void {
  const { client, me, onNewRow } = context;
  const row = wire.row(data);
  const before = client.getQueryData<Detail>(['detail', row.id])?.row;
  const wasNew = client
    .getQueriesData<{ pages: { items: Row[] }[] }>({ queryKey: ['rows'] })
    .some(([, rows]) =>
      rows?.pages.some((page) => page.items.some((one) => one.id === row.id && one.status === 'new')),
    );
  applyRow(client, row, me);
  if (row.status === 'new' && !wasNew) onNewRow(row);
  if (before && row.version !== before.version)
    void client.invalidateQueries({ queryKey: ['trail', row.id] });
  if (before && row.last_message_at !== before.last_message_at) {
    const timeline = client.getQueryData<Timeline>(['timeline', row.id]);
    const newest = timeline?.pages[0]?.items[0];
    // A `timeline` event says so too; this is for the one that was missed.
    if (!newest || (row.last_message_at ?? '') > newest.received_at)
      void client.invalidateQueries({ queryKey: ['timeline', row.id] });
  }
}

/** The event names what changed; the newest page holds it, unless so much did that all is read again. */
async function onTimeline({ client, onMessage }: LiveContext, data: unknown): Promise<void> {
  const id = String(wire.record(data).conversation ?? '');
  const known = client.getQueryData<Timeline>(['timeline', id]);
  if (!known) return;
  const ids = new Set(known.pages.flatMap((page) => page.items.map((one) => one.id)));
  let newest: Page<Message>;
  try {
    newest = await readTimeline(id, null);
  } catch {
    void client.invalidateQueries({ queryKey: ['timeline', id] });
    return;
  }
  if (ids.size > 0 && !newest.items.some((one) => ids.has(one.id))) {
    void client.invalidateQueries({ queryKey: ['timeline', id] });
    return;
  }
  for (const message of newest.items.toReversed()) {
    if (applyMessage(client, message) && !ids.has(message.id)) onMessage(message);
  }
}

function onAgent(client: QueryClient, me: string, data: unknown): void {
  const said = wire.record(wire.record(data).agent ?? data);
  const agent = wire.agent(said);
  let known = false;
  client.setQueriesData<Agent[]>({ queryKey: ['agents'] }, (agents) =>
    agents?.map((one) => {
      if (one.id !== agent.id) return one;
      known = true;
      return { ...agent, name: agent.name || one.name, email: agent.email || one.email };
    }),
  );
  if (!known) void client.invalidateQueries({ queryKey: ['agents'] });
  if (agent.id === me) {
    client.setQueryData(['session'], (session: object | null | undefined) =>
      session ? { ...session, availability: agent.availability, away_state: agent.away_state } : session,
    );
  }
}

export function applyLive(context: LiveContext, event: LiveEvent): void {
  const { client, me } = context;
  switch (event.name) {
    case 'row':
      onRow(context, event.data);
      return;
    case 'gone': {
      const id = String(wire.record(event.data).id ?? '');
      dropRow(client, id);
      if (client.getQueryData(['detail', id])) void client.invalidateQueries({ queryKey: ['detail', id] });
      return;
    }
    case 'counts':
      client.setQueryData<QueueCounts>(['counts'], wire.counts(event.data));
      return;
    case 'timeline':
      void onTimeline(context, event.data);
      return;
    case 'agent':
      onAgent(client, me, event.data);
      return;
    case 'hint':
      noteHint(event.data, me);
      return;
    case 'notification':
      void client.invalidateQueries({ queryKey: ['notifications'] });
      return;
    case 'settings':
      void client.invalidateQueries({ queryKey: ['session'] });
      // Lists only: an object that somebody has in a form is not changed under his hands; his save is told (412).
      void client.invalidateQueries({ queryKey: ['settings', wire.record(event.data).kind], exact: true });
      void client.invalidateQueries({ queryKey: ['settings', 'admin-log'] });
      void client.invalidateQueries({ queryKey: ['agents'] });
      if (wire.record(event.data).kind === 'macros') void client.invalidateQueries({ queryKey: ['macros'] });
      return;
    case 'resync':
      refreshAll(client);
      return;
    default:
      return;
  }
}
