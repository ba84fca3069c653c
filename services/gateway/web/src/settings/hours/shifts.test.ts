import { describe, expect, test } from 'vitest';
import { countries, instantIn, nextShift, overnight, readShift, wallIn, writeShift } from './shifts';

test.each(['09:00-17:00', '22:00-06:00', '00:00-24:00'])('%s is read and written as it was', (text) => {
  expect(writeShift(readShift(text))).toBe(text);
});

test('only a shift past midnight ends on the next day', () => {
  expect(overnight(readShift('22:00-06:00'))).toBe(true);
  expect(overnight(readShift('18:00-24:00'))).toBe(false);
  expect(overnight(readShift('09:00-17:00'))).toBe(false);
});

test('the next shift comes after the last one', () => {
  expect(nextShift([])).toBe('09:00-17:00');
  expect(nextShift(['09:00-13:00'])).toBe('14:00-17:00');
  expect(nextShift(['09:00-20:00'])).toBe('21:00-24:00');
});

describe('a wall clock in a zone', () => {
  test.each([
    ['2026-03-02T10:00', 'Europe/Madrid', '2026-03-02T09:00:00.000Z'],
    ['2026-07-02T10:00', 'Europe/Madrid', '2026-07-02T08:00:00.000Z'],
    ['2026-03-29T03:30', 'Europe/Madrid', '2026-03-29T01:30:00.000Z'],
    ['2026-01-15T00:15', 'America/Mexico_City', '2026-01-15T06:15:00.000Z'],
  ])('%s in %s is %s', (wall, zone, instant) => {
    expect(instantIn(wall, zone)).toBe(instant);
    expect(wallIn(Date.parse(instant), zone)).toBe(wall);
  });

  test('an unknown zone or time has no instant', () => {
    expect(instantIn('2026-03-02T10:00', 'Nowhere/Land')).toBeNull();
    expect(instantIn('', 'Europe/Madrid')).toBeNull();
  });
});

test('countries have names', () => {
  const found = countries('en');
  expect(found.find(({ value }) => value === 'ES')?.label).toBe('Spain');
  expect(found.some(({ value }) => value === 'ZZ')).toBe(false);
});
