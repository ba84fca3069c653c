/** The condition tree of a rule: what a field may be compared with, and changing the tree. Pure (automation.md, Rules). */
import { record, type Wire } from '../../api/wire';
import type { ObjectShape, Shape } from '../form/schema';

export interface GroupNode {
  test: 'group';
  join: 'all' | 'any' | 'none';
  of: Node[];
}

export interface KeywordsNode {
  test: 'keywords';
  about: 'text' | 'subject';
  match: 'any_of' | 'all_of';
  keywords: string;
  ignore_accents: boolean;
}

export type Compared = boolean | number | string | string[] | null;

export interface FieldNode {
  test: 'field';
  field: string;
  attribute: string;
  operator: string;
  value: Compared;
}

export type Node = GroupNode | KeywordsNode | FieldNode;

export interface KnownField {
  name: string;
  title: string;
  type: string;
  choices: string[] | null;
  resource: string | null;
}

/** What the schema says a condition may be made of. */
export interface Vocabulary {
  fields: KnownField[];
  operators: Record<string, string[]>;
  attributeTypes: Record<string, string>;
  values: Record<string, string>;
  levels: number;
  nodes: number;
}

/** How a value is entered. */
export type ValueInput = 'none' | 'words' | 'pattern' | 'number' | 'flag' | 'time' | 'date' | 'text';

const NOTHING: Vocabulary = {
  fields: [],
  operators: {},
  attributeTypes: {},
  values: {},
  levels: 8,
  nodes: 200,
};

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function readVocabulary(wire: Wire): Vocabulary {
  const limits = record(wire.limits);
  return {
    fields: list(wire.fields).map((one) => {
      const from = record(one);
      return {
        name: String(from.name),
        title: String(from.title),
        type: String(from.type),
        choices: Array.isArray(from.choices) ? from.choices.map(String) : null,
        resource: typeof from.resource === 'string' ? from.resource : null,
      };
    }),
    operators: record(wire.operators) as Record<string, string[]>,
    attributeTypes: record(wire.attribute_types) as Record<string, string>,
    values: record(wire.values) as Record<string, string>,
    levels: Number(limits.levels ?? 8),
    nodes: Number(limits.nodes ?? 200),
  };
}

/** The vocabulary stands in the schema of a field condition, somewhere in the circle of conditions. */
export function vocabularyOf(shape: Shape): Vocabulary {
  const seen = new Set<Shape>();
  const waiting: Shape[] = [shape];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (seen.has(one)) continue;
    seen.add(one);
    if (one.kind === 'object') {
      if (one.vocabulary) return readVocabulary(one.vocabulary);
      waiting.push(...one.fields.map(({ field }) => field.shape));
    } else if (one.kind === 'list') waiting.push(one.item.shape);
    else if (one.kind === 'union') waiting.push(...one.variants.map((variant): ObjectShape => variant.shape));
  }
  return NOTHING;
}

export function readGroup(value: unknown): GroupNode {
  const from = record(value);
  const join = from.join === 'any' || from.join === 'none' ? from.join : 'all';
  return { test: 'group', join, of: list(from.of).map(readNode) };
}

function readNode(value: unknown): Node {
  const from = record(value);
  if (from.test === 'group') return readGroup(from);
  if (from.test === 'keywords')
    return {
      test: 'keywords',
      about: from.about === 'subject' ? 'subject' : 'text',
      match: from.match === 'all_of' ? 'all_of' : 'any_of',
      keywords: String(from.keywords ?? ''),
      ignore_accents: from.ignore_accents === true,
    };
  return {
    test: 'field',
    field: String(from.field ?? ''),
    attribute: String(from.attribute ?? ''),
    operator: String(from.operator ?? 'is'),
    value: (from.value ?? null) as Compared,
  };
}

/** The type that decides the operators; an attribute's is that of its definition. */
export function typeOf(vocabulary: Vocabulary, node: FieldNode, attributeType: string | null): string {
  const known = vocabulary.fields.find(({ name }) => name === node.field);
  const type = known?.type ?? 'text';
  return type === 'attribute' ? (vocabulary.attributeTypes[attributeType ?? 'text'] ?? 'text') : type;
}

export function operatorsFor(vocabulary: Vocabulary, type: string): string[] {
  return vocabulary.operators[type] ?? ['is'];
}

export function inputFor(vocabulary: Vocabulary, type: string, operator: string): ValueInput {
  const shape = vocabulary.values[operator] ?? 'own';
  if (shape !== 'own') return shape as ValueInput;
  switch (type) {
    case 'flag':
      return 'flag';
    case 'number':
      return 'number';
    case 'time_of_day':
      return 'time';
    case 'date':
      return 'date';
    default:
      return 'words';
  }
}

/** The value as the input holds it; what does not fit the input begins empty. */
export function fitting(input: ValueInput, value: Compared): Compared {
  switch (input) {
    case 'none':
      return null;
    case 'words':
      if (Array.isArray(value)) return value;
      return typeof value === 'string' && value !== '' ? [value] : [];
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'flag':
      return typeof value === 'boolean' ? value : true;
    default:
      return typeof value === 'string' ? value : '';
  }
}

/** Another field: its first operator, and no value that belonged to the one before. */
export function withField(vocabulary: Vocabulary, field: string): FieldNode {
  const node: FieldNode = { test: 'field', field, attribute: '', operator: 'is', value: null };
  const type = typeOf(vocabulary, node, null);
  return withOperator(vocabulary, type, node, operatorsFor(vocabulary, type)[0] ?? 'is');
}

export function withOperator(
  vocabulary: Vocabulary,
  type: string,
  node: FieldNode,
  operator: string,
): FieldNode {
  return { ...node, operator, value: fitting(inputFor(vocabulary, type, operator), node.value) };
}

/** Another attribute: an operator that its type has not is replaced. */
export function withAttribute(
  vocabulary: Vocabulary,
  node: FieldNode,
  attribute: string,
  attributeType: string,
): FieldNode {
  const next = { ...node, attribute };
  const type = typeOf(vocabulary, next, attributeType);
  const known = operatorsFor(vocabulary, type);
  return withOperator(
    vocabulary,
    type,
    next,
    known.includes(node.operator) ? node.operator : (known[0] ?? 'is'),
  );
}

export const NEW_KEYWORDS: KeywordsNode = {
  test: 'keywords',
  about: 'text',
  match: 'any_of',
  keywords: '',
  ignore_accents: false,
};

export function newGroup(parent: GroupNode): GroupNode {
  return { test: 'group', join: parent.join === 'any' ? 'all' : 'any', of: [] };
}

export function countNodes(node: Node): number {
  return node.test === 'group' ? 1 + node.of.reduce((sum, below) => sum + countNodes(below), 0) : 1;
}
