/** Languages to choose from, by name: those the workspace tells apart, common ones, and what is chosen already. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { languageName } from '../i18n/format';
import { useSession } from '../session/context';

const COMMON = ['en', 'es', 'de', 'fr', 'pt', 'it', 'ca', 'nl', 'pl', 'tr', 'ar', 'zh', 'ja', 'ru', 'uk'];

export function useLanguageChoices(chosen: readonly string[]): { value: string; label: string }[] {
  const { i18n } = useTranslation();
  const { languages } = useSession().workspace;
  const held = chosen.join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names are in the page's language
  return useMemo(
    () =>
      [...new Set([...languages, ...COMMON, ...held.split(' ').filter(Boolean)])]
        .map((code) => ({ value: code, label: languageName(code) }))
        .sort((a, b) => a.label.localeCompare(b.label)),
    [languages, held, i18n.language],
  );
}
