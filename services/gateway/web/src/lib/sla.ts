/** What to show of a running clock at an instant (sla.md 11 and 12), from what the row carries. */
import type { Sla } from '../api/types';

export interface ShownSla {
  colour: 'grey' | 'orange' | 'red';
  /** Whole minutes: remaining rounded up, over rounded down. */
  minutes: number;
  over: boolean;
  paused: boolean;
}

function instant(value: string | null): number | null {
  return value === null ? null : Date.parse(value);
}

/** Remaining working seconds at `now`, counting only while open. */
function remaining(sla: Sla, now: number): { seconds: number; paused: boolean } {
  const asOf = instant(sla.as_of) ?? now;
  const pauses = instant(sla.pauses_at);
  const resumes = instant(sla.resumes_at);
  if (!sla.paused) {
    const until = pauses !== null && now > pauses ? pauses : now;
    return { seconds: sla.remaining_seconds - Math.max(0, until - asOf) / 1000, paused: until !== now };
  }
  if (resumes === null || now < resumes) return { seconds: sla.remaining_seconds, paused: true };
  return { seconds: sla.remaining_seconds - (now - resumes) / 1000, paused: false };
}

export function shownSla(sla: Sla, now: number): ShownSla {
  const breach = instant(sla.breach_at);
  if (breach !== null && now > breach) {
    return { colour: 'red', minutes: Math.floor((now - breach) / 60_000), over: true, paused: false };
  }
  const left = remaining(sla, now);
  const warn = instant(sla.warn_at);
  return {
    colour: warn !== null && now >= warn ? 'orange' : 'grey',
    minutes: Math.max(0, Math.ceil(left.seconds / 60)),
    over: false,
    paused: left.paused,
  };
}
