/** Reads JSON of any shape: what is missing, or of another type, is its empty value. */
import type { Actor, Page } from './types';

export type Wire = Record<string, unknown>;

export function record(value: unknown): Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wire) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : otherwise;
}

export function optional(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function number(value: unknown, otherwise = 0): number {
  return typeof value === 'number' ? value : otherwise;
}

export function texts(value: unknown): string[] {
  return list(value).filter((one): one is string => typeof one === 'string');
}

export function page<T>(read: (item: Wire) => T): (wire: unknown) => Page<T> {
  return (wire) => {
    const { items, next } = record(wire);
    return { items: list(items).map((item) => read(record(item))), next: optional(next) };
  };
}

export function actor(wire: unknown): Actor {
  const { kind, id, name } = record(wire);
  return { kind: text(kind, 'system') as Actor['kind'], id: text(id), name: text(name) };
}

export function optionalActor(wire: unknown): Actor | null {
  return typeof wire === 'object' && wire !== null ? actor(wire) : null;
}
