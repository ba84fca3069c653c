/** What the gateway says in English, in the page's language: its sentences are the keys, "{}" what varies in them. */
import i18next from 'i18next';

export type Phrases = Record<string, string>;

interface Book {
  phrases: Phrases;
  patterns: { pattern: RegExp; phrase: string }[];
}

const books = new Map<string, Book>();

export function learn(language: string, phrases: Phrases): void {
  const varying = Object.entries(phrases).filter(([sentence]) => sentence.includes('{}'));
  books.set(language, {
    phrases,
    patterns: varying.map(([sentence, phrase]) => ({
      pattern: new RegExp(`^${sentence.split('{}').map(escaped).join('(.+?)')}$`, 's'),
      phrase,
    })),
  });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The sentence in the page's language; one that nobody translated stays English, which beats saying less. */
export function said(sentence: string): string {
  const book = books.get(i18next.language);
  if (!book) return sentence;
  const exact = book.phrases[sentence];
  if (exact !== undefined) return exact;
  for (const { pattern, phrase } of book.patterns) {
    const found = pattern.exec(sentence);
    if (!found) continue;
    let place = 0;
    return phrase.replace(/\{\}/g, () => found[++place] ?? '');
  }
  return sentence;
}
