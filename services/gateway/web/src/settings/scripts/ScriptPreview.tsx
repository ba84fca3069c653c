/** Tries a script in the form as a contact would meet it; nothing is stored or sent. */
import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { IconPlayerPlay, IconRotate } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNamesOf } from '../data';
import type { Value } from '../form/values';
import settings from '../settings.module.css';
import { play, readScripts } from './play';
import { useScriptTitle } from './ScriptsField';
import classes from './scripts.module.css';

export function ScriptPreview({ value }: { value: Value }) {
  const { t } = useTranslation('admin');
  const title = useScriptTitle();
  const attributes = new Map(useNamesOf('contact-attributes').map(({ id, name }) => [id, name]));
  const scripts = readScripts(value.scripts);
  const words = Array.isArray(value.escape_words) ? value.escape_words.map(String) : [];
  const [chosen, setChosen] = useState(0);
  const [answers, setAnswers] = useState<string[] | null>(null);
  const [typed, setTyped] = useState('');
  const script = scripts[Math.min(chosen, scripts.length - 1)];
  if (!script) return null;
  const played = answers === null ? null : play(script.steps, answers, words, []);

  function answer() {
    if (typed.trim() === '') return;
    setAnswers([...(answers ?? []), typed.trim()]);
    setTyped('');
  }

  return (
    <section className={settings.trial} aria-label={t('scripts.try')}>
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          {t('scripts.try')}
        </Text>
        <Group gap="xs">
          {scripts.length > 1 && (
            <Select
              size="xs"
              aria-label={t('scripts.title')}
              allowDeselect={false}
              data={scripts.map((one, index) => ({ value: String(index), label: title(one) }))}
              value={String(Math.min(chosen, scripts.length - 1))}
              onChange={(next) => {
                setChosen(Number(next));
                setAnswers(null);
              }}
            />
          )}
          <Button
            size="xs"
            variant="default"
            leftSection={
              played ? <IconRotate size={14} aria-hidden /> : <IconPlayerPlay size={14} aria-hidden />
            }
            onClick={() => {
              setAnswers([]);
              setTyped('');
            }}
          >
            {t(played ? 'scripts.again_' : 'scripts.start')}
          </Button>
        </Group>
      </Group>
      {played && (
        <>
          <ul className={classes.chat} aria-live="polite">
            {played.lines.map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines only grow at the end
              <li key={index} className={classes.said} data-by={line.by}>
                {line.event
                  ? t(`scripts.${line.event}`, { name: attributes.get(line.text) ?? line.text })
                  : line.text || '…'}
              </li>
            ))}
            {played.ending && (
              <li className={classes.said} data-by="system">
                {t(
                  played.ending === 'escaped' || value.at_end !== 'resolved'
                    ? 'scripts.handsOver'
                    : 'scripts.resolves',
                )}
              </li>
            )}
          </ul>
          {played.ending === null && (
            <Group gap="xs" wrap="nowrap">
              <TextInput
                size="xs"
                flex={1}
                aria-label={t('scripts.answer')}
                placeholder={t('scripts.answer')}
                value={typed}
                onChange={(event) => setTyped(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter') return;
                  event.preventDefault();
                  answer();
                }}
              />
              <Button size="xs" onClick={answer}>
                {t('scripts.send')}
              </Button>
            </Group>
          )}
        </>
      )}
    </section>
  );
}
