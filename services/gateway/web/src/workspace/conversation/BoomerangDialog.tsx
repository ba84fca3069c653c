/** A return time of one's own: minutes from now or a date and time, with a note (WF-06). */
import { Button, Group, Modal, NumberInput, Stack, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { now } from '../../api/http';
import type { BoomerangTime } from '../../api/types';

interface Props {
  opened: boolean;
  submit: string;
  onClose: () => void;
  onChoose: (time: BoomerangTime) => void;
}

/** The chosen time, or null when neither field holds a time to come. */
function chosen(minutes: number | string, at: string, note: string): BoomerangTime | null {
  const also = note.trim() ? { note: note.trim() } : {};
  if (at) {
    const instant = new Date(at);
    return instant.getTime() > now() ? { at: instant.toISOString(), ...also } : null;
  }
  const count = Number(minutes);
  return minutes !== '' && count >= 1 ? { after_seconds: Math.round(count * 60), ...also } : null;
}

export function BoomerangDialog({ opened, submit, onClose, onChoose }: Props) {
  const { t } = useTranslation();
  const [minutes, setMinutes] = useState<number | string>('');
  const [at, setAt] = useState('');
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  useEffect(() => {
    if (opened) {
      setMinutes('');
      setAt('');
      setNote('');
      setTried(false);
    }
  }, [opened]);
  const time = chosen(minutes, at, note);

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (time) onChoose(time);
  }

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('conversation.boomerangTitle')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <form onSubmit={onSubmit} noValidate>
        <Stack>
          <NumberInput
            label={t('conversation.boomerangAfter')}
            min={1}
            max={525_600}
            allowDecimal={false}
            value={minutes}
            onChange={(value) => {
              setMinutes(value);
              setAt('');
            }}
            data-autofocus
          />
          <TextInput
            type="datetime-local"
            label={t('conversation.boomerangAt')}
            value={at}
            error={tried && !time ? t('conversation.boomerangNeeds') : null}
            onChange={(event) => {
              setAt(event.currentTarget.value);
              setMinutes('');
            }}
          />
          <Textarea
            label={t('conversation.boomerangNote')}
            autosize
            minRows={2}
            maxRows={6}
            maxLength={500}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('app.cancel')}
            </Button>
            <Button type="submit">{submit}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
