import 'i18next';
import type admin from '../settings/texts/en';
import type en from './en';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en; admin: typeof admin };
  }
}
