import { describe, expect, test } from 'vitest';
import schemas from '../../test/schemas.json';
import { SchemaReader } from '../form/schema';
import {
  countNodes,
  type FieldNode,
  inputFor,
  operatorsFor,
  readGroup,
  typeOf,
  vocabularyOf,
  withAttribute,
  withField,
  withOperator,
} from './conditions';

const rules = schemas.kinds.find(({ kind }) => kind === 'rules');
const shape = new SchemaReader(rules?.schema as Record<string, unknown>).read();
const field = shape.fields.find(({ name }) => name === 'conditions')?.field;
if (!field) throw new Error('rules have no conditions');
const vocabulary = vocabularyOf(field.shape);

describe('what a field may be compared with comes from the schema', () => {
  test('it is found inside the circle of conditions', () => {
    expect(vocabulary.fields.map(({ name }) => name)).toContain('priority_score');
    expect(vocabulary.levels).toBe(8);
  });

  test('operators and inputs follow the type', () => {
    const type = (name: string) => typeOf(vocabulary, withField(vocabulary, name), null);
    expect(operatorsFor(vocabulary, type('topics'))).toContain('contains_any_of');
    expect(operatorsFor(vocabulary, type('has_attachment'))).toEqual(['is']);
    expect(inputFor(vocabulary, type('priority_score'), 'at_least')).toBe('number');
    expect(inputFor(vocabulary, type('time_of_day'), 'before')).toBe('time');
    expect(inputFor(vocabulary, type('text'), 'matches')).toBe('pattern');
    expect(inputFor(vocabulary, type('subject'), 'is_empty')).toBe('none');
  });

  test('another operator keeps a value that still fits and empties one that does not', () => {
    const number = { ...withField(vocabulary, 'priority_score'), value: 3 } satisfies FieldNode;
    expect(withOperator(vocabulary, 'number', number, 'at_least').value).toBe(3);
    expect(withOperator(vocabulary, 'number', number, 'is_empty').value).toBeNull();
    const words = { ...withField(vocabulary, 'text'), value: ['a'] } satisfies FieldNode;
    expect(withOperator(vocabulary, 'text', words, 'matches').value).toBe('');
  });

  test('a contact attribute is compared as its own type', () => {
    const node = withField(vocabulary, 'contact_attribute');
    const since = withAttribute(vocabulary, { ...node, operator: 'contains_any_of' }, 'since', 'date');
    expect(operatorsFor(vocabulary, 'date')).toContain(since.operator);
    expect(since.attribute).toBe('since');
  });
});

test('a tree is counted', () => {
  const tree = readGroup({
    join: 'any',
    of: [
      { test: 'keywords', keywords: 'a' },
      {
        test: 'group',
        join: 'none',
        of: [{ test: 'field', field: 'channel', operator: 'is', value: ['c'] }],
      },
    ],
  });
  expect(countNodes(tree)).toBe(4);
});
