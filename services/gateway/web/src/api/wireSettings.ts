/** Reads what administrators see of the gateway: settings objects and their kinds, keys, the admin log. */
import { actor, list, number, optional, record, text, texts, type Wire } from './read';
import type { AdminLogEntry, ApiKey, KindInfo, Stored } from './types';

export function stored(wire: unknown): Stored {
  const from = record(wire);
  return {
    id: text(from.id),
    kind: text(from.kind),
    version: number(from.version),
    value: record(from.value),
    created_at: text(from.created_at),
    changed_at: text(from.changed_at),
    changed_by: actor(from.changed_by),
    broken: texts(from.broken),
    revealed: record(from.revealed) as Record<string, string>,
    secrets: texts(from.secrets),
    warnings: texts(from.warnings),
  };
}

export function kind(from: Wire): KindInfo {
  return {
    kind: text(from.kind),
    title: text(from.title),
    singleton: from.singleton === true,
    schema: record(from.schema),
  };
}

export function kinds(wire: unknown): KindInfo[] {
  return list(record(wire).kinds).map((item) => kind(record(item)));
}

export function apiKey(wire: unknown): ApiKey {
  const from = record(wire);
  return {
    id: text(from.id),
    name: text(from.name),
    scopes: texts(from.scopes),
    created_at: text(from.created_at),
    last_used_at: optional(from.last_used_at),
    created_by: actor(from.created_by).name,
    virtual_agent: optional(from.virtual_agent),
    key: optional(from.key),
  };
}

export function adminLogEntry(wire: Wire): AdminLogEntry {
  return {
    id: text(wire.id),
    at: text(wire.at),
    by: actor(wire.by),
    kind: text(wire.kind),
    object: text(wire.object),
    name: text(wire.name),
    action: text(wire.action),
    before: wire.before ? record(wire.before) : null,
    after: wire.after ? record(wire.after) : null,
  };
}

export function apiKeys(wire: unknown): { items: ApiKey[]; scopes: string[] } {
  const from = record(wire);
  return { items: list(from.items).map(apiKey), scopes: texts(from.available_scopes) };
}
