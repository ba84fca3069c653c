/** What can be done with a single message: retry, mask, copy, edit and delete a note. */
import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/http';
import type { Message, Row } from '../../api/types';
import * as wire from '../../api/wire';
import { copyText } from '../../lib/copy';
import { toastProblem } from '../../lib/toast';
import { applyMessage } from '../../live/apply';
import { type Rights, useSession } from '../../session/context';
import type { MessageActions } from './MessageItem';
import { NoteVersions } from './NoteVersions';

type Asking = { what: 'mask' | 'delete' | 'edit' | 'block'; message: Message; text: string };

export function useMessageActions(
  row: Row,
  rights: Rights,
  replyTo: ((message: Message) => void) | null,
): { actions: MessageActions; dialog: ReactNode } {
  const { user } = useSession();
  const client = useQueryClient();
  const [versions, setVersions] = useState<string | null>(null);
  const [asking, setAsking] = useState<Asking | null>(null);

  const change = useMutation({
    mutationFn: async ({ method, path, body }: { method: string; path: string; body?: object; id: string }) =>
      wire.record(await call(method, path, body ? { body } : {})),
    onSuccess: (answer) => {
      if (answer.message) applyMessage(client, wire.message(answer.message));
      else void client.invalidateQueries({ queryKey: ['timeline', row.id] });
      setAsking(null);
    },
    onError: toastProblem,
  });

  const ask = (what: Asking['what']) => (message: Message) =>
    setAsking({ what, message, text: message.text });
  const actions: MessageActions = {
    retry: ({ id }) => change.mutate({ method: 'POST', path: `/api/messages/${id}/retry`, id }),
    retrying: change.isPending ? change.variables.id : null,
    mask: rights.mask ? ask('mask') : null,
    copy: (message) => void copyText(message.text),
    replyTo,
    editNote: ask('edit'),
    deleteNote: ask('delete'),
    // Whoever may mask may also tidy up others' notes: both need a supervisor.
    versions: (message) => setVersions(message.id),
    block: rights.reply ? ask('block') : null,
    mayEdit: ({ author }) => rights.mask || author.id === user.id,
  };

  function confirm({ what, message: { id }, text }: Asking) {
    if (what === 'mask') change.mutate({ method: 'POST', path: `/api/messages/${id}/mask`, id });
    else if (what === 'block')
      change.mutate({ method: 'POST', path: `/api/messages/${id}/block-thread`, id });
    else if (what === 'delete') change.mutate({ method: 'DELETE', path: `/api/notes/${id}`, id });
    else change.mutate({ method: 'PUT', path: `/api/notes/${id}`, body: { text }, id });
  }

  const dialog = (
    <>
      <Dialog
        asking={asking}
        pending={change.isPending}
        onChange={setAsking}
        onConfirm={() => asking && confirm(asking)}
      />
      <NoteVersions id={versions} onClose={() => setVersions(null)} />
    </>
  );
  return { actions, dialog };
}

interface DialogProps {
  asking: Asking | null;
  pending: boolean;
  onChange: (asking: Asking | null) => void;
  onConfirm: () => void;
}

function Dialog({ asking, pending, onChange, onConfirm }: DialogProps) {
  const { t } = useTranslation();
  const words = {
    mask: [t('timeline.maskTitle'), t('timeline.maskText'), t('timeline.maskConfirm')],
    block: [t('conversation.blockTitle'), t('conversation.blockText'), t('conversation.blockThread')],
    delete: [t('timeline.deleteNote'), t('timeline.deleteNoteText'), t('app.delete')],
    edit: [t('timeline.editNote'), '', t('app.save')],
  } as const;
  const [title, text, confirm] = words[asking?.what ?? 'edit'];
  return (
    <Modal
      opened={asking !== null}
      onClose={() => onChange(null)}
      title={title}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack>
        {text && <Text size="sm">{text}</Text>}
        {asking?.what === 'edit' && (
          <Textarea
            aria-label={t('timeline.note')}
            autosize
            minRows={3}
            maxRows={12}
            value={asking.text}
            onChange={(event) => onChange({ ...asking, text: event.currentTarget.value })}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => onChange(null)}>
            {t('app.cancel')}
          </Button>
          <Button
            {...(asking?.what === 'edit' ? {} : { color: 'red' })}
            loading={pending}
            disabled={asking?.what === 'edit' && asking.text.trim() === ''}
            onClick={onConfirm}
          >
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
