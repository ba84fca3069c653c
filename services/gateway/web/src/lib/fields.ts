/** What is wrong with a field, in the page's words: by the kind of the mistake where the gateway names it. */
import type { TFunction } from 'i18next';
import type { FieldError } from '../api/http';
import { said } from '../i18n/said';

/** Of pydantic's kinds: those that a form can cause, and the sentence that says what to do. */
const KINDS: Record<string, 'missing' | 'number' | 'choose' | 'address' | 'pattern' | 'date'> = {
  missing: 'missing',
  string_type: 'missing',
  model_type: 'missing',
  int_type: 'number',
  int_parsing: 'number',
  int_from_float: 'number',
  float_type: 'number',
  float_parsing: 'number',
  enum: 'choose',
  literal_error: 'choose',
  union_tag_not_found: 'choose',
  union_tag_invalid: 'choose',
  url_parsing: 'address',
  url_scheme: 'address',
  url_type: 'address',
  string_pattern_mismatch: 'pattern',
  date_from_datetime_parsing: 'date',
  datetime_parsing: 'date',
};

const LEAST: Record<string, 'characters' | 'entries' | 'least'> = {
  string_too_short: 'characters',
  too_short: 'entries',
  greater_than_equal: 'least',
};

const MOST: Record<string, 'charactersMost' | 'entriesMost' | 'most'> = {
  string_too_long: 'charactersMost',
  too_long: 'entriesMost',
  less_than_equal: 'most',
};

export function fieldWords(t: TFunction, { kind, message }: FieldError): string {
  const count = Number(/-?\d+/.exec(message)?.[0] ?? Number.NaN);
  const least = LEAST[kind];
  const most = MOST[kind];
  if (least && !Number.isNaN(count)) return t(`problem.fields.${least}`, { count });
  if (most && !Number.isNaN(count)) return t(`problem.fields.${most}`, { count });
  const known = KINDS[kind];
  return known ? t(`problem.fields.${known}`) : said(message.replace(/^Value error, /, ''));
}
