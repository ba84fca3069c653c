/** Dates, durations and names in the page's language. */
import i18next from 'i18next';

const formats = new Map<string, Intl.DateTimeFormat>();

/** The page's language as the reader's browser has it: whose English is British reads 22 Nov and 16:05. */
function locale(): string {
  const { language } = i18next;
  return navigator.languages.find((one) => one.split('-', 1)[0] === language) ?? language;
}

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale()} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale(), options);
    formats.set(key, found);
  }
  return found;
}

export function timeOfDay(instant: string): string {
  return format({ hour: '2-digit', minute: '2-digit' }).format(new Date(instant));
}

export function dateAndTime(instant: string): string {
  return format({ dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant));
}

/** Date and time as a clock in another zone shows them. */
export function dateAndTimeIn(instant: string, zone: string): string {
  try {
    return format({
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZone: zone,
    }).format(new Date(instant));
  } catch {
    return dateAndTime(instant);
  }
}

/** A calendar date ("2026-12-25"), which has no zone. */
export function dayDate(date: string): string {
  const day = new Date(`${date}T12:00:00Z`);
  if (Number.isNaN(day.getTime())) return date;
  return format({
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(day);
}

export function exactTime(instant: string): string {
  return format({ dateStyle: 'full', timeStyle: 'medium' }).format(new Date(instant));
}

/** "Today", "Yesterday" or the date, for the lines between days. */
export function dayName(instant: string, now: number): string {
  const day = new Date(instant);
  const start = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((start(new Date(now)) - start(day)) / 86_400_000);
  if (days === 0) return i18next.t('timeline.today');
  if (days === 1) return i18next.t('timeline.yesterday');
  const sameYear = day.getFullYear() === new Date(now).getFullYear();
  return format({
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(day);
}

/** "3 min", "2 h", "5 d": how long ago or how long until, in one unit. */
export function shortDuration(milliseconds: number): string {
  const minutes = Math.floor(Math.max(0, milliseconds) / 60_000);
  if (minutes < 1) return '<1 min';
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

/** "in 12 minutes", "tomorrow at 10:00": a coming instant. */
export function coming(instant: string, now: number): string {
  const left = Date.parse(instant) - now;
  const relative = new Intl.RelativeTimeFormat(i18next.language, { numeric: 'always' });
  if (left < 60_000) return relative.format(Math.max(0, Math.ceil(left / 1000)), 'second');
  if (left < 3_600_000) return relative.format(Math.ceil(left / 60_000), 'minute');
  return dateAndTime(instant);
}

/** "Spanish" for "es", in the page's language; the code itself where it names nothing. */
export function languageName(code: string): string {
  try {
    const names = new Intl.DisplayNames([i18next.language], { type: 'language' });
    const name = names.of(code) ?? code;
    return name.charAt(0).toLocaleUpperCase(i18next.language) + name.slice(1);
  } catch {
    return code;
  }
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? '')][0] ?? '') : '';
  return (first + last).toLocaleUpperCase();
}

export function fileSize(bytes: number): string {
  const unit = bytes < 1024 ? 'byte' : bytes < 1024 * 1024 ? 'kilobyte' : 'megabyte';
  const value = bytes < 1024 ? bytes : bytes < 1024 * 1024 ? bytes / 1024 : bytes / 1024 / 1024;
  return new Intl.NumberFormat(i18next.language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: 1,
  }).format(value);
}
