/** How the endpoint of a connected virtual agent does: whether new conversations go to it (AU-21). */
import { Alert, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/http';
import type { Stored } from '../../api/types';
import { record } from '../../api/wire';
import { dateAndTime } from '../../i18n/format';

export function AgentHealth({ stored }: { stored: Stored }) {
  const { t } = useTranslation('admin');
  const health = useQuery({
    queryKey: ['virtual-agents', 'health'],
    queryFn: async () => record(await call('GET', '/api/virtual-agents/health')),
    staleTime: 0,
    retry: false,
  });
  const items = Array.isArray(health.data?.items) ? health.data.items.map(record) : [];
  const its = items.find(({ agent }) => agent === stored.id);
  if (!its) return null;
  const time = (value: unknown) => (typeof value === 'string' ? dateAndTime(value) : '–');
  if (its.open === true)
    return (
      <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={t('health.open')}>
        <Text size="sm">
          {t('health.openText', { error: String(its.last_error ?? ''), time: time(its.until) })}
        </Text>
      </Alert>
    );
  if (Number(its.failures ?? 0) > 0)
    return (
      <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />}>
        {t('health.failing', { error: String(its.last_error ?? ''), time: time(its.last_failure_at) })}
      </Alert>
    );
  return (
    <Alert color="teal" variant="light" py={6} icon={<IconCheck aria-hidden />}>
      {its.last_success_at ? t('health.well', { time: time(its.last_success_at) }) : t('health.unused')}
    </Alert>
  );
}
