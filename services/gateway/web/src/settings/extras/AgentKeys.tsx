/** Keys by which a connected virtual agent answers later, of its own accord (AU-20). */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Stored } from '../../api/types';
import { Failure } from '../../frame/Failure';
import { KeyTable, NewKey, useKeys } from '../pages/Keys';

export function AgentKeys({ stored: { id } }: { stored: Stored }) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const [making, { open, close }] = useDisclosure();
  const keys = useKeys();
  const its = keys.data?.items.filter(({ virtual_agent }) => virtual_agent === id) ?? [];
  return (
    <section aria-label={t('agentKeys.title')}>
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start">
          <div>
            <Text fw={600} component="h2" size="md">
              {t('agentKeys.title')}
            </Text>
            <Text size="sm" c="dimmed">
              {t('agentKeys.hint')}
            </Text>
          </div>
          <Button size="xs" variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={open}>
            {general('settings.keys.new')}
          </Button>
        </Group>
        {keys.isError && (
          <Failure title={general('settings.failed')} error={keys.error} retry={() => void keys.refetch()} />
        )}
        {its.length > 0 && <KeyTable keys={its} />}
        <NewKey
          opened={making}
          onClose={close}
          path={`/api/virtual-agents/${encodeURIComponent(id)}/keys`}
          scopes={null}
        />
      </Stack>
    </section>
  );
}
