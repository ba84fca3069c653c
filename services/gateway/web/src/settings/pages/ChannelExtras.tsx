/** What connects a channel: the webhook's address, or the chat box's line and its demo page. */
import { Anchor, Paper, Stack, Text } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Stored } from '../../api/types';
import { record } from '../../api/wire';
import { CopyLine } from './CopyLine';

export function ChannelExtras({ stored }: { stored: Stored }) {
  const { t } = useTranslation();
  const { medium } = record(stored.value.config);
  const { origin } = window.location;
  if (medium === 'webhook')
    return (
      <Paper withBorder p="md">
        <Stack gap="xs">
          <Text size="sm">{t('settings.channel.addressHint')}</Text>
          <CopyLine label={t('settings.channel.addressTitle')} text={`${origin}/hooks/${stored.id}`} />
        </Stack>
      </Paper>
    );
  if (medium !== 'webchat') return null;
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Text size="sm">{t('settings.channel.embedHint')}</Text>
        <CopyLine
          label={t('settings.channel.embedTitle')}
          text={`<script src="${origin}/widget/${stored.id}/widget.js" defer></script>`}
        />
        <Anchor href={`/widget/${stored.id}/demo`} target="_blank" rel="noopener" size="sm">
          {t('settings.channel.demo')}{' '}
          <IconExternalLink size={14} aria-hidden style={{ verticalAlign: 'text-bottom' }} />
        </Anchor>
      </Stack>
    </Paper>
  );
}
