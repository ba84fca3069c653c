/** Writing first to a contact: on one of the channels and addresses he is known by (CH-14). */
import { Button, Group, Modal, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconPencilPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call, newKey } from '../../api/http';
import { readDetail } from '../../api/queries';
import type { Contact, Thread } from '../../api/types';
import * as wire from '../../api/wire';
import { problemText } from '../../lib/problems';
import { useSession } from '../../session/context';

interface Props {
  contact: Contact;
  threads: readonly Thread[];
}

/** Private addresses of the contact on channels where the reader may reply; one line for each. */
export function placesOf(threads: readonly Thread[], may: (channel: string) => boolean): Thread[] {
  const seen = new Set<string>();
  return threads.filter(({ channel, address, visibility }) => {
    const key = `${channel} ${address}`;
    if (visibility !== 'private' || !may(channel) || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export function WriteFirst({ contact, threads }: Props) {
  const { t } = useTranslation();
  const { rights, user, workspace } = useSession();
  const [open, setOpen] = useState(false);
  const enabled = new Set(workspace.channels.filter((one) => one.enabled).map(({ id }) => id));
  const places = placesOf(
    threads,
    (channel) =>
      enabled.has(channel) &&
      (user.role === 'admin' || rights[channel] === 'contributor' || rights[channel] === 'supervisor'),
  );
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconPencilPlus size={15} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        {t('contact.writeFirst')}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={t('contact.writeFirstTitle', {
          name: contact.name || t('contact.unnamed', { code: contact.id.slice(-4).toUpperCase() }),
        })}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        {places.length === 0 ? (
          <Text size="sm">{t('contact.noAddress')}</Text>
        ) : (
          <Letter places={places} onDone={() => setOpen(false)} />
        )}
      </Modal>
    </>
  );
}

function Letter({ places, onDone }: { places: Thread[]; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { workspace } = useSession();
  const [chosen, setChosen] = useState('0');
  const [subject, setSubject] = useState('');
  const [text, setText] = useState('');
  const [key] = useState(newKey);
  const place = places[Number(chosen)];
  const channel = workspace.channels.find(({ id }) => id === place?.channel);
  const hasSubject = channel?.capabilities.includes('subject') ?? false;
  const send = useMutation({
    mutationFn: async () => {
      const body = { ...place, text: text.trim(), ...(hasSubject && subject ? { subject } : {}) };
      const answer = wire.record(await call('POST', '/api/conversations', { body, key }));
      const { conversation } = wire.message(answer.message);
      await inSight(conversation);
      return conversation;
    },
    onSuccess: (conversation) => {
      void client.invalidateQueries({ queryKey: ['contact'] });
      void client.invalidateQueries({ queryKey: ['timeline', conversation] });
      onDone();
      navigate(`/c/${conversation}`);
    },
  });
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t('contact.writeFirstHint')}
      </Text>
      <Select
        label={t('contact.where')}
        allowDeselect={false}
        data={places.map((one, index) => ({
          value: String(index),
          label: `${workspace.channels.find(({ id }) => id === one.channel)?.name ?? one.channel} · ${one.address}`,
        }))}
        value={chosen}
        onChange={(next) => setChosen(next ?? '0')}
      />
      {hasSubject && (
        <TextInput
          label={t('composer.subject')}
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
      )}
      <Textarea
        label={t('contact.message')}
        autosize
        minRows={4}
        maxRows={12}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {send.isError && (
        <Text size="sm" c="red" role="alert">
          {problemText(t, send.error)}
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('app.cancel')}
        </Button>
        <Button disabled={text.trim() === ''} loading={send.isPending} onClick={() => send.mutate()}>
          {t('composer.send')}
        </Button>
      </Group>
    </Stack>
  );
}

/** The row follows the message within moments; nothing is lost if it takes longer. */
async function inSight(conversation: string): Promise<void> {
  for (let wait = 100; wait < 2000; wait *= 2) {
    try {
      await readDetail(conversation);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}
