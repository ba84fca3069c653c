import { expect, test } from 'vitest';
import adminEn from '../settings/texts/en';
import adminEs from '../settings/texts/es';
import titles from '../settings/words/es';
import schemas from '../test/schemas.json';
import en from './en';
import es from './es';

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, path = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[`${path}${key}`, value]] : [...flat(value, `${path}${key}.`)],
    ),
  );
}

test.each([
  ['the page', en, es],
  ['the settings', adminEn, adminEs],
])('%s: Spanish says everything that English says, with the same places to fill', (_, one, other) => {
  const english = flat(one);
  const spanish = flat(other);
  expect([...spanish.keys()].sort()).toEqual([...english.keys()].sort());
  const places = (text: string) => [...text.matchAll(/\{\{\w+\}\}/g)].map(String).sort();
  for (const [key, text] of english)
    expect([key, places(spanish.get(key) ?? '')]).toEqual([key, places(text)]);
});

/** Titles of fields that a form draws: properties of models, without discriminators and read-only ones. */
function drawnTitles(schema: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(schema)) for (const one of schema) drawnTitles(one, found);
  else if (typeof schema === 'object' && schema !== null) {
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'properties')
        for (const property of Object.values(value as Record<string, Record<string, unknown>>))
          if (typeof property.title === 'string' && !('const' in property) && !property.readOnly)
            found.add(property.title);
      drawnTitles(value, found);
    }
  }
  return found;
}

test('every title of a settings form has a Spanish one', () => {
  const missing = [...drawnTitles(schemas)].filter((title) => !(title in titles.titles));
  expect(missing).toEqual([]);
});
