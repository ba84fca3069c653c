/** API keys: made with scopes, shown once, revoked. */
import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Failure } from '../../frame/Failure';
import { KeyTable, NewKey, useKeys } from './Keys';

export function ApiKeys() {
  const { t } = useTranslation();
  const [making, { open, close }] = useDisclosure();
  const keys = useKeys();
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={1} size="h3">
            {t('settings.kinds.keys')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('settings.about.keys')}
          </Text>
        </div>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
          {t('settings.keys.new')}
        </Button>
      </Group>
      {keys.isPending && <Skeleton h={120} />}
      {keys.isError && (
        <Failure title={t('settings.failed')} error={keys.error} retry={() => void keys.refetch()} />
      )}
      {keys.data?.items.length === 0 && <Text c="dimmed">{t('settings.empty')}</Text>}
      {keys.data && keys.data.items.length > 0 && <KeyTable keys={keys.data.items} />}
      <NewKey opened={making} onClose={close} path="/api/keys" scopes={keys.data?.scopes ?? []} />
    </Stack>
  );
}
