/** Tries the servers of a mailbox as they stand in the form, before or after it is saved; says how it stands now. */
import { Alert, Button, Group, List, Stack, Text } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/http';
import type { Stored } from '../../api/types';
import { record } from '../../api/wire';
import { dateAndTime } from '../../i18n/format';
import { said } from '../../i18n/said';
import { problemText } from '../../lib/problems';
import type { Value } from '../form/values';

export function MailTrial({ value, stored }: { value: Value; stored: Stored | null }) {
  const isMail = record(value.config).medium === 'email';
  if (!isMail) return null;
  return (
    <Stack gap="xs">
      {stored && <MailState id={stored.id} />}
      <Try value={value} id={stored?.id ?? null} />
    </Stack>
  );
}

function Try({ value, id }: { value: Value; id: string | null }) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const trial = useMutation({
    mutationFn: async () =>
      record(await call('POST', '/api/channels/try', { body: { ...(id ? { id } : {}), value } })),
  });
  const checks = Array.isArray(trial.data?.checks) ? trial.data.checks.map(record) : [];
  return (
    <div>
      <Group gap="sm">
        <Button
          variant="default"
          size="xs"
          loading={trial.isPending}
          leftSection={<IconPlugConnected size={16} aria-hidden />}
          onClick={() => trial.mutate()}
        >
          {t('mail.try')}
        </Button>
        <Text size="xs" c="dimmed">
          {t('mail.tryHint')}
        </Text>
      </Group>
      <div role="status">
        {trial.isError && (
          <Alert color="red" mt="xs" py={6}>
            {problemText(general, trial.error)}
          </Alert>
        )}
        {trial.data && (
          <Alert color={trial.data.ok === true ? 'teal' : 'red'} mt="xs" py={6}>
            <List size="sm">
              {checks.map((check) => (
                <List.Item key={String(check.what)}>
                  {t(check.what === 'send' ? 'mail.sending' : 'mail.receiving')}:{' '}
                  {typeof check.problem === 'string' ? said(check.problem) : t('mail.works')}
                </List.Item>
              ))}
            </List>
          </Alert>
        )}
      </div>
    </div>
  );
}

function MailState({ id }: { id: string }) {
  const { t } = useTranslation('admin');
  const states = useQuery({
    queryKey: ['channel-states'],
    queryFn: async () => record(await call('GET', '/api/channels/status')),
    staleTime: 0,
    refetchInterval: 15_000,
    retry: false,
  });
  const items = Array.isArray(states.data?.items) ? states.data.items.map(record) : [];
  const its = items.find(({ channel }) => channel === id);
  if (!its) return null;
  const time = (value: unknown) => (typeof value === 'string' ? dateAndTime(value) : '–');
  if (its.state === 'failing')
    return (
      <Alert color="red" py={6} title={t('mail.failing')}>
        {said(String(its.problem ?? ''))}{' '}
        {its.next_try_at ? t('mail.nextTry', { time: time(its.next_try_at) }) : ''}
      </Alert>
    );
  return (
    <Text size="sm" c="dimmed">
      {its.state === 'ok' ? t('mail.ok', { time: time(its.looked_at) }) : t('mail.starting')}
    </Text>
  );
}
