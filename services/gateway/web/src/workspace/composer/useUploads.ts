/** The files of the reply under way: measured, uploaded one by one, and kept until it is sent. */
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { newKey } from '../../api/http';
import type { Attachment, ChannelName } from '../../api/types';
import { uploadFile } from '../../api/upload';
import { fileSize } from '../../i18n/format';
import { announce } from '../../lib/announce';
import { problemText } from '../../lib/problems';
import { MOST_FILES, misfit, type Upload } from './files';

export interface Uploads {
  items: Upload[];
  /** What was refused last, in words. */
  problems: string[];
  busy: boolean;
  add: (files: Iterable<File>) => void;
  remove: (key: string) => void;
  clear: () => void;
  attachments: () => Attachment[];
}

export function useUploads(conversation: string, channel: ChannelName | undefined): Uploads {
  const { t } = useTranslation();
  const [items, setItems] = useState<Upload[]>([]);
  const [problems, setProblems] = useState<string[]>([]);
  const running = useRef(new Map<string, AbortController>());

  const change = (key: string, fields: Partial<Upload>) =>
    setItems((now) => now.map((one) => (one.key === key ? { ...one, ...fields } : one)));
  const drop = (key: string) => {
    running.current.get(key)?.abort();
    running.current.delete(key);
    setItems((now) => now.filter((one) => one.key !== key));
  };
  const refuse = (name: string, why: string) =>
    setProblems((now) => [...now, t('composer.uploadFailed', { name, why })]);

  async function send(file: File, key: string) {
    const abort = new AbortController();
    running.current.set(key, abort);
    try {
      const attachment = await uploadFile(conversation, file, {
        signal: abort.signal,
        onProgress: (percent) => change(key, { percent }),
      });
      change(key, { attachment, percent: 100 });
      announce(t('composer.uploaded', { name: file.name }));
    } catch (error) {
      if (abort.signal.aborted) return;
      refuse(file.name, problemText(t, error));
      drop(key);
    } finally {
      running.current.delete(key);
    }
  }

  function add(files: Iterable<File>) {
    if (!channel) return;
    setProblems([]);
    let room = MOST_FILES - items.length;
    for (const file of files) {
      const wrong = misfit(file, channel);
      if (wrong)
        refuse(
          file.name,
          t(`composer.${wrong}`, { limit: fileSize(channel.max_attachment_mb * 1024 * 1024) }),
        );
      else if (room <= 0) refuse(file.name, t('composer.tooMany', { count: MOST_FILES }));
      else {
        room -= 1;
        const key = newKey();
        setItems((now) => [...now, { key, name: file.name, size: file.size, percent: 0, attachment: null }]);
        void send(file, key);
      }
    }
  }

  return {
    items,
    problems,
    busy: items.some(({ attachment }) => attachment === null),
    add,
    remove: drop,
    clear: () => {
      for (const abort of running.current.values()) abort.abort();
      setItems([]);
      setProblems([]);
    },
    attachments: () => items.flatMap(({ attachment }) => (attachment ? [attachment] : [])),
  };
}
