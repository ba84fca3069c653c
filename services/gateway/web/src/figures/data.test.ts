import { expect, test } from 'vitest';
import { session } from '../test/make';
import { percent, readable, readFigures } from './data';

test('figures of csat.md, with a dash where nothing can be averaged', () => {
  const figures = readFigures({
    sent: 20,
    answered: 8,
    response_rate: 40,
    satisfaction: 62.5,
    average: 3.625,
    distribution: { '5': 3, '1': 1, '4': 2, '2': 1, '3': 1 },
  });
  expect(figures.distribution.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  expect(percent(figures.satisfaction, 'en')).toBe('62.5%');
  expect(percent(readFigures({ sent: 0, satisfaction: null }).satisfaction, 'en')).toBe('–');
});

test('RP-04: what one may not read is narrowed to one’s own', () => {
  const all = { days: 30, channel: null, team: null, agent: null };
  const me = session({ rights: { c1: 'supervisor', c2: 'contributor' } });
  expect(readable(me, all).agent).toBe('u1');
  expect(readable(me, { ...all, channel: 'c1' }).agent).toBeNull();
  expect(readable(me, { ...all, channel: 'c2' }).agent).toBe('u1');
  const admin = session({ user: { id: 'a', name: 'A', role: 'admin' } });
  expect(readable(admin, all).agent).toBeNull();
});
