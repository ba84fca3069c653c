/** What was typed and not sent, by conversation and tab, kept on this browser. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { readStored, writeStored } from '../../lib/stored';

export interface Draft {
  text: string;
  /** Colleagues chosen with @, by id; only those still named in the text count. */
  mentions: { id: string; name: string }[];
}

const EMPTY: Draft = { text: '', mentions: [] };
const SAVE_AFTER_MS = 300;

export type Tab = 'reply' | 'note';

export function draftKey(user: string, conversation: string, tab: Tab): string {
  return `switchboard.draft.${user}.${conversation}.${tab}`;
}

/** Where something was begun; a reply, unless only a note was. */
export function draftedTab(user: string, conversation: string): Tab {
  const begun = (tab: Tab) => readStored(draftKey(user, conversation, tab), EMPTY).text !== '';
  return !begun('reply') && begun('note') ? 'note' : 'reply';
}

export function useDraft(key: string): [Draft, (draft: Draft) => void] {
  const [draft, setDraft] = useState<Draft>(() => readStored(key, EMPTY));
  const latest = useRef({ key, draft, saved: true });

  const save = useCallback(() => {
    const { key: of, draft: held, saved } = latest.current;
    if (!saved) writeStored(of, held.text === '' ? null : held);
    latest.current.saved = true;
  }, []);

  useEffect(() => {
    window.addEventListener('pagehide', save);
    return () => {
      window.removeEventListener('pagehide', save);
      save();
    };
  }, [save]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each change starts the wait again
  useEffect(() => {
    const timer = setTimeout(save, SAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [draft, save]);

  const set = useCallback(
    (next: Draft) => {
      latest.current = { key, draft: next, saved: false };
      setDraft(next);
    },
    [key],
  );
  return [draft, set];
}

/** Ids of those whose @name still stands in the text. */
export function mentionsIn({ text, mentions }: Draft): string[] {
  return [...new Set(mentions.filter(({ name }) => text.includes(`@${name}`)).map(({ id }) => id))];
}
