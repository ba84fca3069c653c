/** A user's set-up link: shown after creation, or made anew (AG-04). */
import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { IconLink, IconUserCheck, IconUserPlus } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/http';
import type { Stored } from '../../api/types';
import { dateAndTime } from '../../i18n/format';
import { toastProblem } from '../../lib/toast';
import { nameOf } from '../data';
import { CopyLine } from './CopyLine';
import type { Fresh } from './fresh';

export function UserExtras({ stored, invite }: { stored: Stored; invite: Fresh['invite'] }) {
  const { t } = useTranslation();
  const make = useMutation({
    mutationFn: () =>
      call<{ link: string; expires_at: string | null }>('POST', `/api/users/${stored.id}/invite`),
    onError: toastProblem,
  });
  const shown = make.data ?? invite;
  const activated = stored.value.activated === true;
  const name = nameOf(stored);
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Group justify="space-between">
          <Group gap={6}>
            {activated ? <IconUserCheck size={18} aria-hidden /> : <IconUserPlus size={18} aria-hidden />}
            <Text size="sm">{t(activated ? 'settings.user.activated' : 'settings.user.invited')}</Text>
          </Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconLink size={14} aria-hidden />}
            loading={make.isPending}
            onClick={() => make.mutate()}
          >
            {t('settings.user.newLink')}
          </Button>
        </Group>
        {shown && (
          <>
            <Text size="sm" role="status">
              {shown.expires_at
                ? t('settings.user.inviteHint', { name, time: dateAndTime(shown.expires_at) })
                : t('settings.user.inviteHintNoTime', { name })}
            </Text>
            <CopyLine label={t('settings.user.invite')} text={shown.link} />
          </>
        )}
      </Stack>
    </Paper>
  );
}
