/** Values of forms: what an empty one holds, and reading and replacing parts of one. */
import type { Field, ObjectShape, Shape } from './schema';

export type Value = Record<string, unknown>;

/** What a new union begins with: what is wanted most, and does no harm as it is. */
const BEGIN_WITH = new Set(['webchat', 'change_topics', 'statement']);

/** An object with every field at its default. */
export function blankObject(shape: ObjectShape): Value {
  const value: Value = { ...shape.constants };
  for (const { name, field } of shape.fields) value[name] = blank(field);
  return value;
}

export function blank(field: Field): unknown {
  if (field.initial !== undefined) return structuredClone(field.initial);
  return field.nullable ? null : blankShape(field.shape);
}

export function blankShape(shape: Shape): unknown {
  switch (shape.kind) {
    case 'boolean':
      return false;
    case 'number':
      return null;
    case 'choice':
      return shape.values[0] ?? '';
    case 'reference':
      return null;
    case 'choices':
    case 'references':
    case 'words':
    case 'numbers':
      return [];
    case 'list':
      return Array.from({ length: shape.minimum }, () => blank(shape.item));
    case 'map':
      return {};
    case 'object':
      return blankObject(shape);
    case 'union': {
      const first = shape.variants.find(({ value }) => BEGIN_WITH.has(value)) ?? shape.variants[0];
      return first ? blankObject(first.shape) : {};
    }
    default:
      return '';
  }
}

/** An object that the gateway sent, with fields it left out (secrets, new ones) at their defaults. */
export function completed(shape: ObjectShape, value: Value): Value {
  return { ...blankObject(shape), ...value };
}

export function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(to, 0, item);
  return next;
}
