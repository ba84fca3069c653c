/** Texts of the settings pages; they come with them, so that agents do not load them. */
import i18next from 'i18next';
import en from './en';
import es from './es';

function add(): void {
  for (const [language, texts] of Object.entries({ en, es }))
    i18next.addResourceBundle(language, 'admin', texts);
}

if (i18next.isInitialized) add();
else i18next.on('initialized', add);
