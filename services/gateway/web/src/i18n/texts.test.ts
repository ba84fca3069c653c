import { expect, test } from 'vitest';
import adminEn from '../settings/texts/en';
import adminEs from '../settings/texts/es';
import titles from '../settings/words/es';
import schemas from '../test/schemas.json';
import { speak, startTexts } from '.';
import en from './en';
import es from './es';
import { said } from './said';

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

const sources = import.meta.glob('../**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true });

test('every text is used somewhere', () => {
  const code = Object.entries(sources)
    .filter(([path]) => !/\.test\.|\/(en|es|said\.es)\.ts$/.test(path))
    .map(([, text]) => String(text))
    .join('\n');
  const whole = new Set([...code.matchAll(/['"`]([\w.%-]+)['"`]/g)].map(([, key]) => key));
  const begun = [...code.matchAll(/`([\w.-]+\.)\$\{/g)].map(([, head]) => head ?? '');
  const unused = [...flat(en).keys(), ...flat(adminEn).keys()]
    .map((key) => key.replace(/_(one|other)$/, ''))
    .filter((key) => !whole.has(key) && !begun.some((head) => key.startsWith(head)));
  expect(unused).toEqual([]);
});

test('what the gateway says is said in Spanish, with what varies in it', async () => {
  await startTexts();
  await speak('es', false);
  expect(said('Choose a resolve reason.')).toBe('Elija un motivo de resolución.');
  expect(said('The reply window of 24 hours is over.')).toBe(
    'La ventana de respuesta de 24 horas ha terminado.',
  );
  expect(said('“Ana” has this name already, and only one may.')).toContain('«Ana» ya tiene este nombre');
  expect(said('Nobody translated this.')).toBe('Nobody translated this.');
  await speak('en', false);
  expect(said('Choose a resolve reason.')).toBe('Choose a resolve reason.');
});
