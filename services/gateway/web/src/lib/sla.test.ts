import { describe, expect, test } from 'vitest';
import type { Sla } from '../api/types';
import { shownSla } from './sla';

const START = Date.parse('2026-03-02T09:00:00.000Z');
const minutes = (count: number) => new Date(START + count * 60_000).toISOString();
const now = (count: number) => START + count * 60_000;

function clock(fields: Partial<Sla> = {}): Sla {
  return {
    kind: 'first',
    policy_name: 'Gold',
    target_seconds: 3600,
    warn_at: minutes(45),
    due_at: minutes(60),
    breach_at: minutes(60),
    remaining_seconds: 3600,
    paused: false,
    as_of: minutes(0),
    pauses_at: null,
    resumes_at: null,
    ...fields,
  };
}

describe('a clock counts on by itself (sla.md 11, 12)', () => {
  test('grey, then orange from the warning, then red strictly after the breach', () => {
    expect(shownSla(clock(), now(44.9)).colour).toBe('grey');
    expect(shownSla(clock(), now(45)).colour).toBe('orange');
    expect(shownSla(clock(), now(60)).colour).toBe('orange');
    expect(shownSla(clock(), now(60) + 1).colour).toBe('red');
  });

  test('time left is rounded up, time over down', () => {
    expect(shownSla(clock(), now(10.5)).minutes).toBe(50);
    expect(shownSla(clock(), now(60)).minutes).toBe(0);
    expect(shownSla(clock(), now(62.9))).toMatchObject({ over: true, minutes: 2 });
  });

  test('time left stands still while closed', () => {
    const closed = clock({
      paused: true,
      remaining_seconds: 1800,
      resumes_at: minutes(100),
      breach_at: minutes(130),
    });
    expect(shownSla(closed, now(5))).toMatchObject({ minutes: 30, paused: true });
    expect(shownSla(closed, now(99))).toMatchObject({ minutes: 30, paused: true });
    expect(shownSla(closed, now(110))).toMatchObject({ minutes: 20, paused: false });
  });

  test('it pauses at the next closing', () => {
    const open = clock({
      pauses_at: minutes(20),
      due_at: minutes(500),
      breach_at: minutes(500),
      warn_at: minutes(490),
    });
    expect(shownSla(open, now(10))).toMatchObject({ minutes: 50, paused: false });
    expect(shownSla(open, now(90))).toMatchObject({ minutes: 40, paused: true, colour: 'grey' });
  });
});
