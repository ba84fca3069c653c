/** Muting a contact on the channel of the conversation, where the channel allows it (CH-11). */
import { Badge, Button, Group, Modal, Text } from '@mantine/core';
import { IconVolume, IconVolumeOff } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/http';
import type { Contact, Detail } from '../../api/types';
import * as wire from '../../api/wire';
import { toastProblem } from '../../lib/toast';
import { useSession } from '../../session/context';

export function MuteButton({ contact, channel }: { contact: Contact; channel: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { workspace } = useSession();
  const [asking, setAsking] = useState(false);
  const muted = contact.muted_on.includes(channel);
  const allowed = workspace.channels.find(({ id }) => id === channel)?.muting === true;
  const name = contact.name || t('contact.unnamed', { code: contact.id.slice(-4).toUpperCase() });
  const change = useMutation({
    mutationFn: async () =>
      wire.contactRead(
        await call(
          muted ? 'DELETE' : 'PUT',
          `/api/contacts/${contact.id}/mutes/${encodeURIComponent(channel)}`,
        ),
      ),
    onSuccess: (read) => {
      setAsking(false);
      client.setQueryData(['contact', contact.id], read);
      client.setQueriesData<Detail>({ queryKey: ['detail'] }, (detail) =>
        detail?.row.contact === contact.id ? { ...detail, contact: read.contact } : detail,
      );
    },
    onError: toastProblem,
  });
  if (!muted && !allowed) return null;
  return (
    <Group gap="xs">
      {muted && (
        <Badge color="orange" variant="light" tt="none" leftSection={<IconVolumeOff size={12} aria-hidden />}>
          {t('conversation.muted')}
        </Badge>
      )}
      <Button
        size="xs"
        variant="default"
        loading={change.isPending}
        leftSection={muted ? <IconVolume size={15} aria-hidden /> : <IconVolumeOff size={15} aria-hidden />}
        onClick={() => (muted ? change.mutate() : setAsking(true))}
      >
        {t(muted ? 'conversation.unmute' : 'conversation.mute')}
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={t('conversation.muteTitle', { name })}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        <Text size="sm">{t('conversation.muteText')}</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setAsking(false)}>
            {t('app.cancel')}
          </Button>
          <Button color="red" loading={change.isPending} onClick={() => change.mutate()}>
            {t('conversation.mute')}
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}
