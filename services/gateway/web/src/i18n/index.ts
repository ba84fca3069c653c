/** Sets up i18next; a language's texts are loaded when somebody chooses it. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en';
import { learn, type Phrases } from './said';

export const LANGUAGES = { en: 'English', es: 'Español' } as const;
export type Language = keyof typeof LANGUAGES;

const STORED = 'switchboard.language';

interface Texts {
  texts: object;
  /** Of the gateway's sentences. */
  phrases: Phrases;
}

const loaders: Record<Exclude<Language, 'en'>, () => Promise<Texts>> = {
  es: async () => {
    const [texts, phrases] = await Promise.all([import('./es'), import('./said.es')]);
    return { texts: texts.default, phrases: phrases.default };
  },
};

function known(code: string | null | undefined): Language | null {
  const short = code?.slice(0, 2).toLowerCase();
  return short !== undefined && short in LANGUAGES ? (short as Language) : null;
}

/** The language chosen on this browser, else the first of the browser's that we speak. */
export function preferred(): Language {
  const asked = [localStorage.getItem(STORED), ...navigator.languages];
  return asked.map(known).find((one) => one !== null) ?? 'en';
}

export function chosen(): boolean {
  return known(localStorage.getItem(STORED)) !== null;
}

export async function speak(language: string, remember = true): Promise<void> {
  const to = known(language) ?? 'en';
  if (to !== 'en' && !i18next.hasResourceBundle(to, 'translation')) {
    const { texts, phrases } = await loaders[to]();
    learn(to, phrases);
    i18next.addResourceBundle(to, 'translation', texts);
  }
  if (remember) localStorage.setItem(STORED, to);
  document.documentElement.lang = to;
  await i18next.changeLanguage(to);
}

export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await speak(preferred(), false);
}
