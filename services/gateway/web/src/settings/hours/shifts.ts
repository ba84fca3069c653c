/** Shifts as texts ("09:00-17:00"), and instants of a wall clock in a zone. Pure. */

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

export interface Shift {
  from: string;
  to: string;
}

/** An end of 24:00 is drawn as midnight: a field of time has no 24. */
export function readShift(text: string): Shift {
  const [from = '', to = ''] = text.split('-');
  return { from, to: to === '24:00' ? '00:00' : to };
}

export function writeShift({ from, to }: Shift): string {
  return `${from}-${to === '00:00' ? '24:00' : to}`;
}

/** Whether it ends on the next day; midnight itself does not. */
export function overnight({ from, to }: Shift): boolean {
  return to !== '00:00' && from !== '' && to !== '' && to <= from;
}

/** What to offer when one adds a shift: the usual hours, or the hour after the last one. */
export function nextShift(shifts: readonly string[]): string {
  const last = shifts.at(-1);
  if (last === undefined) return '09:00-17:00';
  const { to } = readShift(last);
  const hour = Number(to.slice(0, 2));
  if (Number.isNaN(hour) || hour >= 22 || hour === 0) return '09:00-17:00';
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(hour + 1)}:00-${hour + 4 >= 24 ? '24:00' : `${two(hour + 4)}:00`}`;
}

/** Minutes that the zone's clock is ahead of UTC at an instant. */
function ahead(instant: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(instant);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'));
  return Math.round((wall - instant) / 60_000);
}

/** The instant at which a clock in `zone` shows `wall` ("2026-03-02T10:00"); null where either is not known. */
export function instantIn(wall: string, zone: string): string | null {
  const asUtc = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(wall) ? Date.parse(`${wall}:00Z`) : Number.NaN;
  if (Number.isNaN(asUtc)) return null;
  try {
    const guess = asUtc - ahead(asUtc, zone) * 60_000;
    return new Date(asUtc - ahead(guess, zone) * 60_000).toISOString();
  } catch {
    return null;
  }
}

/** What a clock in `zone` shows at an instant, as a field of date and time holds it. */
export function wallIn(instant: number, zone: string): string {
  try {
    return new Date(instant + ahead(instant, zone) * 60_000).toISOString().slice(0, 16);
  } catch {
    return new Date(instant).toISOString().slice(0, 16);
  }
}

/** Codes of the countries that the browser has a name for. */
export function countries(language: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const found: { value: string; label: string }[] = [];
  for (const one of letters)
    for (const two of letters) {
      const code = one + two;
      const name = NOT_COUNTRIES.has(code) ? undefined : names.of(code);
      if (name) found.push({ value: code, label: name });
    }
  return found.sort((a, b) => a.label.localeCompare(b.label, language));
}

const NOT_COUNTRIES = new Set([
  'EU',
  'EZ',
  'UN',
  'ZZ',
  'XA',
  'XB',
  'QO',
  'AC',
  'CP',
  'DG',
  'EA',
  'IC',
  'TA',
  'CQ',
]);
