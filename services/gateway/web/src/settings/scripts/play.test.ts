import { describe, expect, test } from 'vitest';
import { escapes, play, readScripts, type Step } from './play';

const STEPS: Step[] = [
  { step: 'statement', text: 'Welcome.' },
  { step: 'attribute', text: 'Your e-mail?', attribute: 'email', again: '' },
  { step: 'question', text: 'What is it about?' },
];

describe('a script played', () => {
  test('says its statements and waits at the first question', () => {
    expect(play(STEPS, [], [], [])).toEqual({
      lines: [
        { by: 'agent', text: 'Welcome.' },
        { by: 'agent', text: 'Your e-mail?' },
      ],
      ending: null,
    });
  });

  test('a known attribute is not asked for', () => {
    const { lines, ending } = play(STEPS, [], [], ['email']);
    expect(lines.map(({ text }) => text)).toEqual(['Welcome.', 'email', 'What is it about?']);
    expect(ending).toBeNull();
  });

  test('an escape word ends it before anything is stored', () => {
    const { lines, ending } = play(STEPS, ['Quiero un AGENTE ya'], ['agente'], []);
    expect(ending).toBe('escaped');
    expect(lines.some(({ event }) => event === 'stored')).toBe(false);
  });

  test('with every answer it comes to its end', () => {
    expect(play(STEPS, ['a@b.c', 'An order'], [], []).ending).toBe('ended');
  });
});

test('escape words are whole words', () => {
  expect(escapes('Quiero un AGENTE ya', ['agente'])).toBe(true);
  expect(escapes('los agentes', ['agente'])).toBe(false);
  expect(escapes('anything', ['', ' '])).toBe(false);
});

test('scripts are read with what is missing empty', () => {
  expect(readScripts([{ steps: [{ step: 'attribute', text: 'x' }] }])).toEqual([
    { hours: 'always', language: null, steps: [{ step: 'attribute', text: 'x', attribute: '', again: '' }] },
  ]);
  expect(readScripts(null)).toEqual([]);
});
