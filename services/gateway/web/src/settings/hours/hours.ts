/** Opening hours as a form holds them. */
import type { Day } from './shifts';

export type Week = Record<Day, string[]>;

export interface Hours {
  zone: string;
  week: Week;
  holidays: string[];
  special_days: Record<string, string[]>;
  import: { country: string; subdivision: string | null } | null;
}

export const CLOSED: Week = { mon: [], tue: [], wed: [], thu: [], fri: [], sat: [], sun: [] };

/** What the form holds, with every part there. */
export function hoursOf(value: unknown): Hours {
  const held = (value ?? {}) as Partial<Hours>;
  return {
    zone: held.zone ?? '',
    week: { ...CLOSED, ...held.week },
    holidays: held.holidays ?? [],
    special_days: held.special_days ?? {},
    import: held.import ?? null,
  };
}
