/** Values for tests, as the gateway sends them. */
import type { Message, Row, Session } from '../api/types';
import * as wire from '../api/wire';

export function row(fields: Partial<Row> & Record<string, unknown> = {}): Row {
  return wire.row({
    id: 'k1',
    version: 1,
    channel: 'c1',
    medium: 'webchat',
    visibility: 'private',
    contact: 'contact-0001',
    contact_name: 'Ana',
    status: 'new',
    substatus: 'untouched',
    status_number: 3,
    status_since: '2026-03-02T09:00:00.000Z',
    waiting_since: '2026-03-02T09:00:00.000Z',
    last_message_at: '2026-03-02T09:00:00.000Z',
    priority: { score: 0, boost: 0, matches: [] },
    ...fields,
  });
}

export function message(fields: Record<string, unknown> = {}): Message {
  return wire.message({
    id: 'm1',
    version: 1,
    conversation: 'k1',
    direction: 'inbound',
    author: { kind: 'contact', id: 'x', name: 'Ana' },
    text: 'Hello',
    sent_at: '2026-03-02T09:00:00.000Z',
    received_at: '2026-03-02T09:00:00.000Z',
    ...fields,
  });
}

export function session(fields: Record<string, unknown> = {}): Session {
  return wire.session({
    user: { id: 'u1', name: 'Marta Ruiz', email: 'marta@example.org', role: 'agent', language: 'en' },
    csrf: 'token',
    has_access: true,
    rights: { c1: 'contributor' },
    availability: { availability: 'available' },
    workspace: { channels: [{ id: 'c1', name: 'Chat', medium: 'webchat' }] },
    ...fields,
  });
}
