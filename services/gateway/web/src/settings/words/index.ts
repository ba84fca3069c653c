/** Words for what schemas name: titles, values, units; a title without a translation stays as the schema has it. */
import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import en from './en';
import es from './es';

export interface SchemaWords {
  titles: Record<string, string>;
  /** By `field.value` or by the value alone. */
  values: Record<string, string>;
}

const WORDS: Record<string, SchemaWords> = { en, es };

function words(): SchemaWords {
  return WORDS[i18next.language] ?? en;
}

export function titled(title: string): string {
  return words().titles[title] ?? en.titles[title] ?? title;
}

export function valueWord(field: string, value: string): string {
  for (const { values } of [words(), en]) {
    const found = values[`${field}.${value}`] ?? values[value];
    if (found) return found;
  }
  return value.replaceAll('_', ' ');
}

/** Draws again when the language changes. */
export function useSchemaWords() {
  useTranslation();
  return { titled, valueWord };
}
